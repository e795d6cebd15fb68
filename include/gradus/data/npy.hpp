// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/byte_order.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/data/byte_source.hpp>
#include <gradus/data/npy_header.hpp>

namespace gradus {

/// Options for load_npy and load_npz.
struct NpyOptions {
  /// Converts other numeric types, such as float64 for a tensor of float. Integers must be in range.
  bool convert = false;
};

namespace detail {

/// An iterator over the elements of an array in Fortran order that gives their offsets in a row-major tensor.
class FortranOrder {
 public:
  /// Starts at the first element.
  explicit FortranOrder(const Shape& shape) : shape_(shape) {
    Index stride = 1;
    for (Index axis = shape.rank(); axis-- > 0;) {
      strides_[to_size(axis)] = stride;
      stride *= shape[axis];
    }
  }
  /// Returns the offset of the next element.
  Index next() {
    const Index place = place_;
    for (Index axis = 0; axis < shape_.rank(); ++axis) {
      Index& position = position_[to_size(axis)];
      place_ += strides_[to_size(axis)];
      if (++position < shape_[axis]) break;
      place_ -= position * strides_[to_size(axis)];
      position = 0;
    }
    return place;
  }

 private:
  Shape shape_;
  std::array<Index, Shape::max_rank> strides_{};
  std::array<Index, Shape::max_rank> position_{};
  Index place_ = 0;
};

/// Calls `f(T{})` with the element type T of a file.
template <class F>
void with_npy_type(const NpyType& type, const F& f) {
  const auto of_size = [&](auto one, auto two, auto four, auto eight) {
    if (type.size == 1) f(one);
    if (type.size == 2) f(two);
    if (type.size == 4) f(four);
    if (type.size == 8) f(eight);
  };
  if (type.kind == 'i') of_size(std::int8_t{}, std::int16_t{}, std::int32_t{}, std::int64_t{});
  if (type.kind == 'u') of_size(std::uint8_t{}, std::uint16_t{}, std::uint32_t{}, std::uint64_t{});
  if (type.kind == 'b') f(bool{});
  if (type.kind == 'f' && type.size == 4) f(float{});
  if (type.kind == 'f' && type.size == 8) f(double{});
}

/// Returns whether a number converts to T: for an integer T it must be whole and in range.
template <class T, class Stored>
bool fits_npy(Stored value) {
  if constexpr (std::floating_point<T> || std::same_as<T, Stored>) {
    return true;
  } else if constexpr (std::floating_point<Stored>) {
    // The largest integer may round up, so the bound is the next power of two.
    const auto above = std::ldexp(Stored{1}, std::numeric_limits<T>::digits);
    return value == std::trunc(value) && value >= static_cast<Stored>(std::numeric_limits<T>::lowest()) &&
           value < above;
  } else {
    const auto converted = static_cast<T>(value);
    return static_cast<Stored>(converted) == value && (converted < T{}) == (value < Stored{});
  }
}

/// Reads elements of type Stored into a tensor, piece by piece.
template <class Stored, class T, ByteSource Source>
void read_npy_elements(Source& source, const NpyHeader& header, Tensor<T>& result) {
  // A bool must not hold a byte other than 0 or 1.
  using Bits = std::conditional_t<std::same_as<Stored, bool>, std::uint8_t, Stored>;
  constexpr Index piece = 8192;
  std::vector<Bits> read(to_size(std::min(piece, result.size())));
  FortranOrder fortran(header.shape);
  for (Index first = 0; first < result.size(); first += piece) {
    const std::span<Bits> part = std::span(read).first(to_size(std::min(piece, result.size() - first)));
    const std::span<std::byte> bytes = std::as_writable_bytes(part);
    if (source.read(bytes) != bytes.size())
      throw FileError("read_npy: " + source.name() + ": data are truncated, expected " +
                      header.shape.to_string() + " of " + header.type.to_string());
    if (header.type.is_big_endian)
      to_big_endian(part);
    else
      to_little_endian(part);
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto value = static_cast<Stored>(part[i]);
      if (!fits_npy<T>(value)) {
        throw FileError("read_npy: " + source.name() + ": element " +
                        std::to_string(first + static_cast<Index>(i)) + " is " + std::to_string(value) +
                        ", expected a value that fits in " + npy_type<T>().to_string());
      }
      result.data()[header.is_fortran_order ? fortran.next() : first + static_cast<Index>(i)] =
          static_cast<T>(value);
    }
  }
}

}  // namespace detail

/// Reads an array in npy format 1 to 3, either byte order, C or Fortran order, from a source that contains
/// nothing else. The result is row-major. Checks sizes against the source, so that a malformed header cannot
/// cause a large allocation. Throws FileError unless the source is such an array.
template <NpyScalar T, class Source>
requires ByteSource<std::remove_cvref_t<Source>> Tensor<T> read_npy(Source&& source,
                                                                    NpyOptions options = {}) {
  const NpyHeader header = detail::parse_npy_header(source);
  if (!options.convert && !header.type.has_same_values(npy_type<T>())) {
    throw FileError("read_npy: " + source.name() + ": dtype is " + header.type.to_string() + ", expected " +
                    npy_type<T>().to_string() + "; {.convert = true} converts other types");
  }
  if (static_cast<std::uint64_t>(header.shape.size()) > source.bound() / header.type.size) {
    throw FileError("read_npy: " + source.name() + ": data have at most " + std::to_string(source.bound()) +
                    " bytes, expected " + header.shape.to_string() + " of " + header.type.to_string());
  }
  auto result = Tensor<T>::uninitialized(header.shape);
  detail::with_npy_type(
      header.type, [&]<class Stored>(Stored) { detail::read_npy_elements<Stored>(source, header, result); });
  std::byte extra{};
  if (source.read(std::span(&extra, 1)) != 0)
    throw FileError("read_npy: " + source.name() +
                    ": data are followed by other bytes, expected the end of the file");
  return result;
}

/// Loads an array written by `numpy.save`: `load_npy<float>("x.npy")`. Throws FileError.
template <NpyScalar T>
Tensor<T> load_npy(const std::filesystem::path& file, NpyOptions options = {}) {
  return read_npy<T>(PlainFile(file), options);
}

}  // namespace gradus
