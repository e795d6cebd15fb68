// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/data/byte_source.hpp>

namespace gradus {

/// A NumPy element type: `<f4` is a little-endian float.
struct NpyType {
  char kind = 'f';             ///< `f` for floating point, `i` and `u` for integers, `b` for bool
  std::size_t size = 4;        ///< in bytes
  bool is_big_endian = false;  ///< the byte order; false for single bytes

  /// Returns whether two types differ at most in byte order.
  bool has_same_values(const NpyType& other) const { return kind == other.kind && size == other.size; }
  /// Returns the type in NumPy's notation: `<f4`, `>i8`, `|u1`.
  std::string to_string() const {
    return (size == 1 ? "|" : is_big_endian ? ">" : "<") + std::string(1, kind) + std::to_string(size);
  }
};

/// The header of a .npy file, as specified in
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
struct NpyHeader {
  NpyType type = {};              ///< the element type
  bool is_fortran_order = false;  ///< whether the first axis varies fastest
  Shape shape = {};               ///< the shape of the array
};

/// An element type supported by both tensors and .npy files.
template <class T>
concept NpyScalar = TensorScalar<T> && sizeof(T) <= 8;

/// Returns the NpyType of T on this machine.
template <NpyScalar T>
constexpr NpyType npy_type() {
  const char kind = std::same_as<T, bool>    ? 'b'
                    : std::floating_point<T> ? 'f'
                    : std::is_signed_v<T>    ? 'i'
                                             : 'u';
  return {kind, sizeof(T), sizeof(T) > 1 && std::endian::native == std::endian::big};
}

namespace detail {

/// A parser of the header's dictionary, a Python literal:
///
///     {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class NpyDictionary {
 public:
  /// Takes the text, and the name of the file for error messages.
  NpyDictionary(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  /// Parses the dictionary. Throws FileError unless it has exactly these three keys.
  NpyHeader parse() {
    std::optional<NpyType> type;
    std::optional<bool> is_fortran_order;
    std::optional<Shape> shape;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr" && !type)
        type = parse_type(quoted());
      else if (key == "fortran_order" && !is_fortran_order)
        is_fortran_order = parse_bool();
      else if (key == "shape" && !shape)
        shape = parse_shape();
      else
        fail("has the key " + in_quotes(key) + ", expected each of descr, fortran_order and shape once");
      if (!accept(',') && peek() != '}')
        fail("has " + in_quotes(text_, 20) + " after a value, expected a comma or }");
    }
    if (peek() != '\0') fail("has " + in_quotes(text_, 20) + " after its dictionary, expected only blanks");
    if (!type || !is_fortran_order || !shape) fail("lacks a key, expected descr, fortran_order and shape");
    return {*type, *is_fortran_order, *shape};
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw FileError("read_npy: " + file_ + ": header " + what);
  }

  /// Returns the next non-blank character, or 0 at the end.
  char peek() {
    while (!text_.empty() && std::string_view(" \t\n\r").find(text_.front()) != std::string_view::npos)
      text_.remove_prefix(1);
    return text_.empty() ? '\0' : text_.front();
  }
  bool accept(char c) {
    if (peek() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail("has " + in_quotes(text_, 20) + ", expected " + in_quotes({&c, 1}));
  }
  std::string_view quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("has " + in_quotes(text_, 20) + ", expected a string");
    text_.remove_prefix(1);
    const std::size_t end = text_.find(quote);
    if (end == std::string_view::npos) fail("has an unterminated string, expected a closing quotation mark");
    const std::string_view content = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return content;
  }

