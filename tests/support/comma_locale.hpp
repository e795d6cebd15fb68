// SPDX-License-Identifier: MIT

#pragma once

#include <clocale>
#include <locale>
#include <string>

namespace gradus::test {

/// A guard that makes C++, and C if the machine has such a locale, write 1.234,5 for 1234.5.
class CommaLocale {
 public:
  CommaLocale() : cpp_(std::locale::global(std::locale(std::locale::classic(), new Punctuation))) {
    if (const char* const name = std::setlocale(LC_ALL, nullptr)) c_ = name;
    for (const char* const name : {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8"}) {
      if (std::setlocale(LC_NUMERIC, name) != nullptr) return;
    }
  }
  CommaLocale(const CommaLocale&) = delete;
  CommaLocale& operator=(const CommaLocale&) = delete;
  ~CommaLocale() {
    std::locale::global(cpp_);
    std::setlocale(LC_ALL, c_.c_str());
  }

 private:
  struct Punctuation : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };

  std::locale cpp_;
  std::string c_ = "C";
};

}  // namespace gradus::test
