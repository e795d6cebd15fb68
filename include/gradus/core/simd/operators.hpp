// SPDX-License-Identifier: MIT

#pragma once

#include <type_traits>

#include <gradus/core/simd/pack.hpp>

/// Operators between packs and numbers, and compound assignment, so that formulas read like scalar code.
namespace gradus::simd {

/// Element-wise arithmetic with a number.
/// @{
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator+(const Pack<S, N>& a, std::type_identity_t<S> b) {
  return a + broadcast<S, N>(b);
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator+(std::type_identity_t<S> a, const Pack<S, N>& b) {
  return broadcast<S, N>(a) + b;
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator-(const Pack<S, N>& a, std::type_identity_t<S> b) {
  return a - broadcast<S, N>(b);
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator-(std::type_identity_t<S> a, const Pack<S, N>& b) {
  return broadcast<S, N>(a) - b;
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator*(const Pack<S, N>& a, std::type_identity_t<S> b) {
  return a * broadcast<S, N>(b);
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator*(std::type_identity_t<S> a, const Pack<S, N>& b) {
  return broadcast<S, N>(a) * b;
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator/(const Pack<S, N>& a, std::type_identity_t<S> b) {
  return a / broadcast<S, N>(b);
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator/(std::type_identity_t<S> a, const Pack<S, N>& b) {
  return broadcast<S, N>(a) / b;
}
/// @}

/// Compound assignment.
/// @{
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N>& operator+=(Pack<S, N>& a, const Pack<S, N>& b) {
  return a = a + b;
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N>& operator-=(Pack<S, N>& a, const Pack<S, N>& b) {
  return a = a - b;
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N>& operator*=(Pack<S, N>& a, const Pack<S, N>& b) {
  return a = a * b;
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N>& operator*=(Pack<S, N>& a, std::type_identity_t<S> b) {
  return a = a * b;
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N>& operator/=(Pack<S, N>& a, const Pack<S, N>& b) {
  return a = a / b;
}
/// @}

/// Element-wise comparisons with a number.
/// @{
template <class S, int N>
[[gnu::always_inline]] inline Mask<S, N> operator<(const Pack<S, N>& a, std::type_identity_t<S> b) {
  return a < broadcast<S, N>(b);
}
template <class S, int N>
[[gnu::always_inline]] inline Mask<S, N> operator<=(const Pack<S, N>& a, std::type_identity_t<S> b) {
  return a <= broadcast<S, N>(b);
}
template <class S, int N>
[[gnu::always_inline]] inline Mask<S, N> operator>(const Pack<S, N>& a, std::type_identity_t<S> b) {
  return a > broadcast<S, N>(b);
}
template <class S, int N>
[[gnu::always_inline]] inline Mask<S, N> operator>=(const Pack<S, N>& a, std::type_identity_t<S> b) {
  return a >= broadcast<S, N>(b);
}
/// @}

/// Returns `yes` where the mask is set, otherwise `no`; either may be a single number.
/// @{
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> select(const Mask<S, N>& mask, std::type_identity_t<S> yes,
                                                const Pack<S, N>& no) {
  return select(mask, broadcast<S, N>(yes), no);
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> select(const Mask<S, N>& mask, const Pack<S, N>& yes,
                                                std::type_identity_t<S> no) {
  return select(mask, yes, broadcast<S, N>(no));
}
/// @}

/// Returns the smaller of a number and an element; NaN if the element is NaN.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> min(std::type_identity_t<S> a, const Pack<S, N>& b) {
  return min(broadcast<S, N>(a), b);
}
/// Returns the larger of a number and an element; NaN if the element is NaN.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> max(std::type_identity_t<S> a, const Pack<S, N>& b) {
  return max(broadcast<S, N>(a), b);
}

}  // namespace gradus::simd
