#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <gradus/core/error.hpp>
#include <gradus/core/shape.hpp>

namespace gradus {

/// A tensor as the header of a safetensors file describes it: the bytes `[begin, end)` of the data that
/// follow.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;  ///< "F32", "F64", "I64", ...
  Shape shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// All that stands in the header, in the order of the data.
struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

namespace detail {

/// Bytes an element takes; 0 for a type that the format does not know.
inline std::uint64_t safetensors_item_size(std::string_view dtype) {
  struct Type {
    std::string_view name;
    std::uint64_t size;
  };
  constexpr std::array types{Type{"BOOL", 1},    Type{"U8", 1},  Type{"I8", 1},  Type{"F8_E4M3", 1},
                             Type{"F8_E5M2", 1}, Type{"I16", 2}, Type{"U16", 2}, Type{"F16", 2},
                             Type{"BF16", 2},    Type{"I32", 4}, Type{"U32", 4}, Type{"F32", 4},
                             Type{"I64", 8},     Type{"U64", 8}, Type{"F64", 8}};
  const auto found = std::ranges::find(types, dtype, &Type::name);
  return found == types.end() ? 0 : found->size;
}

/// Reads the header's JSON as a stream of events, since a tree of it would silently keep the last of two
/// equal keys and take many times the memory of the text. Where something is wrong, `problem` says what.
class SafetensorsHeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit SafetensorsHeaderReader(std::size_t memory_limit) : memory_left_(memory_limit) {}

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
        return unexpected("an object");
    }
  }
  bool end_object() override {
    if (at_ == At::fields) return finish_entry();
    at_ = at_ == At::names ? At::end : At::names;
    return true;
  }
  bool key(std::string& text) override {
    if (at_ == At::names) {
      if (!names_.insert(text).second) return fail("the key \"" + text + "\" stands twice");
      if (!spend(2 * (text.size() + sizeof(SafetensorsEntry) + 32))) return false;
      at_ = text == "__metadata__" ? At::metadata : At::entry;
      if (at_ == At::entry) header.entries.emplace_back().name = text;
    } else if (at_ == At::metadata_keys) {
      if (!spend(2 * text.size())) return false;
      if (!header.metadata.emplace(text, "").second)
        return fail("the metadata key \"" + text + "\" stands twice");
      field_ = text;
    } else {
      if (text == (has_dtype_ ? "dtype" : "") || text == (has_shape_ ? "shape" : "") ||
          text == (has_offsets_ ? "data_offsets" : "")) {
        return fail("\"" + text + "\" of \"" + name() + "\" stands twice");
      }
      field_ = text;
    }
    return true;
  }
  bool string(std::string& text) override {
    if (at_ == At::metadata_keys) {
      if (!spend(text.size())) return false;
      header.metadata[field_] = text;
      return true;
    }
    if (at_ != At::fields || field_ != "dtype") return unexpected("a string");
    if (safetensors_item_size(text) == 0)
      return fail("\"" + name() + "\" has unknown dtype \"" + text + "\"");
    has_dtype_ = true;
    header.entries.back().dtype = text;
    return true;
  }
  bool start_array(std::size_t) override {
    if (at_ != At::fields || (field_ != "shape" && field_ != "data_offsets")) return unexpected("an array");
    at_ = At::numbers;
    numbers_.clear();
    return true;
  }
  bool end_array() override {
    at_ = At::fields;
    return field_ == "shape" ? take_shape() : take_offsets();
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (at_ != At::numbers) return unexpected("a number");
    if (numbers_.size() == static_cast<std::size_t>(Shape::max_rank)) {
      return fail("\"" + name() + "\" has a " + field_ + " of more than " + std::to_string(Shape::max_rank) +
                  " numbers");
    }
    numbers_.push_back(value);
    return true;
  }
  bool number_integer(number_integer_t value) override { return unexpected(std::to_string(value).c_str()); }
  bool number_float(number_float_t, const std::string& text) override { return unexpected(text.c_str()); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool null() override { return unexpected("null"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return fail("it is not valid JSON at byte " + std::to_string(position));
  }

 private:
  /// Where in the only structure that the format allows the next event must fit.
  enum class At { start, names, entry, fields, numbers, metadata, metadata_keys, end };

  const std::string& name() const { return header.entries.back().name; }

  bool fail(std::string what) {
    problem = std::move(what);
    return false;
  }
  bool unexpected(const char* what) {
    std::string where = at_ == At::fields || at_ == At::numbers ? " in \"" + name() + "\"" : "";
    return fail(std::string(what) + " where the format has none" + where);
  }

  bool spend(std::size_t bytes) {
    if (bytes > memory_left_) return fail("it lists too many tensors for a file of this size");
    memory_left_ -= bytes;
    return true;
  }

  bool take_shape() {
    std::array<Index, Shape::max_rank> extents{};
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      if (numbers_[i] > static_cast<std::uint64_t>(std::numeric_limits<Index>::max())) {
        return fail("\"" + name() + "\" has an extent of " + std::to_string(numbers_[i]));
      }
      extents[i] = static_cast<Index>(numbers_[i]);
    }
    try {
      header.entries.back().shape = Shape(std::span<const Index>(extents.data(), numbers_.size()));
    } catch (const ShapeError& error) {
      return fail("\"" + name() + "\": " + error.what());
    }
    has_shape_ = true;
    return true;
  }

  bool take_offsets() {
    if (numbers_.size() != 2 || numbers_[0] > numbers_[1]) {
      return fail("\"" + name() + "\" has data_offsets that are not [begin, end]");
    }
    header.entries.back().begin = numbers_[0];
    header.entries.back().end = numbers_[1];
    has_offsets_ = true;
    return true;
  }

  bool finish_entry() {
    const SafetensorsEntry& entry = header.entries.back();
    if (!has_dtype_ || !has_shape_ || !has_offsets_) {
      return fail("\"" + entry.name + "\" lacks dtype, shape or data_offsets");
    }
    const std::uint64_t item = safetensors_item_size(entry.dtype), bytes = entry.end - entry.begin;
    if (bytes % item != 0 || bytes / item != static_cast<std::uint64_t>(entry.shape.size())) {
      return fail("\"" + entry.name + "\" has " + std::to_string(bytes) + " bytes for shape " +
                  entry.shape.to_string() + " of " + entry.dtype);
    }
    has_dtype_ = has_shape_ = has_offsets_ = false;
    at_ = At::names;
    return true;
  }

  At at_ = At::start;
  std::size_t memory_left_;
  std::set<std::string, std::less<>> names_;
  std::string field_;
  std::vector<std::uint64_t> numbers_;
  bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
};

}  // namespace detail

