#pragma once

#if defined(__unix__)

#include <cstdio>
#include <iostream>
#include <sys/wait.h>
#include <unistd.h>

namespace gradus::test {

/// Runs f in a child process and returns the exit status, which f returns; 100 if it throws, -1 if it is
/// killed.
template <class F>
int in_child(const F& f) {
  std::cout.flush();
  std::fflush(nullptr);  // or the child would print it again
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

}  // namespace gradus::test

#endif
