// SPDX-License-Identifier: MIT

#pragma once

#if defined(__unix__)

#include <cstdlib>
#include <string>

namespace gradus::test {

/// A guard that sets an environment variable, or removes it if the value is null, and restores it at the end.
class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const char* value) : name_(name) {
    if (const char* const before = std::getenv(name)) old_ = before, had_ = true;
    value ? setenv(name, value, 1) : unsetenv(name);
  }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;
  ~EnvironmentVariable() { had_ ? setenv(name_, old_.c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::string old_;
  bool had_ = false;
};

}  // namespace gradus::test

#endif
