#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include <gradus/core/eigen.hpp>
#include <gradus/core/prefetch.hpp>
#include <gradus/ops/detail/packet.hpp>

/// The innermost loops of products whose packets run along the summed dimension.

namespace gradus::ops::detail {

/// Rows of the largest dot tile, and columns of each.
inline constexpr Index dot_rows = has_32_registers ? 6 : 3;
inline constexpr Index dot_columns = 4;

/// The sums of one column: sums[i] += a_terms[i] b_term.
template <class P, Index... I>
EIGEN_ALWAYS_INLINE void add_to_column(P* sums, const P* a_terms, P b_term,
                                       std::integer_sequence<Index, I...>) {
  hold_in_register(b_term);
  ((sums[I] = multiply_add(a_terms[I], b_term, sums[I])), ...);
}

template <class Scalar, Index Rows, Index... J, Index... I, Index... T>
EIGEN_ALWAYS_INLINE void multiply_dots(const Scalar* a, Index a_stride, const Scalar* b, Index b_stride,
                                       Index columns, Index depth, Scalar* c, Index c_row_stride,
                                       Index c_column_stride, bool accumulate,
                                       std::integer_sequence<Index, J...>,
                                       std::integer_sequence<Index, I...> rows,
                                       std::integer_sequence<Index, T...>) {
  constexpr Index size = packet_size<Scalar>;
  const Scalar* const b_column[] = {b + (J < columns ? J : columns - 1) * b_stride...};
  Packet<Scalar> sums[] = {broadcast(Scalar(T * 0))...};
  Index k = 0;
  for (; k + size <= depth; k += size) {
    Packet<Scalar> a_terms[] = {load(a + I * a_stride + k)...};
    (hold_in_register(a_terms[I]), ...);
    (add_to_column(sums + J * Rows, a_terms, load(b_column[J] + k), rows), ...);
  }
  // once more whole packets, that end with the last terms; lanes summed before are set to zero
  if (k < depth) {
    const Index lanes = depth - k;
    k = depth - size;
    const Packet<Scalar> a_terms[] = {keep_last<Scalar>(load(a + I * a_stride + k), lanes)...};
    (add_to_column(sums + J * Rows, a_terms, keep_last<Scalar>(load(b_column[J] + k), lanes), rows), ...);
  }
  const auto write = [&](Index i, Index j, Scalar dot) {
    if (j >= columns) return;
    Scalar& element = c[i * c_row_stride + j * c_column_stride];
    element = accumulate ? element + dot : dot;
  };
  (write(T % Rows, T / Rows, sum(sums[T])), ...);
}

/// c[i, j] = a[i, :] . b[:, j], or += it, for Rows rows and the first `columns` of dot_columns columns,
/// where both stand without gaps along the summed dimension: packets run along it, and nothing need be
/// packed. The price is the sum over the lanes at the end. The order of the sum depends on depth alone; depth
/// >= packet size.
template <class Scalar, Index Rows>
void dot_tile(const Scalar* a, Index a_stride, const Scalar* b, Index b_stride, Index columns, Index depth,
              Scalar* c, Index c_row_stride, Index c_column_stride, bool accumulate) {
  multiply_dots<Scalar, Rows>(a, a_stride, b, b_stride, columns, depth, c, c_row_stride, c_column_stride,
                              accumulate, std::make_integer_sequence<Index, dot_columns>{},
                              std::make_integer_sequence<Index, Rows>{},
                              std::make_integer_sequence<Index, Rows * dot_columns>{});
}

template <class Scalar>
using DotTile = void (*)(const Scalar*, Index, const Scalar*, Index, Index, Index, Scalar*, Index, Index,
                         bool);

/// dot_tiles[rows - 1]
template <class Scalar>
inline constexpr auto dot_tiles = []<Index... I>(std::integer_sequence<Index, I...>) {
  return std::array<DotTile<Scalar>, sizeof...(I)>{&dot_tile<Scalar, I + 1>...};
}
(std::make_integer_sequence<Index, dot_rows>{});

/// Chains of a single dot product, and how far ahead it asks for memory: 8 KB.
inline constexpr Index dot_chains = 8;
template <class Scalar>
inline constexpr Index prefetch_distance = 8 * 1024 / Index{sizeof(Scalar)};

template <class Scalar, Index... T>
EIGEN_ALWAYS_INLINE Scalar dot(const Scalar* a, const Scalar* b, const Scalar* next_b, Index depth,
                               std::integer_sequence<Index, T...>) {
  constexpr Index size = packet_size<Scalar>, step = Index{sizeof...(T)} * size;
  Packet<Scalar> sums[] = {broadcast(Scalar(T * 0))...};
  Index k = 0;
  for (; k + step <= depth; k += step) {
    gradus::detail::prefetch(next_b + k, step * Index{sizeof(Scalar)});
    ((sums[T] = multiply_add(load(a + k + T * size), load(b + k + T * size), sums[T])), ...);
  }
  for (; k + size <= depth; k += size) sums[0] = multiply_add(load(a + k), load(b + k), sums[0]);
  if (k < depth) {
    const Index lanes = depth - k;
    k = depth - size;
    sums[0] =
        multiply_add(keep_last<Scalar>(load(a + k), lanes), keep_last<Scalar>(load(b + k), lanes), sums[0]);
  }
  Packet<Scalar> total = broadcast(Scalar(0));
  ((total = add(total, sums[T])), ...);
  return sum(total);
}

/// c[j] = a . b[:, j], or += it, for a single row of a, which stays in the L1 cache: one column after the
/// other, as they stand in memory, and asked for in advance, so that b comes as fast as the memory gives it.
/// The order of the sum depends on depth alone; depth >= packet size.
template <class Scalar>
void multiply_single_row(const Scalar* a, const Scalar* b, Index b_stride, Index columns, Index depth,
                         Scalar* c, Index c_stride, bool accumulate) {
  const Index ahead = prefetch_distance<Scalar> / depth + 1;
  for (Index j = 0; j < columns; ++j) {
    const Scalar product = dot(a, b + j * b_stride, b + std::min(j + ahead, columns - 1) * b_stride, depth,
                               std::make_integer_sequence<Index, dot_chains>{});
    c[j * c_stride] = accumulate ? c[j * c_stride] + product : product;
  }
}

}  // namespace gradus::ops::detail
