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

/// The settings of a module in a file, by name: `Settings{{"in_features", 784}, {"bias", true}}`. The
/// functions that return a setting throw FileError if it is missing or has another type. A file may come from
/// anywhere, so check what they return.
class Settings {
 public:
  /// The types of a setting.
  using Value = std::variant<bool, std::int64_t, double, std::string>;

  Settings() = default;
  /// Sets each of them; the last one of a name counts.
  Settings(std::initializer_list<std::pair<std::string, Value>> settings) {
    for (const auto& [name, value] : settings) set(name, value);
  }

  /// Sets one. Numbers that are not finite are stored as text, because JSON has none.
  void set(const std::string& name, Value value) {
    const double* number = std::get_if<double>(&value);
    if (number != nullptr && !std::isfinite(*number))
      value = std::string(std::isnan(*number) ? "nan" : *number > 0 ? "inf" : "-inf");
    values_.insert_or_assign(name, std::move(value));
  }
  /// Whether there is a setting of this name.
  bool contains(const std::string& name) const { return values_.contains(name); }
  /// All of them, sorted by name.
  const std::map<std::string, Value>& values() const { return values_; }
  /// Whether both have the same settings.
  friend bool operator==(const Settings&, const Settings&) = default;

  /// Returns a truth value.
  bool flag(const std::string& name) const { return get<bool>(name, "true or false"); }
  /// Returns a whole number.
  std::int64_t integer(const std::string& name) const { return get<std::int64_t>(name, "an integer"); }
  /// Returns a text.
  const std::string& text(const std::string& name) const { return get<std::string>(name, "a string"); }
  /// Returns a number, whole or not, finite or not.
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
