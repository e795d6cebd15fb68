// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <gradus/core/index.hpp>

/// A SIMD register as a value type, built on the vector extensions of gcc and clang.
///
/// Every function here is always-inline, so it is compiled with the instructions of the calling kernel: see
/// dispatch.hpp. Arguments are references because the calling convention of 64-byte values depends on
/// compiler flags. On other compilers, a Pack has one element.
namespace gradus::simd {

namespace detail {

/// The integer type of the same size; also the element type of a comparison's result.
template <class S>
using Bits = std::conditional_t<sizeof(S) == 8, std::int64_t,
                                std::conditional_t<sizeof(S) == 4, std::int32_t, std::int8_t>>;

template <class S, int N>
struct VectorOf {
#if defined(__GNUC__)
  using type __attribute__((vector_size(static_cast<std::size_t>(N) * sizeof(S)))) = S;
#endif
};
template <class S>
struct VectorOf<S, 1> {
  using type = S;
};

}  // namespace detail

/// `N` elements of type `S`; N is a power of two.
template <class S, int N>
struct Pack {
  using Scalar = S;                                      ///< the type of an element
  using Vector = typename detail::VectorOf<S, N>::type;  ///< the compiler's vector; S if N is 1
  static constexpr int size = N;                         ///< number of elements

  Vector v;  ///< the elements
};

/// The result of comparing two packs: all bits of an element set, or none. A bool if N is 1.
template <class S, int N>
struct Mask {
  /// The compiler's vector of integers; bool if N is 1.
  using Vector = std::conditional_t<N == 1, bool, typename detail::VectorOf<detail::Bits<S>, N>::type>;

  Vector v;  ///< all bits set, or none, per element
};

// ---- memory ----

/// Loads N elements from any address.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> load(const S* from) {
  Pack<S, N> x;
  __builtin_memcpy(&x.v, from, sizeof(x.v));
  return x;
}

/// Stores N elements to any address.
template <class S, int N>
[[gnu::always_inline]] inline void store(S* to, const Pack<S, N>& x) {
  __builtin_memcpy(to, &x.v, sizeof(x.v));
}

/// Returns N copies of a number.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> broadcast(S x) {
#if defined(__GNUC__) && !defined(__clang__)
  if constexpr (N > 1) {
    // Compiles to one broadcast instruction. gcc 12 assembles `x - Vector{}`, or a loop over the elements of
    // the vector, from 16-byte pieces if the translation unit's flags do not allow the full register.
    S elements[N];
    for (int i = 0; i < N; ++i) elements[i] = x;
    return load<S, N>(elements);
  }
#else
  if constexpr (N > 1) return {x - typename Pack<S, N>::Vector{}};
#endif
  if constexpr (N == 1) return {x};
}

namespace detail {

/// Copies `count` elements, 0 <= count < 2 width, in chunks of halved width. A loop would mispredict, because
/// `count` usually changes from call to call.
template <int width, class S>
[[gnu::always_inline]] inline void copy_first(S* to, const S* from, Index count) {
  if constexpr (width > 0) {
    if ((count & width) != 0) {
      __builtin_memcpy(to, from, width * sizeof(S));
      to += width;
      from += width;
    }
    copy_first<width / 2>(to, from, count);
  }
}

/// Copies `count` elements, 0 <= count <= size, a power of two. Treats `size` apart, because gcc would warn
/// of a copy of more elements.
template <int size, class S>
[[gnu::always_inline]] inline void copy_at_most(S* to, const S* from, Index count) {
  if (count == size)
    __builtin_memcpy(to, from, size * sizeof(S));
  else
    copy_first<size / 2>(to, from, count);
}

}  // namespace detail

/// Loads the first `count` elements, 0 <= count <= N, without reading past them; the others become `rest`.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> load_first(const S* from, Index count, S rest = S{0}) {
  Pack<S, N> x = broadcast<S, N>(rest);
  S elements[N];
  __builtin_memcpy(elements, &x.v, sizeof(elements));
  detail::copy_at_most<N>(elements, from, count);
  __builtin_memcpy(&x.v, elements, sizeof(elements));
  return x;
}

/// Stores the first `count` elements, 0 <= count <= N, without writing past them.
template <class S, int N>
[[gnu::always_inline]] inline void store_first(S* to, const Pack<S, N>& x, Index count) {
  S elements[N];
  __builtin_memcpy(elements, &x.v, sizeof(elements));
  detail::copy_at_most<N>(to, elements, count);
}

// ---- arithmetic, element by element ----
//
// gcc fuses a product and a sum from different statements, clang only within one expression. The pragma makes
// clang fuse them too, so that both compilers give the same results.

