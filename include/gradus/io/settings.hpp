// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>

namespace gradus {

/// The settings of a module by name: `Settings{{"in_features", 784}, {"bias", true}}`. Functions that return
/// a setting throw FileError if it is missing or has another type. Check the values: files may be untrusted.
class Settings {
 public:
  /// The types of a setting.
  using Value = std::variant<bool, std::int64_t, double, std::string>;

  Settings() = default;
  /// Sets each of `settings`; the last one with a given name wins.
  Settings(std::initializer_list<std::pair<std::string, Value>> settings) {
    for (const auto& [name, value] : settings) set(name, value);
  }

  /// Sets a value. Non-finite numbers are stored as text, because JSON has none.
  void set(const std::string& name, Value value) {
    const double* number = std::get_if<double>(&value);
    if (number != nullptr && !std::isfinite(*number))
      value = std::string(std::isnan(*number) ? "nan" : *number > 0 ? "inf" : "-inf");
    values_.insert_or_assign(name, std::move(value));
  }
  /// Returns whether there is a setting with this name.
  bool contains(const std::string& name) const { return values_.contains(name); }
  /// Returns all settings, sorted by name.
  const std::map<std::string, Value>& values() const { return values_; }
  /// Returns whether both have the same settings.
  friend bool operator==(const Settings&, const Settings&) = default;

  /// Returns a boolean.
  bool flag(const std::string& name) const { return get<bool>(name, "true or false"); }
  /// Returns an integer.
  std::int64_t integer(const std::string& name) const { return get<std::int64_t>(name, "an integer"); }
  /// Returns a string.
  const std::string& text(const std::string& name) const { return get<std::string>(name, "a string"); }
  /// Returns a number: an integer or a floating-point value, possibly not finite.
  double number(const std::string& name) const {
    const auto found = values_.find(name);
    if (found != values_.end()) {
      if (const auto* whole = std::get_if<std::int64_t>(&found->second)) return static_cast<double>(*whole);
      if (const auto* word = std::get_if<std::string>(&found->second)) {
        if (*word == "inf") return std::numeric_limits<double>::infinity();
        if (*word == "-inf") return -std::numeric_limits<double>::infinity();
        if (*word == "nan") return std::numeric_limits<double>::quiet_NaN();
      }
    }
    return get<double>(name, "a number");
  }

 private:
  template <class T>
  const T& get(const std::string& name, const char* expected) const {
    const auto found = values_.find(name);
    if (found == values_.end())
      throw FileError("setting " + in_quotes(name) + " is missing, expected " + expected);
    const T* value = std::get_if<T>(&found->second);
    if (value == nullptr)
      throw FileError("setting " + in_quotes(name) + " has the wrong type, expected " + expected);
    return *value;
  }

  std::map<std::string, Value> values_;
};

}  // namespace gradus
