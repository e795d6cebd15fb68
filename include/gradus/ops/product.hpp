#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <type_traits>

#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/matrix_view.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/ops/detail/packet.hpp>
#include <gradus/ops/detail/tile.hpp>

namespace gradus::ops {

/// What becomes of the numbers that the result holds already.
enum class Write { overwrite, accumulate };

namespace detail {

// Terms summed before the sums go back to memory, chosen so that a packed panel of b fits the L1 cache.
// Constants, not the machine's cache sizes: the result does not depend on them, but speed should not surprise
// either.
inline constexpr Index block_depth = 256;

/// Rows of a that are packed at a time: 128 KB, which an L2 cache holds.
template <class Scalar>
inline constexpr Index block_rows = 128 * 1024 / (block_depth * Index{sizeof(Scalar)});

/// Columns of b that a tile takes.
template <class Scalar>
inline constexpr Index panel_columns = tile_packets<Scalar>* packet_size<Scalar>;

// Below so many rows, or terms, copying b costs more than reading it from where it stands.
inline constexpr Index few_rows = 16;
inline constexpr Index few_terms = 32;
// Blocks of b for the row by row method: 16 KB to 32 KB, an L1 cache's worth.
inline constexpr Index row_block_terms = 16;
inline constexpr Index row_block_columns = 512;
// Below so many rows or columns, dot products beat packing both operands.
inline constexpr Index few_dots = 16;

/// Cuts `total` into as few parts of at most `limit` as can be, about equal, and multiples of `grain` but the
/// last.
constexpr Index even_part(Index total, Index limit, Index grain = 1) {
  const Index parts = (total + limit - 1) / limit;
  return (total + parts * grain - 1) / (parts * grain) * grain;
}

/// Copies m in strips of packet-size rows, column after column, so that the tile reads it front to back. The
/// strips stand block_depth columns apart; rows that a last strip lacks are zero.
template <class Scalar>
void pack(MatrixView<const Scalar> m, Scalar* to) {
  constexpr Index size = packet_size<Scalar>, strip = block_depth * size;
  const Index whole = m.rows - m.rows % size;
  Index packed_columns = 0;
  if (m.row_stride == 1) {
    for (; packed_columns < m.columns; ++packed_columns)
      for (Index i = 0; i < whole; i += size)
        store(to + i * block_depth + packed_columns * size, load(&m(i, packed_columns)));
  } else if (m.column_stride == 1) {
    packed_columns = m.columns - m.columns % size;
    for (Index i = 0; i < whole; i += size)
      for (Index k = 0; k < packed_columns; k += size)
        transpose_square(&m(i, k), m.row_stride, to + i * block_depth + k * size);
  }
  const auto copy = [&](Index first_row, Index first_column) {
    const Index rows = std::min(size, m.rows - first_row);
    Scalar* strip_to = to + first_row / size * strip;
    for (Index k = first_column; k < m.columns; ++k) {
      for (Index r = 0; r < rows; ++r) strip_to[k * size + r] = m(first_row + r, k);
      for (Index r = rows; r < size; ++r) strip_to[k * size + r] = Scalar(0);
    }
  };
  for (Index i = 0; i < whole; i += size) copy(i, packed_columns);
  if (whole < m.rows) copy(whole, 0);
}

/// The tiles of one strip of a times one panel of b. A panel that is narrower than its packets, or a c with
/// gaps, takes a detour over a tile-sized buffer.
template <class Scalar>
void multiply_strip(const Scalar* a, PanelView<Scalar> b, Index depth, MatrixView<Scalar> c,
                    bool accumulate) {
  constexpr Index size = packet_size<Scalar>;
  const Index packets = (c.columns + size - 1) / size;
  const auto& tiles = panel_tiles<Scalar>[static_cast<std::size_t>(packets - 1)];
  const bool direct = c.column_stride == 1 && packets * size == c.columns;
  const Index step = even_part(c.rows, tile_rows<Scalar>);
  for (Index i = 0; i < c.rows; i += step) {
    const Index rows = std::min(step, c.rows - i);
    const PanelTile<Scalar> tile = tiles[static_cast<std::size_t>(rows - 1)];
    if (direct) {
      tile(a + i, b, depth, &c(i, 0), c.row_stride, accumulate);
      continue;
    }
    Scalar buffer[tile_rows<Scalar> * panel_columns<Scalar>];
    const MatrixView<Scalar> copy(buffer, rows, packets * size);
    if (accumulate)
      for (Index r = 0; r < rows; ++r)
        for (Index j = 0; j < copy.columns; ++j) copy(r, j) = j < c.columns ? c(i + r, j) : Scalar(0);
    tile(a + i, b, depth, buffer, copy.row_stride, accumulate);
    for (Index r = 0; r < rows; ++r)
      for (Index j = 0; j < c.columns; ++j) c(i + r, j) = copy(r, j);
  }
}

/// Packs a block of a, then sweeps over b in panels: packed ones that stay in the L1 cache while all of the
/// block passes by, or, where b is used too little for that, the rows of b where they stand.
template <class Scalar>
void multiply_panels(MatrixView<const Scalar> a, MatrixView<const Scalar> b, MatrixView<Scalar> c,
                     bool accumulate, bool pack_b) {
  constexpr Index size = packet_size<Scalar>, panel = panel_columns<Scalar>;
  alignas(64) Scalar a_block[block_rows<Scalar> * block_depth];
  alignas(64) Scalar b_panel[panel * block_depth];
  const Index depth_step = even_part(a.columns, pack_b ? block_depth : few_terms, size);
  for (Index k = 0; k < a.columns; k += depth_step) {
    const Index depth = std::min(depth_step, a.columns - k);
    for (Index i = 0; i < c.rows; i += block_rows<Scalar>) {
      const Index rows = std::min(block_rows<Scalar>, c.rows - i);
      pack(a.row_range(i, rows).column_range(k, depth), a_block);
      const auto panel_at = [&](Index j) -> PanelView<Scalar> {
        const Index columns = std::min(panel, c.columns - j);
        if (!pack_b && columns % size == 0) return {&b(k, j), b.row_stride, size};
        pack(b.row_range(k, depth).column_range(j, columns).transposed(), b_panel);
        return {b_panel, size, block_depth * size};
      };
      const auto multiply = [&](Index strip, Index j, PanelView<Scalar> b_view) {
        const MatrixView<Scalar> c_strip = c.row_range(i + strip, std::min(size, rows - strip));
        multiply_strip(a_block + strip * block_depth, b_view, depth,
                       c_strip.column_range(j, std::min(panel, c.columns - j)), accumulate || k > 0);
      };
      if (pack_b) {
        for (Index j = 0; j < c.columns; j += panel) {
          const PanelView<Scalar> b_view = panel_at(j);
          for (Index strip = 0; strip < rows; strip += size) multiply(strip, j, b_view);
        }
      } else {
        for (Index strip = 0; strip < rows; strip += size)
          for (Index j = 0; j < c.columns; j += panel) multiply(strip, j, panel_at(j));
      }
    }
  }
}

/// Few rows of a, or few terms: the rows of b where they stand, some terms at a time, in blocks that the L1
/// cache holds until all rows of a have passed by.
template <class Scalar>
void multiply_rows(MatrixView<const Scalar> a, MatrixView<const Scalar> b, MatrixView<Scalar> c,
                   bool accumulate) {
  const Index column_step = c.rows == 1 ? c.columns : row_block_columns;
  for (Index j = 0; j < c.columns; j += column_step)
    for (Index block = 0; block < a.columns; block += row_block_terms) {
      const Index end = std::min(block + row_block_terms, a.columns),
                  term_step = even_part(end - block, row_terms);
      for (Index i = 0; i < c.rows; ++i)
        for (Index k = block; k < end; k += term_step) {
          const RowTile<Scalar> tile =
              row_tiles<Scalar>[static_cast<std::size_t>(std::min(term_step, end - k) - 1)];
          tile(&a(i, k), a.column_stride, &b(k, j), b.row_stride, std::min(column_step, c.columns - j),
               &c(i, j), accumulate || k > 0);
        }
    }
}

/// Few rows of a, each number of b read once: a few columns of b at a time pass by all rows of a, of which
/// the L1 cache holds a block of terms.
template <class Scalar>
void multiply_dots(MatrixView<const Scalar> a, MatrixView<const Scalar> b, MatrixView<Scalar> c,
                   bool accumulate) {
  constexpr Index size = packet_size<Scalar>;
  const Index row_step = even_part(c.rows, dot_rows), column_step = dot_columns(row_step);
  const Index block_terms = 32 * 1024 / (c.rows * Index{sizeof(Scalar)});
  const Index depth_step = even_part(a.columns, std::max(block_terms, block_depth), size);
  for (Index k = 0, depth = 0; k < a.columns; k += depth) {
    depth =
        a.columns - k < depth_step + size ? a.columns - k : depth_step;  // the tile needs a packet at least
    for (Index j = 0; j < c.columns; j += column_step)
      for (Index i = 0; i < c.rows; i += row_step) {
        const DotTile<Scalar> tile =
            dot_tiles<Scalar>[static_cast<std::size_t>(std::min(row_step, c.rows - i) - 1)];
        tile(&a(i, k), a.row_stride, &b(k, j), b.column_stride, std::min(column_step, c.columns - j), depth,
             &c(i, j), c.row_stride, c.column_stride, accumulate || k > 0);
      }
  }
}

enum class Method { rows, dots, panels_in_place, packed_panels };

/// Looks at the whole product, so that its parts on several threads go the same way.
template <class Scalar>
Method choose_method(MatrixView<const Scalar> a, MatrixView<const Scalar> b, MatrixView<Scalar> c) {
  if (a.column_stride == 1 && b.row_stride == 1 && a.columns >= few_terms &&
      std::min(a.rows, b.columns) <= few_dots)
    return Method::dots;
  if (b.column_stride == 1 && c.column_stride == 1 && (a.rows <= 2 || a.columns <= 2)) return Method::rows;
  if (b.column_stride == 1 && (a.rows <= few_rows || a.columns <= few_terms)) return Method::panels_in_place;
  return Method::packed_panels;
}

template <class Scalar>
void multiply(Method method, MatrixView<const Scalar> a, MatrixView<const Scalar> b, MatrixView<Scalar> c,
              bool accumulate) {
  if (method == Method::dots)
    multiply_dots(a, b, c, accumulate);
  else if (method == Method::rows)
    multiply_rows(a, b, c, accumulate);
  else
    multiply_panels(a, b, c, accumulate, method == Method::packed_panels);
}

// Multiply-adds below which waking a second thread costs more than it saves.
inline constexpr Index part_work = 500'000;
// Rows or columns of a part are a multiple of this: no tile is cut but the last.
inline constexpr Index part_grain = 32;

[[noreturn]] inline void throw_product_shapes(Index m, Index k, Index k2, Index n, Index cm, Index cn) {
  const auto shape = [](Index rows, Index columns) {
    return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
  };
  throw ShapeError("product: " + shape(m, k) + " times " + shape(k2, n) + " into " + shape(cm, cn) +
                   ", expected [M, K] times [K, N] into [M, N]");
}

}  // namespace detail

/// c = a b, or c += a b: [M, K] times [K, N] -> [M, N]. Transposes are views: a layer's y = x W^T is
/// product(x, weight.transposed(), y). c must not overlap a or b. Throws ShapeError for shapes that do not
/// fit.
///
/// Allocates nothing; packed blocks take 160 KB of the stack. Each element is summed in an order that depends
/// on the shapes, the strides and the packet size, not on the number of threads or the cache sizes: one
/// binary gives the same bits on 1 thread and on 8. The same row in a batch of another size may differ by
/// rounding.
template <std::floating_point Scalar>
void product(std::type_identity_t<MatrixView<const Scalar>> a,
             std::type_identity_t<MatrixView<const Scalar>> b, MatrixView<Scalar> c,
             Write write = Write::overwrite, Parallel parallel = {}) {
  if (a.columns != b.rows || a.rows != c.rows || b.columns != c.columns)
    detail::throw_product_shapes(a.rows, a.columns, b.rows, b.columns, c.rows, c.columns);
  if (c.rows == 0 || c.columns == 0) return;
  const bool accumulate = write == Write::accumulate;
  if (a.columns == 0) {
    for (Index i = 0; i < c.rows && !accumulate; ++i)
      for (Index j = 0; j < c.columns; ++j) c(i, j) = Scalar(0);
    return;
  }
  const auto transpose_all = [&] {
    const auto a_transposed = a.transposed();
    a = b.transposed();
    b = a_transposed;
    c = c.transposed();
  };
  if (c.column_stride != 1 && c.row_stride == 1) transpose_all();  // packets are stored along the rows of c
  const detail::Method method = detail::choose_method<Scalar>(a, b, c);
  if (method == detail::Method::dots && c.rows > c.columns) transpose_all();

  const bool by_rows = c.rows > c.columns;
  const Index extent = by_rows ? c.rows : c.columns;
  const Index grains = (extent + detail::part_grain - 1) / detail::part_grain;
  const Index parts = std::clamp(c.rows * c.columns * a.columns / detail::part_work, Index{1},
                                 std::min(parallel.threads(), grains));
  const Index step = (grains + parts - 1) / parts * detail::part_grain;
  parallel.run(parts, [&](Index part) {
    const Index first = std::min(part * step, extent), count = std::min(step, extent - first);
    if (count == 0) return;
    if (by_rows)
      detail::multiply<Scalar>(method, a.row_range(first, count), b, c.row_range(first, count), accumulate);
    else
      detail::multiply<Scalar>(method, a, b.column_range(first, count), c.column_range(first, count),
                               accumulate);
  });
}

}  // namespace gradus::ops