/// Element-wise arithmetic.
/// @{
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator+(const Pack<S, N>& a, const Pack<S, N>& b) {
#if defined(__clang__)
#pragma clang fp contract(fast)
#endif
  return {static_cast<typename Pack<S, N>::Vector>(a.v + b.v)};
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator-(const Pack<S, N>& a, const Pack<S, N>& b) {
#if defined(__clang__)
#pragma clang fp contract(fast)
#endif
  return {static_cast<typename Pack<S, N>::Vector>(a.v - b.v)};
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator*(const Pack<S, N>& a, const Pack<S, N>& b) {
#if defined(__clang__)
#pragma clang fp contract(fast)
#endif
  return {static_cast<typename Pack<S, N>::Vector>(a.v * b.v)};
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator/(const Pack<S, N>& a, const Pack<S, N>& b) {
  return {static_cast<typename Pack<S, N>::Vector>(a.v / b.v)};
}
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator-(const Pack<S, N>& a) {
  return {static_cast<typename Pack<S, N>::Vector>(-a.v)};
}
/// @}

/// Returns a b + c, rounded once if the instruction set has fused multiply-add.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> multiply_add(const Pack<S, N>& a, const Pack<S, N>& b,
                                                      const Pack<S, N>& c) {
#if defined(__clang__)
#pragma clang fp contract(fast)
#endif
  return {static_cast<typename Pack<S, N>::Vector>(a.v * b.v + c.v)};
}

/// Returns a b, rounded: the compiler does not fuse it with a sum. Needed where several products could be
/// fused with one sum, because compilers choose differently.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> multiply_rounded(const Pack<S, N>& a, const Pack<S, N>& b) {
#if defined(__clang__)
#pragma clang fp contract(off)
#endif
  const typename Pack<S, N>::Vector product = a.v * b.v;
#if defined(__GNUC__) && !defined(__clang__)
  return {__builtin_assoc_barrier(product)};
#else
  return {product};
#endif
}

// ---- comparisons and selection ----

/// Element-wise comparisons; false if either element is NaN.
/// @{
template <class S, int N>
[[gnu::always_inline]] inline Mask<S, N> operator<(const Pack<S, N>& a, const Pack<S, N>& b) {
  return {a.v < b.v};
}
template <class S, int N>
[[gnu::always_inline]] inline Mask<S, N> operator<=(const Pack<S, N>& a, const Pack<S, N>& b) {
  return {a.v <= b.v};
}
template <class S, int N>
[[gnu::always_inline]] inline Mask<S, N> operator>(const Pack<S, N>& a, const Pack<S, N>& b) {
  return {a.v > b.v};
}
template <class S, int N>
[[gnu::always_inline]] inline Mask<S, N> operator>=(const Pack<S, N>& a, const Pack<S, N>& b) {
  return {a.v >= b.v};
}
/// @}

/// Returns whether each element is NaN.
template <class S, int N>
[[gnu::always_inline]] inline Mask<S, N> is_nan(const Pack<S, N>& a) {
  return {a.v != a.v};
}

/// Returns `yes` where the mask is set, otherwise `no`.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> select(const Mask<S, N>& mask, const Pack<S, N>& yes,
                                                const Pack<S, N>& no) {
  return {mask.v ? yes.v : no.v};
}

/// Returns the larger element; `b` if either is NaN.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> max(const Pack<S, N>& a, const Pack<S, N>& b) {
  return {a.v > b.v ? a.v : b.v};
}

/// Returns the smaller element; `b` if either is NaN.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> min(const Pack<S, N>& a, const Pack<S, N>& b) {
  return {a.v < b.v ? a.v : b.v};
}

// ---- bits and conversions ----

/// Reinterprets the bits as integers.
template <class S, int N>
[[gnu::always_inline]] inline Pack<detail::Bits<S>, N> to_bits(const Pack<S, N>& x) {
  return {__builtin_bit_cast(typename Pack<detail::Bits<S>, N>::Vector, x.v)};
}

/// Reinterprets the bits as floating-point numbers.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> from_bits(const Pack<detail::Bits<S>, N>& x) {
  return {__builtin_bit_cast(typename Pack<S, N>::Vector, x.v)};
}

/// Element-wise operations on bits.
/// @{
template <std::integral S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator&(const Pack<S, N>& a, const Pack<S, N>& b) {
  return {static_cast<typename Pack<S, N>::Vector>(a.v & b.v)};
}
template <std::integral S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator|(const Pack<S, N>& a, const Pack<S, N>& b) {
  return {static_cast<typename Pack<S, N>::Vector>(a.v | b.v)};
}
template <std::integral S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator^(const Pack<S, N>& a, const Pack<S, N>& b) {
  return {static_cast<typename Pack<S, N>::Vector>(a.v ^ b.v)};
}
template <std::integral S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator<<(const Pack<S, N>& a, int bits) {
  return {static_cast<typename Pack<S, N>::Vector>(a.v << bits)};
}
/// @}
/// Shifts right; shifts in the sign bit if S is signed, otherwise zeros.
template <std::integral S, int N>
[[gnu::always_inline]] inline Pack<S, N> operator>>(const Pack<S, N>& a, int bits) {
  return {static_cast<typename Pack<S, N>::Vector>(a.v >> bits)};
}