/// Reads and checks the JSON of a header. `data_size` is the number of bytes that follow it, which the
/// tensors must cover exactly, without holes or overlaps. `memory_limit` bounds what is allocated beside the
/// text.
///
/// Throws FileError; the message begins with `where`.
inline SafetensorsHeader parse_safetensors_header(const std::string& where, std::string_view json,
                                                  std::uint64_t data_size, std::size_t memory_limit) {
  detail::SafetensorsHeaderReader reader(memory_limit);
  if (!nlohmann::json::sax_parse(json, &reader)) throw FileError(where + ": header: " + reader.problem);
  std::vector<SafetensorsEntry>& entries = reader.header.entries;
  std::ranges::sort(entries, {},
                    [](const SafetensorsEntry& entry) { return std::pair(entry.begin, entry.end); });
  std::uint64_t covered = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin != covered) {
      throw FileError(where + ": \"" + entry.name + "\" begins at byte " + std::to_string(entry.begin) +
                      " of the data, expected " + std::to_string(covered));
    }
    covered = entry.end;
  }
  if (covered != data_size) {
    throw FileError(where + ": " + std::to_string(data_size) + " bytes of data, but the tensors take " +
                    std::to_string(covered));
  }
  return std::move(reader.header);
}

}  // namespace gradus
