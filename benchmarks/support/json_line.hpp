// SPDX-License-Identifier: MIT

#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// A result as a line of JSON for report.py: `{"name": "train", "batch": 256, "seconds": [0.3]}`. Printed by
/// the destructor.
class JsonLine {
 public:
  explicit JsonLine(std::string_view name) { field("name", name); }
  JsonLine(const JsonLine&) = delete;
  JsonLine& operator=(const JsonLine&) = delete;
  ~JsonLine() {
    std::printf("{%s}\n", text_.c_str());
    std::fflush(stdout);
  }

  JsonLine& field(std::string_view key, std::string_view value) {
    std::string quoted = "\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    return raw(key, quoted + '"');
  }
  JsonLine& field(std::string_view key, double value) { return raw(key, number(value)); }
  JsonLine& field(std::string_view key, const std::vector<double>& values) {
    std::string list;
    for (const double value : values) list += (list.empty() ? "" : ", ") + number(value);
    return raw(key, "[" + list + "]");
  }

 private:
  static std::string number(double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.6g", value);
    return digits;
  }
  JsonLine& raw(std::string_view key, const std::string& value) {
    if (!text_.empty()) text_ += ", ";
    text_ += "\"" + std::string(key) + "\": " + value;
    return *this;
  }

  std::string text_;
};

}  // namespace bench