/// Converts each element like static_cast.
template <class To, class S, int N>
[[gnu::always_inline]] inline Pack<To, N> convert(const Pack<S, N>& x) {
  if constexpr (N == 1) {
    return {static_cast<To>(x.v)};
  } else {
#if defined(__GNUC__)
    return {__builtin_convertvector(x.v, typename Pack<To, N>::Vector)};
#endif
  }
}

// ---- functions across the elements of a pack; reductions go by halves ----

namespace detail {

template <class S, int N>
struct Halves {
  Pack<S, N / 2> low, high;
};

template <class S, int N>
[[gnu::always_inline]] inline Halves<S, N> halves(const Pack<S, N>& x) {
  return __builtin_bit_cast(Halves<S, N>, x);
}

}  // namespace detail

/// Returns the last `count` elements, 0 <= count <= N; the others become 0, even if they are NaN.
template <class S, int N>
[[gnu::always_inline]] inline Pack<S, N> keep_last(const Pack<S, N>& x, Index count) {
  Pack<detail::Bits<S>, N> mask;
  detail::Bits<S> elements[N];
  for (int i = 0; i < N; ++i) elements[i] = detail::Bits<S>{i < N - count ? 0 : -1};
  __builtin_memcpy(&mask.v, elements, sizeof(elements));
  return from_bits<S, N>(to_bits(x) & mask);
}

namespace detail {

#if defined(__GNUC__)
template <int block, bool upper, class S, int N, int... I>
[[gnu::always_inline]] inline Pack<S, N> swap_blocks(const Pack<S, N>& a, const Pack<S, N>& b,
                                                     std::integer_sequence<int, I...>) {
  // Element I of the result comes from a or b, from the same position or one block to the left or right.
  return {__builtin_shufflevector(
      a.v, b.v, ((I & block) == 0 ? I + (upper ? 0 : block) : N + I - (upper ? block : 0))...)};
}

/// Performs the steps of a transpose from `block` down to 1. Each step swaps the off-diagonal blocks, `block`
/// elements wide, of each pair of rows.
template <int block, class S, int N, int... I>
[[gnu::always_inline]] inline void transpose_step(Pack<S, N>* rows, std::integer_sequence<int, I...> all) {
  const auto swap = [&](int i) __attribute__((always_inline)) {
    if ((i & block) != 0) return;
    const Pack<S, N> a = rows[i], b = rows[i + block];
    rows[i] = swap_blocks<block, true>(a, b, all);
    rows[i + block] = swap_blocks<block, false>(a, b, all);
  };
  (swap(I), ...);
  if constexpr (block > 1) transpose_step<block / 2>(rows, all);
}
#endif

}  // namespace detail

/// Transposes N packs, an N x N matrix, in place.
template <class S, int N>
[[gnu::always_inline]] inline void transpose(Pack<S, N>* rows) {
#if defined(__GNUC__)
  if constexpr (N > 1) detail::transpose_step<N / 2>(rows, std::make_integer_sequence<int, N>{});
#endif
}

/// Keeps `x` in a register. With gcc's tuning for AMD Zen, which `-march=native` selects there, gcc otherwise
/// reloads an operand for each multiply-add, and a matrix product takes 1.5x as long.
template <class S, int N>
[[gnu::always_inline]] inline void hold_in_register([[maybe_unused]] Pack<S, N>& x) {
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
  __asm__("" : "+v"(x.v));
#endif
}

/// Returns the sum of all elements.
template <class S, int N>
[[gnu::always_inline]] inline S sum(const Pack<S, N>& x) {
  if constexpr (N == 1) {
    return x.v;
  } else {
    const detail::Halves<S, N> half = detail::halves(x);
    return sum(half.low + half.high);
  }
}

/// Returns the largest element; unspecified if any is NaN.
template <class S, int N>
[[gnu::always_inline]] inline S max(const Pack<S, N>& x) {
  if constexpr (N == 1) {
    return x.v;
  } else {
    const detail::Halves<S, N> half = detail::halves(x);
    return max(max(half.low, half.high));
  }
}

/// Returns whether the mask is set for any element.
template <class S, int N>
[[gnu::always_inline]] inline bool any(const Mask<S, N>& mask) {
  if constexpr (N == 1) {
    return mask.v;
  } else {
    const Pack<detail::Bits<S>, N> bits{mask.v};
    using Words = Pack<std::int64_t, static_cast<int>(sizeof(bits) / sizeof(std::int64_t))>;
    const auto words = __builtin_bit_cast(Words, bits);
    std::int64_t set = 0;
    for (int i = 0; i < Words::size; ++i) {
      if constexpr (Words::size == 1) {
        set |= words.v;
      } else {
        set |= words.v[i];
      }
    }
    return set != 0;
  }
}

}  // namespace gradus::simd
