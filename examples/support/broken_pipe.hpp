// SPDX-License-Identifier: MIT

#pragma once

#include <csignal>
#include <cstdio>

#if !defined(_WIN32)
#include <pthread.h>
#include <signal.h>
#endif

/// Handles readers that exit before the program does.
namespace support {

/// Makes the program end when its output is no longer read, as in `program | head -1`, even if its parent
/// ignores SIGPIPE. Output is line-buffered, so it ends at the next line.
inline void end_with_reader() {
#if defined(SIGPIPE)
  std::signal(SIGPIPE, SIG_DFL);
#endif
#if !defined(_WIN32)
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
#endif
}

/// In its scope, this thread's writes to a pipe without a reader fail with EPIPE instead of ending the
/// program. Other threads are not affected.
class SurviveBrokenPipe {
 public:
#if defined(_WIN32)
  SurviveBrokenPipe() {}
#else
  SurviveBrokenPipe() {
    sigemptyset(&broken_pipe_);
    sigaddset(&broken_pipe_, SIGPIPE);
    was_pending_ = is_pending();
    pthread_sigmask(SIG_BLOCK, &broken_pipe_, &before_);
  }
  ~SurviveBrokenPipe() {
    // The write has raised the signal on this thread. Consume it before unblocking it.
    if (!was_pending_ && is_pending()) {
      int signal = 0;
      sigwait(&broken_pipe_, &signal);
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
#endif
  SurviveBrokenPipe(const SurviveBrokenPipe&) = delete;
  SurviveBrokenPipe& operator=(const SurviveBrokenPipe&) = delete;

#if !defined(_WIN32)
 private:
  static bool is_pending() {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
  }

  sigset_t broken_pipe_;
  sigset_t before_;
  bool was_pending_;
#endif
};

}  // namespace support
