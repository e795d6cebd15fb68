#pragma once

#include <array>
#include <utility>

#include <gradus/core/eigen.hpp>
#include <gradus/ops/detail/packet.hpp>

/// The two innermost loops of every product. Each computes a tile of c whose sums stay in registers from the
/// first term to the last, so that every number loaded is used several times. For that the compiler must know
/// the tile's size: each size is a function of its own, unrolled by pack expansion, and a table finds it.

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
    const Packet<Scalar> b_row[] = {load(b.data + J * b.packet_stride + k * b.row_stride)...};
    ((sums[T] = multiply_add(broadcast(a[k * size + T / Packets]), b_row[T % Packets], sums[T])), ...);
  }
  (store(c + T / Packets * c_stride + T % Packets * size, sums[T]), ...);
}

/// c[Rows, Packets * packet size] = a b, or += a b, over `depth` terms. Column k of a stands at a + k *
/// packet size, without gaps. Each element is one chain of multiply-adds in the order of k that starts from
/// zero or from c.
template <class Scalar, Index Rows, Index Packets>
void panel_tile(const Scalar* a, PanelView<Scalar> b, Index depth, Scalar* c, Index c_stride,
                bool accumulate) {
  multiply_panel<Scalar, Packets>(a, b, depth, c, c_stride, accumulate,
                                  std::make_integer_sequence<Index, Packets>{},
                                  std::make_integer_sequence<Index, Rows * Packets>{});
}

template <class Scalar>
using PanelTile = void (*)(const Scalar*, PanelView<Scalar>, Index, Scalar*, Index, bool);

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
  const auto load_rest = [&](const Scalar* from) {
    Scalar buffer[size] = {};
    for (Index lane = 0; j + lane < columns; ++lane) buffer[lane] = from[j + lane];
    return load(buffer);
  };
  Packet<Scalar> sums = accumulate ? load_rest(c) : broadcast(Scalar(0));
  ((sums = multiply_add(factors[T], load_rest(b_row[T]), sums)), ...);
  Scalar buffer[size];
  store(buffer, sums);
  for (Index lane = 0; j + lane < columns; ++lane) c[j + lane] = buffer[lane];
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

/// Rows of the largest dot tile, and its columns: eight for a single row, for four chains do not fill the
/// pipeline.
inline constexpr Index dot_rows = has_32_registers ? 6 : 3;

constexpr Index dot_columns(Index rows) { return rows == 1 ? 8 : 4; }

template <class Scalar, Index Rows, Index... J, Index... I, Index... T>
EIGEN_ALWAYS_INLINE void multiply_dots(const Scalar* a, Index a_stride, const Scalar* b, Index b_stride,
                                       Index columns, Index depth, Scalar* c, Index c_row_stride,
                                       Index c_column_stride, bool accumulate,
                                       std::integer_sequence<Index, J...>, std::integer_sequence<Index, I...>,
                                       std::integer_sequence<Index, T...>) {
  constexpr Index size = packet_size<Scalar>;
  const Scalar* const b_column[] = {b + (J < columns ? J : columns - 1) * b_stride...};
  Packet<Scalar> sums[] = {broadcast(Scalar(T * 0))...};
  Index k = 0;
  for (; k + size <= depth; k += size) {
    const Packet<Scalar> a_terms[] = {load(a + I * a_stride + k)...};
    ((sums[T] = multiply_add(a_terms[T % Rows], load(b_column[T / Rows] + k), sums[T])), ...);
  }
  if (k <
      depth) {  // once more whole packets, that end with the last terms; lanes summed before are set to zero
    const Index lanes = depth - k;
    k = depth - size;
    const Packet<Scalar> a_terms[] = {keep_last<Scalar>(load(a + I * a_stride + k), lanes)...};
    ((sums[T] =
          multiply_add(a_terms[T % Rows], keep_last<Scalar>(load(b_column[T / Rows] + k), lanes), sums[T])),
     ...);
  }
  const auto write = [&](Index i, Index j, Scalar dot) {
    if (j >= columns) return;
    Scalar& element = c[i * c_row_stride + j * c_column_stride];
    element = accumulate ? element + dot : dot;
  };
  (write(T % Rows, T / Rows, sum(sums[T])), ...);
}

/// c[i, j] = a[i, :] . b[:, j], or += it, for Rows rows and the first `columns` of dot_columns(Rows) columns,
/// where both stand without gaps along the summed dimension: packets run along it, and nothing need be
/// packed. The price is the sum over the lanes at the end. The order of the sum depends on depth alone; depth
/// >= packet size.
template <class Scalar, Index Rows>
void dot_tile(const Scalar* a, Index a_stride, const Scalar* b, Index b_stride, Index columns, Index depth,
              Scalar* c, Index c_row_stride, Index c_column_stride, bool accumulate) {
  constexpr Index Columns = dot_columns(Rows);
  multiply_dots<Scalar, Rows>(a, a_stride, b, b_stride, columns, depth, c, c_row_stride, c_column_stride,
                              accumulate, std::make_integer_sequence<Index, Columns>{},
                              std::make_integer_sequence<Index, Rows>{},
                              std::make_integer_sequence<Index, Rows * Columns>{});
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

}  // namespace gradus::ops::detail
