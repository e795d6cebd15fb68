// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <gradus/core/index.hpp>

namespace gradus::detail {

/// Assigns numbers to the strings in a column, in order of first occurrence or in a given order.
class CsvCategories {
 public:
  /// Starts empty; each new string gets the next number.
  CsvCategories() = default;
  /// Accepts only these strings.
  explicit CsvCategories(const std::vector<std::string>& texts) : is_fixed_(true) {
    for (const std::string& text : texts) add(text);
  }

  /// Returns the number of a string, or -1 if it is not one of the given ones.
  Index number(std::string_view text) {
    const auto found = numbers_.find(text);
    if (found != numbers_.end()) return found->second;
    return is_fixed_ ? -1 : add(std::string(text));
  }
  /// Returns the number of strings.
  std::size_t size() const { return texts_.size(); }
  /// Returns the strings, in the given order or else alphabetically.
  std::vector<std::string> texts() const {
    std::vector<std::string> sorted = texts_;
    if (!is_fixed_) std::ranges::sort(sorted);
    return sorted;
  }
  /// Returns, for each number, the index of its string in `texts()`.
  std::vector<Index> places() const {
    std::vector<Index> places;
    places.reserve(texts_.size());
    const std::vector<std::string> sorted = texts();
    for (const std::string& text : texts_) {
      const auto place = is_fixed_ ? std::ranges::find(sorted, text) : std::ranges::lower_bound(sorted, text);
      places.push_back(static_cast<Index>(place - sorted.begin()));
    }
    return places;
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  Index add(std::string text) {
    const auto number = static_cast<Index>(texts_.size());
    if (numbers_.emplace(text, number).second) texts_.push_back(std::move(text));
    return number;
  }

  bool is_fixed_ = false;
  std::vector<std::string> texts_;
  std::unordered_map<std::string, Index, Hash, std::equal_to<>> numbers_;
};

}  // namespace gradus::detail
