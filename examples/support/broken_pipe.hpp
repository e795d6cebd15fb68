// SPDX-License-Identifier: MIT

#pragma once

#include <csignal>
#include <cstdio>

#if !defined(_WIN32)
#include <pthread.h>
#include <signal.h>
#endif

/// Handling of readers that end before the program does.
namespace support {

/// Ends the program when its output is no longer read, as in `program | head -1`, even if it was started by
/// one that ignores SIGPIPE. Lines reach a pipe as they are printed, so that it ends at the next one.
inline void end_with_reader() {
#if defined(SIGPIPE)
  std::signal(SIGPIPE, SIG_DFL);
#endif
#if !defined(_WIN32)
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
#endif
}

/// While it lives, this thread's writes to a pipe that nobody reads fail with EPIPE and do not end the
/// program. Other threads and everything outside this scope are not affected.
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
    // The write has sent the signal to this thread. It must be taken before it is let through.
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
