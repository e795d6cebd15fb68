// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/process_group.hpp>

namespace gradus::detail {

/// Facts on which all processes that train together must agree, as pairs of a name and a text.
class Agreement {
 public:
  void add(std::string name, std::string value) { facts_.push_back({std::move(name), std::move(value)}); }
  void add(std::string name, const char* value) { add(std::move(name), std::string(value)); }
  void add(std::string name, Index value) { add(std::move(name), std::to_string(value)); }
  void add(std::string name, double value) { add(std::move(name), format_shortest(value)); }

  /// Throws StateError in all processes unless all have the same facts as process 0. The message names, for
  /// each process that differs, the first fact that differs: `process 2 has batch size 128, expected 256 as
  /// in process 0`.
  void check(ProcessGroup& processes) const {
    const std::string own = encoded();
    const std::vector<std::byte> bytes = processes.gather(std::as_bytes(std::span(own)));
    std::vector<Facts> all;
    const char* at = reinterpret_cast<const char*>(bytes.data());
    for (Index rank = 0; rank < processes.size(); ++rank) {
      all.push_back(decoded(at));
      at += std::char_traits<char>::length(at) + 1;
    }
    std::string complaints;
    for (std::size_t rank = 1; rank < all.size(); ++rank) {
      const std::string difference = compare(all[rank], all[0]);
      if (!difference.empty())
        complaints += (complaints.empty() ? "" : "; ") + ("process " + std::to_string(rank)) + difference;
    }
    if (!complaints.empty()) throw StateError("Trainer: the processes disagree: " + complaints);
  }

 private:
  struct Fact {
    std::string name, value;
    friend bool operator==(const Fact&, const Fact&) = default;
  };
  using Facts = std::vector<Fact>;

  static constexpr char end_of_name = '\x1f', end_of_fact = '\x1e';

  // Returns the facts as text that ends with a zero byte.
  std::string encoded() const {
    std::string text;
    for (const Fact& fact : facts_) text += fact.name + end_of_name + fact.value + end_of_fact;
    return text + '\0';
  }
  static Facts decoded(const std::string& text) {
    Facts facts;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t middle = text.find(end_of_name, at), end = text.find(end_of_fact, middle);
      facts.push_back({text.substr(at, middle - at), text.substr(middle + 1, end - middle - 1)});
      at = end + 1;
    }
    return facts;
  }

  // Returns ` has batch size 128, expected 256 as in process 0`, or an empty string if there is no
  // difference.
  static std::string compare(const Facts& facts, const Facts& expected) {
    const auto [found, wanted] = std::ranges::mismatch(facts, expected);
    if (found == facts.end() && wanted == expected.end()) return "";
    if (found == facts.end())
      return " has no " + wanted->name + ", expected " + wanted->value + " as in process 0";
    const std::string has = " has " + found->name + " " + found->value;
    if (wanted == expected.end()) return has + ", expected none as in process 0";
    const bool same_name = found->name == wanted->name;
    return has + ", expected " + (same_name ? "" : wanted->name + " ") + wanted->value + " as in process 0";
  }

  Facts facts_;
};

}  // namespace gradus::detail
