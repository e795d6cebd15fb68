// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <type_traits>

#include <gradus/core/byte_order.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/data/byte_source.hpp>

namespace gradus {

/// Element types of the IDX format, with the codes in a file's third byte.
enum class IdxType : std::uint8_t {
  uint8 = 0x08,
  int8 = 0x09,
  int16 = 0x0b,
  int32 = 0x0c,
  float32 = 0x0d,
  float64 = 0x0e
};

/// The header of an IDX file: 0, 0, type, rank, then each extent in 4 bytes, all big-endian
/// (http://yann.lecun.com/exdb/mnist/). See write_idx.hpp for writing.
struct IdxHeader {
  /// The element type.
  IdxType type;
  /// The shape of the tensor.
  Shape shape;
};

/// An element type supported by both tensors and IDX files.
template <class T>
concept IdxScalar =
    std::same_as<T, std::uint8_t> || std::same_as<T, std::int8_t> || std::same_as<T, std::int16_t> ||
    std::same_as<T, std::int32_t> || std::same_as<T, float> || std::same_as<T, double>;

/// Returns the IDX code of an element type.
template <IdxScalar T>
constexpr IdxType idx_type() {
  if constexpr (std::is_same_v<T, std::uint8_t>) return IdxType::uint8;
  if constexpr (std::is_same_v<T, std::int8_t>) return IdxType::int8;
  if constexpr (std::is_same_v<T, std::int16_t>) return IdxType::int16;
  if constexpr (std::is_same_v<T, std::int32_t>) return IdxType::int32;
  if constexpr (std::is_same_v<T, float>) return IdxType::float32;
  if constexpr (std::is_same_v<T, double>) return IdxType::float64;
}

namespace detail {

inline std::string hex(std::uint32_t value, int digits) {
  std::string text = "0x";
  for (int i = digits - 1; i >= 0; --i) text += "0123456789abcdef"[(value >> (4 * i)) & 0xf];
  return text;
}

inline std::string idx_type_name(IdxType type) {
  switch (type) {
    case IdxType::uint8:
      return "uint8 (0x08)";
    case IdxType::int8:
      return "int8 (0x09)";
    case IdxType::int16:
      return "int16 (0x0b)";
    case IdxType::int32:
      return "int32 (0x0c)";
    case IdxType::float32:
      return "float32 (0x0d)";
    case IdxType::float64:
      return "float64 (0x0e)";
  }
  return hex(static_cast<std::uint8_t>(type), 2);
}

template <ByteSource Source>
std::uint32_t read_uint32(Source& source, const char* what) {
  std::uint32_t value = 0;
  const std::size_t count = source.read(std::as_writable_bytes(std::span(&value, 1)));
  if (count != sizeof value) {
    throw FileError("read_idx: " + source.name() + ": header is truncated: " + what + " has " +
                    std::to_string(count) + " bytes, expected 4");
  }
  return big_endian(value);
}

/// Reads everything before the first element.
template <ByteSource Source>
IdxHeader parse_idx_header(Source& source) {
  const std::uint32_t magic = read_uint32(source, "magic number");
  const std::uint32_t type = (magic >> 8) & 0xff, rank = magic & 0xff;
  if (magic >> 16 != 0) {
    throw FileError("read_idx: " + source.name() + ": magic number is " + hex(magic, 8) +
                    ", expected 0x0000 followed by the type and the rank");
  }
  if (type < 0x08 || type > 0x0e || type == 0x0a) {
    throw FileError("read_idx: " + source.name() + ": type is " + hex(type, 2) +
                    ", expected 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e");
  }
  if (rank > static_cast<std::uint32_t>(Shape::max_rank)) {
    throw FileError("read_idx: " + source.name() + ": rank is " + std::to_string(rank) +
                    ", expected at most " + std::to_string(Shape::max_rank));
  }
  std::array<Index, Shape::max_rank> extents{};
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::uint32_t extent = read_uint32(source, "an extent");
    if constexpr (sizeof(Index) == sizeof extent) {
      if (extent > static_cast<std::uint32_t>(std::numeric_limits<Index>::max())) {
        throw FileError("read_idx: " + source.name() + ": extent is " + std::to_string(extent) +
                        ", expected at most " + std::to_string(std::numeric_limits<Index>::max()));
      }
    }
    extents[axis] = static_cast<Index>(extent);
  }
  try {
    return {static_cast<IdxType>(type), Shape(std::span<const Index>(extents.data(), rank))};
  } catch (const ShapeError& error) {
    throw FileError("read_idx: " + source.name() + ": extents are invalid: " + error.what());
  }
}

[[noreturn]] inline void throw_idx_size(const std::string& name, const IdxHeader& header,
                                        const std::string& found) {
  throw FileError("read_idx: " + name + ": data have " + found + ", expected " + header.shape.to_string() +
                  " of " + idx_type_name(header.type));
}

}  // namespace detail

/// Reads a tensor from a source that contains nothing else. Checks sizes against the source first, so that a
/// malformed header cannot cause a large allocation. Throws FileError unless the source is an IDX file with
/// elements of type T.
template <IdxScalar T, class Source>
requires ByteSource<std::remove_cvref_t<Source>> Tensor<T> read_idx(Source&& source) {
  const IdxHeader header = detail::parse_idx_header(source);
  if (header.type != idx_type<T>()) {
    throw FileError("read_idx: " + source.name() + ": elements are " + detail::idx_type_name(header.type) +
                    ", expected " + detail::idx_type_name(idx_type<T>()));
  }
  const auto size = static_cast<std::uint64_t>(header.shape.size());
  if (size > source.bound() / sizeof(T)) {
    detail::throw_idx_size(source.name(), header, "at most " + std::to_string(source.bound()) + " bytes");
  }
  Tensor<T> result = Tensor<T>::uninitialized(header.shape);
  const std::span<std::byte> bytes = std::as_writable_bytes(result.span());
  const std::size_t count = source.read(bytes);
  if (count != bytes.size()) {
    detail::throw_idx_size(source.name(), header, std::to_string(count) + " bytes");
  }
  std::byte extra{};
  if (source.read(std::span(&extra, 1)) != 0) {
    detail::throw_idx_size(source.name(), header, "more than " + std::to_string(count) + " bytes");
  }
  to_big_endian(result.span());
  return result;
}

/// Reads a tensor from an uncompressed file; see GzipFile for compressed ones.
template <IdxScalar T>
Tensor<T> read_idx(const std::filesystem::path& path) {
  return read_idx<T>(PlainFile(path));
}

/// Reads the element type and shape from an uncompressed file. Throws FileError.
inline IdxHeader read_idx_header(const std::filesystem::path& path) {
  PlainFile file(path);
  return detail::parse_idx_header(file);
}

}  // namespace gradus
