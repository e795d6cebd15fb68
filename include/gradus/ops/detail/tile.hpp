#pragma once

#include <array>
#include <utility>

#include <gradus/core/eigen.hpp>
#include <gradus/ops/detail/packet.hpp>

/// The two innermost loops of every product. Each computes a tile of c whose sums stay in registers from the
/// first term to the last, so that every number loaded is used several times. The sizes are a table of
/// functions, for the compiler must know them to keep the sums in registers.

namespace gradus::ops::detail {

/// Calls f(0), f(1), ... f(N - 1) with compile-time integers: a loop that is unrolled at any optimisation
/// level.
template <Index N, class F>
EIGEN_ALWAYS_INLINE void unrolled(F&& f) {
  [&]<Index... I>(std::integer_sequence<Index, I...>) { (f(std::integral_constant<Index, I>{}), ...); }
  (std::make_integer_sequence<Index, N>{});
}

/// Rows and packets of a tile: as many sums as the registers hold, beside the operands.
template <class Scalar>
inline constexpr Index tile_rows = has_32_registers&& packet_size<Scalar> >= 8 ? 8
                                   : packet_size<Scalar> >= 4                  ? 4
                                                                               : packet_size<Scalar>;
template <class Scalar>
inline constexpr Index tile_packets = has_32_registers&& packet_size<Scalar> >= 8 ? 2 : 3;

/// Where a tile finds b: its packets' first rows are `packet_stride` apart, its rows `row_stride`.
template <class Scalar>
struct PanelView {
  const Scalar* data;
  Index row_stride;
  Index packet_stride;
};

/// c[Rows, Packets * packet size] (+)= a b, over `depth` terms. Column k of a stands at a + k * packet size,
/// without gaps. Each element is one chain of multiply-adds in the order of k, that starts from zero or from
/// c.
template <class Scalar, Index Rows, Index Packets>
void panel_tile(const Scalar* a, PanelView<Scalar> b, Index depth, Scalar* c, Index c_stride,
                bool accumulate) {
  constexpr Index size = packet_size<Scalar>;
  Packet<Scalar> sums[Rows][Packets];
  unrolled<Rows>([&](auto i) {
    unrolled<Packets>(
        [&](auto j) { sums[i][j] = accumulate ? load(c + i * c_stride + j * size) : broadcast(Scalar(0)); });
  });
  for (Index k = 0; k < depth; ++k) {
    Packet<Scalar> b_row[Packets];
    unrolled<Packets>([&](auto j) { b_row[j] = load(b.data + j * b.packet_stride + k * b.row_stride); });
    unrolled<Rows>([&](auto i) {
      const Packet<Scalar> factor = broadcast(a[k * size + i]);
      unrolled<Packets>([&](auto j) { sums[i][j] = multiply_add(factor, b_row[j], sums[i][j]); });
    });
  }
  unrolled<Rows>(
      [&](auto i) { unrolled<Packets>([&](auto j) { store(c + i * c_stride + j * size, sums[i][j]); }); });
}

template <class Scalar>
using PanelTile = void (*)(const Scalar*, PanelView<Scalar>, Index, Scalar*, Index, bool);

/// panel_tiles[packets - 1][rows - 1]
template <class Scalar>
inline constexpr auto panel_tiles = []<std::size_t... J>(std::index_sequence<J...>) {
  constexpr auto of_width = []<std::size_t Packets, std::size_t... I>(std::index_sequence<I...>) {
    return std::array<PanelTile<Scalar>, sizeof...(I)>{&panel_tile<Scalar, Index{I} + 1, Index{Packets}>...};
  };
  return std::array{
      of_width.template operator()<J + 1>(std::make_index_sequence<std::size_t(tile_rows<Scalar>)>{})...};
}
(std::make_index_sequence<std::size_t(tile_packets<Scalar>)>{});

/// As panel_tile, for numbers that lie along the summed dimension in a and b alike: packets run along it, and
/// nothing need be packed. Pays in the sums of the lanes at the end, so for few rows only.
template <class Scalar>
inline constexpr Index dot_rows = has_32_registers ? 6 : 3;

/// Eight for a single row: four chains do not fill the pipeline.
template <Index Rows>
inline constexpr Index dot_columns = Rows == 1 ? 8 : 4;

/// Adds packet-size terms, read at `a` and `b_rows[j] + k`, after `select` has chosen among their lanes.
template <class Scalar, Index Rows, Index Columns, class Select>
EIGEN_ALWAYS_INLINE void add_dot_terms(Packet<Scalar> (&sums)[Rows][Columns], const Scalar* a, Index a_stride,
                                       const Scalar* const (&b_rows)[Columns], Index k, Select&& select) {
  Packet<Scalar> a_terms[Rows];
  unrolled<Rows>([&](auto i) { a_terms[i] = select(load(a + i * a_stride + k)); });
  unrolled<Columns>([&](auto j) {
    const Packet<Scalar> b_terms = select(load(b_rows[j] + k));
    unrolled<Rows>([&](auto i) { sums[i][j] = multiply_add(a_terms[i], b_terms, sums[i][j]); });
  });
}

/// result[i, j] = a[i, :] . b[j, :] for Rows rows and dot_columns<Rows> columns, of which those at or after
/// `columns` mean nothing. Each element is the sum of packet-size chains, in a fixed order. depth >= packet
/// size.
template <class Scalar, Index Rows>
void dot_tile(const Scalar* a, Index a_stride, const Scalar* b, Index b_stride, Index columns, Index depth,
              Scalar* result) {
  constexpr Index size = packet_size<Scalar>, Columns = dot_columns<Rows>;
  Packet<Scalar> sums[Rows][Columns];
  const Scalar* b_rows[Columns];
  unrolled<Columns>([&](auto j) {
    b_rows[j] = b + (j < columns ? Index{j} : columns - 1) * b_stride;
    unrolled<Rows>([&](auto i) { sums[i][j] = broadcast(Scalar(0)); });
  });
  Index k = 0;
  for (; k + size <= depth; k += size)
    add_dot_terms<Scalar>(sums, a, a_stride, b_rows, k, [](const Packet<Scalar>& x) { return x; });
  if (k <
      depth)  // whole packets again, that end with the last terms; the lanes summed before are set to zero
    add_dot_terms<Scalar>(sums, a, a_stride, b_rows, depth - size,
                          [&](const Packet<Scalar>& x) { return keep_last<Scalar>(x, depth - k); });
  unrolled<Rows>(
      [&](auto i) { unrolled<Columns>([&](auto j) { result[i * Columns + j] = sum(sums[i][j]); }); });
}

template <class Scalar>
using DotTile = void (*)(const Scalar*, Index, const Scalar*, Index, Index, Index, Scalar*);

/// dot_tiles[rows - 1]
template <class Scalar>
inline constexpr auto dot_tiles = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<DotTile<Scalar>, sizeof...(I)>{&dot_tile<Scalar, Index{I} + 1>...};
}
(std::make_index_sequence<std::size_t(dot_rows<Scalar>)>{});

}  // namespace gradus::ops::detail
