// SPDX-License-Identifier: MIT

#if defined(__unix__) || defined(__APPLE__)

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <doctest/doctest.h>

#include "../../examples/support/broken_pipe.hpp"
#include "../support/child_process.hpp"

namespace {

struct Pipe {
  int ends[2] = {-1, -1};

  Pipe() { REQUIRE(pipe(ends) == 0); }
  ~Pipe() {
    close_reader();
    ::close(ends[1]);
  }
  void close_reader() {
    if (ends[0] >= 0) ::close(ends[0]);
    ends[0] = -1;
  }
  /// Writes to a pipe without a reader. Returns 0 or the error number.
  int fails_with() const { return ::write(ends[1], "x", 1) == 1 ? 0 : errno; }
};

/// Returns the signal that ends a child process calling f(), or 0.
template <class F>
int signal_that_ends(F&& f) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    std::signal(SIGPIPE, SIG_DFL);
    f();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE("SurviveBrokenPipe: a program ends when its reader does, even if it inherited an ignored signal") {
  Pipe output;
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    dup2(output.ends[1], STDOUT_FILENO);
    output.close_reader();
    std::signal(SIGPIPE, SIG_IGN);
    support::end_with_reader();
    for (;;) {
      std::puts("a line");
      usleep(1000);
    }
  }
  std::string line;
  for (char c = 0; c != '\n' && ::read(output.ends[0], &c, 1) == 1;) line += c;
  output.close_reader();
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(line == "a line\n");
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGPIPE);
}

TEST_CASE(
    "SurviveBrokenPipe: a broken pipe is an error inside the scope and ends the program outside of it") {
  Pipe pipe;
  pipe.close_reader();
  CHECK(signal_that_ends([&] { pipe.fails_with(); }) == SIGPIPE);
  CHECK(signal_that_ends([&] {
          const support::SurviveBrokenPipe survive;
          if (pipe.fails_with() != EPIPE || pipe.fails_with() != EPIPE) raise(SIGABRT);
        }) == 0);
  CHECK(signal_that_ends([&] {
          { const support::SurviveBrokenPipe survive; }
          {
            const support::SurviveBrokenPipe survive;
            pipe.fails_with();
          }
          std::puts("goes on");  // no signal is pending
          std::signal(SIGPIPE, [](int) { _exit(0); });
          pipe.fails_with();
          raise(SIGABRT);
        }) == 0);
}

TEST_CASE("SurviveBrokenPipe: affects only its own thread and no signal that came before it") {
  Pipe pipe;
  pipe.close_reader();
  CHECK(signal_that_ends([&] {
          const support::SurviveBrokenPipe survive;
          std::thread([&] {
            sigset_t all;
            sigfillset(&all);
            pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
            pipe.fails_with();
          }).join();
        }) == SIGPIPE);
  CHECK(signal_that_ends([&] {
          sigset_t broken_pipe;
          sigemptyset(&broken_pipe);
          sigaddset(&broken_pipe, SIGPIPE);
          pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
          raise(SIGPIPE);
          {
            const support::SurviveBrokenPipe survive;
            pipe.fails_with();
          }
          pthread_sigmask(SIG_UNBLOCK, &broken_pipe, nullptr);
        }) == SIGPIPE);
}

#endif
