// SPDX-License-Identifier: MIT

#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <gradus/version.hpp>

/// Byte orders of file formats. Elements are swapped as integers, because loading a swapped float into a
/// floating-point register changes the bits of a signalling NaN on some processors.
namespace gradus {

/// Returns the value with its bytes reversed.
template <std::unsigned_integral T>
constexpr T byte_swapped(T value) {
  T result = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    result =
        static_cast<T>(result | static_cast<T>(((value >> (8 * i)) & 0xff) << (8 * (sizeof(T) - 1 - i))));
  }
  return result;
}

/// Converts between native and big-endian byte order.
template <std::unsigned_integral T>
constexpr T big_endian(T value) {
  return std::endian::native == std::endian::big ? value : byte_swapped(value);
}

/// Converts between native and little-endian byte order.
template <std::unsigned_integral T>
constexpr T little_endian(T value) {
  return std::endian::native == std::endian::little ? value : byte_swapped(value);
}

namespace detail {

/// Reverses the bytes of each element of `sizeof(Unsigned)` bytes in place.
template <std::unsigned_integral Unsigned>
void swap_each(std::span<std::byte> bytes) {
  for (; bytes.size() >= sizeof(Unsigned); bytes = bytes.subspan(sizeof(Unsigned))) {
    Unsigned value;
    std::memcpy(&value, bytes.data(), sizeof value);
    value = byte_swapped(value);
    std::memcpy(bytes.data(), &value, sizeof value);
  }
}

}  // namespace detail

/// Reverses the bytes of each element in place. `element_size` is 1, 2, 4 or 8 bytes.
inline void swap_bytes(std::span<std::byte> bytes, std::size_t element_size) {
  if (element_size == 2) detail::swap_each<std::uint16_t>(bytes);
  if (element_size == 4) detail::swap_each<std::uint32_t>(bytes);
  if (element_size == 8) detail::swap_each<std::uint64_t>(bytes);
}

/// Reverses the bytes of each element in place.
template <class T, std::size_t extent>
requires std::is_arithmetic_v<T>
void swap_bytes(std::span<T, extent> elements) {
  static_assert(sizeof(T) <= 8, "no file format of gradus has such elements");
  swap_bytes(std::span<std::byte>(std::as_writable_bytes(elements)), sizeof(T));
}

/// Converts elements in place between native and big-endian byte order.
template <class T, std::size_t extent>
void to_big_endian(std::span<T, extent> elements) {
  if constexpr (std::endian::native != std::endian::big) swap_bytes(elements);
}

/// Converts elements in place between native and little-endian byte order.
template <class T, std::size_t extent>
void to_little_endian(std::span<T, extent> elements) {
  if constexpr (std::endian::native != std::endian::little) swap_bytes(elements);
}

}  // namespace gradus
