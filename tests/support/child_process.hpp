// SPDX-License-Identifier: MIT

#pragma once

#if defined(__unix__)

#include <cstdio>
#include <iostream>
#include <sys/wait.h>
#include <unistd.h>

namespace gradus::test {

/// Runs f in a child process and returns the exit status that f returns; 100 if f throws, -1 if the child is
/// killed.
template <class F>
int in_child(const F& f) {
  std::cout.flush();
  std::fflush(nullptr);  // otherwise the child would print it again
  const pid_t child = fork();
  if (child == 0) {
    int status = 100;
    try {
      status = f();
    } catch (...) {
    }
    std::fflush(stdout);
    _exit(status);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif
#else
inline constexpr bool is_sanitized = false;
#endif

/// Forks and returns what `bool f()` returns in the child; a child that takes longer than `seconds`, crashes
/// or throws counts as false.
template <class F>
bool holds_in_child(F&& f, unsigned seconds = 60) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(seconds);
    try {
      _exit(f() ? 0 : 1);
    } catch (...) {
      _exit(2);
    }
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace gradus::test

#endif