  NpyType parse_type(std::string_view text) const {
    const auto refuse = [&] {
      fail("has the dtype " + in_quotes(text) +
           ", expected bool, an integer, float32 or float64; convert the array with NumPy's astype");
    };
    if (text.size() != 3 || std::string_view("<>=|").find(text[0]) == std::string_view::npos) refuse();
    const NpyType type{text[1], static_cast<std::size_t>(text[2] - '0'),
                       text[0] == '>' || (text[0] == '=' && std::endian::native == std::endian::big)};
    const bool is_integer = type.kind == 'i' || type.kind == 'u';
    const bool is_known = type.kind == 'f' ? type.size == 4 || type.size == 8
                          : is_integer ? type.size == 1 || type.size == 2 || type.size == 4 || type.size == 8
                                       : type.kind == 'b' && type.size == 1;
    if (!is_known || (text[0] == '|' && type.size > 1)) refuse();
    return {type.kind, type.size, type.size > 1 && type.is_big_endian};
  }
  bool parse_bool() {
    peek();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return value;
    }
    fail("has " + in_quotes(text_, 20) + ", expected True or False");
  }
  Shape parse_shape() {
    std::vector<Index> extents;
    expect('(');
    while (!accept(')')) {
      peek();
      Index extent = 0;
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
      if (error != std::errc{} || extent < 0)
        fail("has the extent " + in_quotes(text_, 20) + ", expected an integer >= 0");
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      if (!text_.empty() && text_.front() == 'L') text_.remove_prefix(1);  // written by Python 2
      extents.push_back(extent);
      if (extents.size() > static_cast<std::size_t>(Shape::max_rank)) {
        fail("declares at least " + std::to_string(extents.size()) + " dimensions, expected at most " +
             std::to_string(Shape::max_rank));
      }
      if (!accept(',') && peek() != ')')
        fail("has " + in_quotes(text_, 20) + " after an extent, expected a comma or )");
    }
    try {
      return Shape(extents);
    } catch (const ShapeError& error) {
      fail(std::string("has an invalid shape: ") + error.what());
    }
  }

  std::string_view text_;
  const std::string& file_;
};

/// The longest header accepted, in bytes. Headers of numeric arrays have about 100.
inline constexpr std::size_t longest_npy_header = 4096;
inline constexpr std::string_view npy_magic = "\x93NUMPY";

/// Reads everything before the first element. Throws FileError.
template <ByteSource Source>
NpyHeader parse_npy_header(Source& source) {
  const auto read = [&](std::span<std::byte> out) {
    if (source.read(out) != out.size())
      throw FileError("read_npy: " + source.name() + ": header is truncated, expected more bytes");
  };
  std::array<std::byte, 8> start{};
  read(start);
  const std::string_view magic(reinterpret_cast<const char*>(start.data()), npy_magic.size());
  if (magic != npy_magic)
    throw FileError("read_npy: " + source.name() + ": file begins with " + in_quotes(magic) + ", expected " +
                    in_quotes(npy_magic));
  const int version = std::to_integer<int>(start[6]);
  if (version < 1 || version > 3) {
    throw FileError("read_npy: " + source.name() + ": format version is " + std::to_string(version) +
                    ", expected 1, 2 or 3");
  }
  std::array<std::byte, 4> size_bytes{};
  read(std::span(size_bytes).first(version == 1 ? 2 : 4));
  std::size_t size = 0;
  for (std::size_t i = 4; i-- > 0;) size = size << 8 | std::to_integer<std::size_t>(size_bytes[i]);
  if (size > longest_npy_header) {
    throw FileError("read_npy: " + source.name() + ": header has " + std::to_string(size) +
                    " bytes, expected at most " + std::to_string(longest_npy_header));
  }
  std::string text(size, '\0');
  read(std::as_writable_bytes(std::span(text)));
  const std::string name = source.name();
  return NpyDictionary(text, name).parse();
}

/// Returns the bytes before the first element in format version 1, padded to a multiple of 64.
inline std::string npy_header(const NpyHeader& header) {
  std::string dictionary = "{'descr': '" + header.type.to_string() +
                           "', 'fortran_order': " + (header.is_fortran_order ? "True" : "False") +
                           ", 'shape': (";
  for (const Index extent : header.shape) dictionary += std::to_string(extent) + ", ";
  if (header.shape.rank() > 1) dictionary.resize(dictionary.size() - 2);
  if (header.shape.rank() == 1) dictionary.pop_back();
  dictionary += "), }";
  constexpr std::size_t alignment = 64, before = 10;
  dictionary.append(alignment - (before + dictionary.size() + 1) % alignment, ' ');
  dictionary += '\n';
  std::string bytes(npy_magic);
  bytes +=
      {'\1', '\0', static_cast<char>(dictionary.size() & 0xff), static_cast<char>(dictionary.size() >> 8)};
  return bytes + dictionary;
}

}  // namespace detail
}  // namespace gradus
