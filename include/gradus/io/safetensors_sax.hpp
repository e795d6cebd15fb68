// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/io/safetensors_dtype.hpp>
#include <gradus/io/safetensors_entry.hpp>

namespace gradus::detail {

/// The product of any number of extents, of which the first ones are kept.
struct ExtentList {
  std::array<std::uint64_t, Shape::max_rank> first{};
  std::size_t count = 0;
  std::uint64_t product = 1;
  bool overflows = false;

  void add(std::uint64_t extent) {
    if (count < first.size()) first[count] = extent;
    ++count;
    overflows = overflows || (extent != 0 && product > std::numeric_limits<std::uint64_t>::max() / extent);
    product *= extent;
  }
};

/// A parser of the header's JSON as a stream of events. A tree would silently keep the last of two equal keys
/// and take many times the memory of the text. `problem` describes the first error.
class SafetensorsSax : public nlohmann::json_sax<nlohmann::json> {
 public:
  SafetensorsHeader header;
  std::string problem;

  bool start_object(std::size_t) override {
    switch (at_) {
      case At::start:
        at_ = At::names;
        return true;
      case At::entry:
        at_ = At::fields;
        return true;
      case At::metadata:
        at_ = At::metadata_keys;
        return true;
      default:
        return unexpected("object");
    }
  }
  bool end_object() override {
    if (at_ == At::fields) return finish_entry();
    at_ = at_ == At::names ? At::end : At::names;
    return true;
  }
  bool key(std::string& text) override {
    if (at_ == At::names) {
      at_ = text == "__metadata__" ? At::metadata : At::entry;
      if (at_ == At::entry) header.entries.emplace_back().name = text;
      if (at_ == At::metadata && std::exchange(has_metadata_, true)) return reject_duplicate("key", text);
    } else if (at_ == At::metadata_keys) {
      if (!header.metadata.emplace(text, "").second) return reject_duplicate("metadata key", text);
      field_ = text;
    } else {
      if (text == (has_dtype_ ? "dtype" : "") || text == (has_shape_ ? "shape" : "") ||
          text == (has_offsets_ ? "data_offsets" : "")) {
        return reject("\"" + text + "\" of " + name() + " appears twice, expected once");
      }
      field_ = text;
    }
    return true;
  }
  bool string(std::string& text) override {
    if (at_ == At::metadata_keys) {
      header.metadata[field_] = text;
      return true;
    }
    if (at_ != At::fields || field_ != "dtype") return unexpected("string");
    has_dtype_ = true;
    header.entries.back().dtype = text;
    return true;
  }
  bool start_array(std::size_t) override {
    if (at_ != At::fields || (field_ != "shape" && field_ != "data_offsets")) return unexpected("array");
    at_ = At::numbers;
    numbers_ = {};
    return true;
  }
  bool end_array() override {
    at_ = At::fields;
    return field_ == "shape" ? take_shape() : take_offsets();
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (at_ != At::numbers) return unexpected("number");
    numbers_.add(value);
    return true;
  }
  bool number_integer(number_integer_t value) override { return unexpected(std::to_string(value)); }
  bool number_float(number_float_t, const std::string& text) override {
    return unexpected(escaped(text, longest_name));
  }
  bool boolean(bool) override { return unexpected("boolean"); }
  bool null() override { return unexpected("null"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return reject("JSON is invalid at byte " + std::to_string(position));
  }

 private:
  /// The place of the next event in the only structure that the format allows.
  enum class At { start, names, entry, fields, numbers, metadata, metadata_keys, end };

  std::string name() const { return in_quotes(header.entries.back().name); }

  bool reject(std::string what) {
    problem = std::move(what);
    return false;
  }
  bool reject_duplicate(const std::string& what, const std::string& key) {
    return reject(what + " " + in_quotes(key) + " appears twice, expected once");
  }
  bool unexpected(const std::string& what) {
    return reject("unexpected " + what + (at_ == At::fields || at_ == At::numbers ? " in " + name() : ""));
  }

  /// Returns whether `elements` of `bits` bits each fill `bytes` bytes exactly, without a product that could
  /// overflow.
  static bool fills(std::uint64_t bytes, std::uint64_t elements, std::uint64_t bits) {
    const std::uint64_t group = 8 / std::gcd(bits, std::uint64_t{8}), group_bytes = bits * group / 8;
    return elements % group == 0 && bytes % group_bytes == 0 && bytes / group_bytes == elements / group;
  }

  bool take_shape() {
    std::array<Index, Shape::max_rank> extents{};
    for (std::size_t i = 0; i < std::min(numbers_.count, extents.size()); ++i) {
      if (numbers_.first[i] > static_cast<std::uint64_t>(std::numeric_limits<Index>::max())) {
        return reject(name() + " has extent " + std::to_string(numbers_.first[i]) + ", expected at most " +
                      std::to_string(std::numeric_limits<Index>::max()));
      }
      extents[i] = static_cast<Index>(numbers_.first[i]);
    }
    SafetensorsEntry& entry = header.entries.back();
    entry.rank = static_cast<Index>(numbers_.count);
    elements_ = numbers_.product;
    if (!entry.has_shape()) {
      if (numbers_.overflows) return reject(name() + " has too many elements, expected fewer than 2^64");
    } else {
      try {
        entry.shape = Shape(std::span<const Index>(extents.data(), numbers_.count));
      } catch (const ShapeError& error) {
        return reject(name() + ": " + error.what());
      }
      elements_ = static_cast<std::uint64_t>(entry.shape.size());
    }
    has_shape_ = true;
    return true;
  }

  bool take_offsets() {
    if (numbers_.count != 2 || numbers_.first[0] > numbers_.first[1]) {
      return reject(name() + " has other data_offsets, expected [begin, end] with begin <= end");
    }
    header.entries.back().begin = numbers_.first[0];
    header.entries.back().end = numbers_.first[1];
    has_offsets_ = true;
    return true;
  }

  bool finish_entry() {
    const SafetensorsEntry& entry = header.entries.back();
    if (!has_dtype_ || !has_shape_ || !has_offsets_) {
      return reject(name() + " lacks a key, expected dtype, shape and data_offsets");
    }
    const std::uint64_t bits = safetensors_bits(entry.dtype), bytes = entry.end - entry.begin;
    if (bits != 0 && !fills(bytes, elements_, bits)) {
      return reject(name() + " has " + std::to_string(bytes) + " bytes, expected the size of " +
                    entry.description());
    }
    has_dtype_ = has_shape_ = has_offsets_ = false;
    at_ = At::names;
    return true;
  }

  At at_ = At::start;
  std::string field_;
  ExtentList numbers_;
  std::uint64_t elements_ = 0;
  bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false, has_metadata_ = false;
};

}  // namespace gradus::detail
