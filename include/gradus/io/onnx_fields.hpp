// SPDX-License-Identifier: MIT

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/types.hpp>
#include <protozero/varint.hpp>
#include <string>
#include <string_view>
#include <utility>

#include <gradus/core/error.hpp>

namespace gradus::detail {

/// An iterator over the fields of one protobuf message, which does not allocate. Throws FileError for any
/// encoding error: a truncated field, a varint longer than ten bytes, a tag of 0 or an unexpected wire type.
class OnnxFields {
 public:
  /// Error messages start with `where`, which must outlive this object. `type` is the name of the message.
  OnnxFields(const std::string& where, const char* type, std::string_view message)
      : where_(&where), type_(type), reader_(message.data(), message.size()) {}

  /// Advances to the next field; returns false at the end. The current field must have been read or skipped.
  bool next() {
    return guarded([this] { return reader_.next(); });
  }
  /// Returns the number of the field.
  std::uint32_t tag() const { return reader_.tag(); }
  /// Skips the field.
  void skip() {
    guarded([this] { reader_.skip(); });
  }

  /// Returns a string or an embedded message.
  std::string_view bytes() {
    require(protozero::pbf_wire_type::length_delimited);
    const auto view = guarded([this] { return reader_.get_view(); });
    return {view.data(), view.size()};
  }
  /// Returns an integer.
  std::int64_t integer() {
    require(protozero::pbf_wire_type::varint);
    return guarded([this] { return reader_.get_int64(); });
  }
  /// Returns a float.
  float real() {
    require(protozero::pbf_wire_type::fixed32);
    return guarded([this] { return reader_.get_float(); });
  }
  /// Calls f for each integer of a repeated field, packed or not.
  template <class F>
  void integers(F&& f) {
    if (!reader_.has_wire_type(protozero::pbf_wire_type::length_delimited)) {
      f(integer());
      return;
    }
    const std::string_view packed = bytes();
    for_each_varint(packed, f);
  }
  /// Calls f for each varint of a packed field.
  template <class F>
  void for_each_varint(std::string_view packed, F&& f) {
    const char* at = packed.data();
    const char* const end = at + packed.size();
    while (at != end) {
      const auto number = guarded([&] { return protozero::decode_varint(&at, end); });
      f(std::bit_cast<std::int64_t>(number));
    }
  }

  /// Throws FileError: `<where>: <message type>: <what>`.
  [[noreturn]] void fail(const std::string& what) const {
    throw FileError(*where_ + ": " + type_ + ": " + what);
  }

 private:
  void require(protozero::pbf_wire_type type) const {
    if (reader_.has_wire_type(type)) return;
    fail("field " + std::to_string(reader_.tag()) + " has wire type " +
         std::to_string(static_cast<unsigned>(reader_.wire_type())) + ", expected " +
         std::to_string(static_cast<unsigned>(type)));
  }

  template <class F>
  auto guarded(F&& f) -> decltype(f()) {
    try {
      return std::forward<F>(f)();
    } catch (const protozero::exception& error) {
      fail(std::string("message is truncated or not protobuf: ") + error.what());
    }
  }

  const std::string* where_;
  const char* type_;
  protozero::pbf_reader reader_;
};

}  // namespace gradus::detail
