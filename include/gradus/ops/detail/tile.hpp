#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include <gradus/core/eigen.hpp>
#include <gradus/ops/detail/packet.hpp>

/// The innermost loops of every product whose packets run along the rows of c. Each computes a tile of c
/// whose sums stay in registers from the first term to the last, so that every number loaded is used several
/// times. For that the compiler must know the tile's size: each size is a function of its own, unrolled by
/// pack expansion, and a table finds it.

namespace gradus::ops::detail {

/// Rows and packets of the largest panel tile: as many sums as the registers hold beside the operands.
template <class Scalar>
inline constexpr Index tile_rows = packet_size<Scalar> < 4                       ? packet_size<Scalar>
                                   : has_32_registers&& packet_size<Scalar> >= 8 ? 8
                                                                                 : 4;
template <class Scalar>
inline constexpr Index tile_packets = has_32_registers&& packet_size<Scalar> >= 8 ? 2 : 3;

/// Where a tile finds b: its packets `packet_stride` apart, its rows `row_stride`.
template <class Scalar>
struct PanelView {
  const Scalar* data;
  Index row_stride;
  Index packet_stride;
};

template <class Scalar, Index Packets, Index... J, Index... T>
EIGEN_ALWAYS_INLINE void multiply_panel(const Scalar* a, PanelView<Scalar> b, Index depth, Scalar* c,
                                        Index c_stride, bool accumulate, std::integer_sequence<Index, J...>,
                                        std::integer_sequence<Index, T...>) {
  constexpr Index size = packet_size<Scalar>;
  Packet<Scalar> sums[] = {
      (accumulate ? load(c + T / Packets * c_stride + T % Packets * size) : broadcast(Scalar(0)))...};
  for (Index k = 0; k < depth; ++k) {
    Packet<Scalar> b_row[] = {load(b.data + J * b.packet_stride + k * b.row_stride)...};
    (hold_in_register(b_row[J]), ...);
    ((sums[T] = multiply_add(broadcast(a[k * size + T / Packets]), b_row[T % Packets], sums[T])), ...);
  }
  (store(c + T / Packets * c_stride + T % Packets * size, sums[T]), ...);
}

/// c[Rows, Packets * packet size] = a b, or += a b, over `depth` terms, and so on for `panels` panels that
/// stand side by side in b and in c: of few terms, a call for each panel would cost a third of its time.
/// Column k of a stands at a + k * packet size, without gaps. Each element is one chain of multiply-adds in
/// the order of k that starts from zero or from c.
template <class Scalar, Index Rows, Index Packets>
void panel_tile(const Scalar* a, PanelView<Scalar> b, Index depth, Scalar* c, Index c_stride, bool accumulate,
                Index panels) {
  for (; panels > 0; --panels) {
    multiply_panel<Scalar, Packets>(a, b, depth, c, c_stride, accumulate,
                                    std::make_integer_sequence<Index, Packets>{},
                                    std::make_integer_sequence<Index, Rows * Packets>{});
    b.data += Packets * packet_size<Scalar>;
    c += Packets * packet_size<Scalar>;
  }
}

template <class Scalar>
using PanelTile = void (*)(const Scalar*, PanelView<Scalar>, Index, Scalar*, Index, bool, Index);

/// panel_tiles[packets - 1][rows - 1]
template <class Scalar>
inline constexpr auto panel_tiles = []<Index... J>(std::integer_sequence<Index, J...>) {
  constexpr auto of_width = []<Index Packets, Index... I>(std::integer_sequence<Index, I...>) {
    return std::array<PanelTile<Scalar>, sizeof...(I)>{&panel_tile<Scalar, I + 1, Packets>...};
  };
  return std::array{
      of_width.template operator()<J + 1>(std::make_integer_sequence<Index, tile_rows<Scalar>>{})...};
}
(std::make_integer_sequence<Index, tile_packets<Scalar>>{});

/// Terms of the largest row tile: their factors stay in registers while the row passes by.
inline constexpr Index row_terms = 8;

template <class Scalar, Index... T>
EIGEN_ALWAYS_INLINE void add_rows(const Scalar* a, Index a_stride, const Scalar* b, Index b_stride,
                                  Index columns, Scalar* c, bool accumulate,
                                  std::integer_sequence<Index, T...>) {
  constexpr Index size = packet_size<Scalar>;
  const Packet<Scalar> factors[] = {broadcast(a[T * a_stride])...};
  const Scalar* const b_row[] = {b + T * b_stride...};
  Index j = 0;
  for (; j + size <= columns; j += size) {
    Packet<Scalar> sums = accumulate ? load(c + j) : broadcast(Scalar(0));
    ((sums = multiply_add(factors[T], load(b_row[T] + j), sums)), ...);
    store(c + j, sums);
  }
  if (j == columns) return;
  const Index rest = columns - j;
  Packet<Scalar> sums = accumulate ? load_first(c + j, rest) : broadcast(Scalar(0));
  ((sums = multiply_add(factors[T], load_first(b_row[T] + j, rest), sums)), ...);
  Scalar buffer[size];
  store(buffer, sums);
  std::copy_n(buffer, rest, c + j);
}

/// c[j] = sum of a[k] b[k, j] over Terms rows of b, or += it: for products in which b is used too little to
/// pay for packing it. Each element is the same chain as in panel_tile.
template <class Scalar, Index Terms>
void row_tile(const Scalar* a, Index a_stride, const Scalar* b, Index b_stride, Index columns, Scalar* c,
              bool accumulate) {
  add_rows(a, a_stride, b, b_stride, columns, c, accumulate, std::make_integer_sequence<Index, Terms>{});
}

template <class Scalar>
using RowTile = void (*)(const Scalar*, Index, const Scalar*, Index, Index, Scalar*, bool);

/// row_tiles[terms - 1]
template <class Scalar>
inline constexpr auto row_tiles = []<Index... I>(std::integer_sequence<Index, I...>) {
  return std::array<RowTile<Scalar>, sizeof...(I)>{&row_tile<Scalar, I + 1>...};
}
(std::make_integer_sequence<Index, row_terms>{});

}  // namespace gradus::ops::detail
