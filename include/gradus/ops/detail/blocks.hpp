#pragma once

#include <algorithm>
#include <cstddef>

#include <gradus/core/eigen.hpp>
#include <gradus/core/matrix_view.hpp>
#include <gradus/ops/detail/dot_tile.hpp>
#include <gradus/ops/detail/packet.hpp>
#include <gradus/ops/detail/tile.hpp>

/// The loops around the tiles: they cut a product into blocks that the caches hold, so that the tiles find
/// their numbers near.

namespace gradus::ops::detail {

// Block sizes are constants rather than the machine's cache sizes, so that one binary sums in one order
// everywhere.

/// Terms summed before the sums go back to memory: a packed panel of b, 24 KB at most, stays in the L1 cache.
inline constexpr Index block_depth = 192;

/// Rows of a that are packed at a time: 192 KB, for the L2 cache. A batch of 256 in float packs b once.
template <class Scalar>
inline constexpr Index block_rows = 192 * 1024 / (block_depth * Index{sizeof(Scalar)});

/// From one packed strip to the next. The cache line more keeps them from competing for the same cache sets.
template <class Scalar>
inline constexpr Index strip_stride = Index{packet_size<Scalar>} * block_depth + 64 / Index{sizeof(Scalar)};

/// Columns of b that a tile takes.
template <class Scalar>
inline constexpr Index panel_columns = Index{packet_size<Scalar>} * tile_packets<Scalar>;

/// Terms of a block when b is not packed: so many rows of b are read side by side.
inline constexpr Index in_place_depth = 32;

/// Blocks of b for multiply_rows: 32 KB of float, for the L1 cache.
inline constexpr Index row_block_terms = 16;
inline constexpr Index row_block_columns = 512;

/// Cuts `total` into as few parts of at most `limit` as can be, about equal, and multiples of `grain` but the
/// last.
constexpr Index even_part(Index total, Index limit, Index grain = 1) {
  const Index parts = (total + limit - 1) / limit;
  return (total + parts * grain - 1) / (parts * grain) * grain;
}

/// Copies m in strips of packet-size rows, column after column, so that the tile reads it front to back. The
/// strips stand strip_stride apart; rows that a last strip lacks are zero.
template <class Scalar>
void pack(MatrixView<const Scalar> m, Scalar* to) {
  constexpr Index size = packet_size<Scalar>, strip = strip_stride<Scalar>;
  const Index whole = m.rows - m.rows % size;
  Index packed_columns = 0;
  if (m.row_stride == 1) {
    for (; packed_columns < m.columns; ++packed_columns)
      for (Index i = 0; i < whole; i += size)
        store(to + i / size * strip + packed_columns * size, load(&m(i, packed_columns)));
  } else if (m.column_stride == 1) {
    packed_columns = m.columns - m.columns % size;
    for (Index i = 0; i < whole; i += size)
      for (Index k = 0; k < packed_columns; k += size)
        transpose_square(&m(i, k), m.row_stride, to + i / size * strip + k * size);
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

/// The tiles of one strip of a times a panel of b, or several that stand side by side where c has no gaps. A
/// panel that is narrower than its packets, or a c with gaps, takes a detour over a tile-sized buffer.
template <class Scalar>
void multiply_strip(const Scalar* a, PanelView<Scalar> b, Index depth, MatrixView<Scalar> c, bool accumulate,
                    Index panels = 1) {
  constexpr Index size = packet_size<Scalar>;
  const Index packets = (c.columns / panels + size - 1) / size;
  const auto& tiles = panel_tiles<Scalar>[static_cast<std::size_t>(packets - 1)];
  const bool direct = c.column_stride == 1 && panels * packets * size == c.columns;
  const Index step = even_part(c.rows, tile_rows<Scalar>);
  for (Index i = 0; i < c.rows; i += step) {
    const Index rows = std::min(step, c.rows - i);
    const PanelTile<Scalar> tile = tiles[static_cast<std::size_t>(rows - 1)];
    if (direct) {
      tile(a + i, b, depth, &c(i, 0), c.row_stride, accumulate, panels);
      continue;
    }
    Scalar buffer[tile_rows<Scalar> * panel_columns<Scalar>];
    const MatrixView<Scalar> copy(buffer, rows, packets * size);
    if (accumulate)
      for (Index r = 0; r < rows; ++r)
        for (Index j = 0; j < copy.columns; ++j) copy(r, j) = j < c.columns ? c(i + r, j) : Scalar(0);
    tile(a + i, b, depth, buffer, copy.row_stride, accumulate, 1);
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
  alignas(64) Scalar a_block[block_rows<Scalar> / size * strip_stride<Scalar>];
  alignas(64) Scalar b_panel[tile_packets<Scalar> * strip_stride<Scalar>];
  const Index depth_step = even_part(a.columns, pack_b ? block_depth : in_place_depth, size);
  for (Index k = 0; k < a.columns; k += depth_step) {
    const Index depth = std::min(depth_step, a.columns - k);
    for (Index i = 0; i < c.rows; i += block_rows<Scalar>) {
      const Index rows = std::min(block_rows<Scalar>, c.rows - i);
      pack(a.row_range(i, rows).column_range(k, depth), a_block);
      const auto panel_at = [&](Index j) -> PanelView<Scalar> {
        const Index columns = std::min(panel, c.columns - j);
        if (!pack_b && columns % size == 0) return {&b(k, j), b.row_stride, size};
        pack(b.row_range(k, depth).column_range(j, columns).transposed(), b_panel);
        return {b_panel, size, strip_stride<Scalar>};
      };
      const auto multiply = [&](Index strip, Index j, PanelView<Scalar> b_view, Index panels = 1) {
        const MatrixView<Scalar> c_strip = c.row_range(i + strip, std::min(size, rows - strip));
        multiply_strip(a_block + strip / size * strip_stride<Scalar>, b_view, depth,
                       c_strip.column_range(j, std::min(panels * panel, c.columns - j)), accumulate || k > 0,
                       panels);
      };
      if (pack_b) {
        for (Index j = 0; j < c.columns; j += panel) {
          const PanelView<Scalar> b_view = panel_at(j);
          for (Index strip = 0; strip < rows; strip += size) multiply(strip, j, b_view);
        }
      } else {
        const Index side_by_side = c.column_stride == 1 ? c.columns / panel : 0;
        for (Index strip = 0; strip < rows; strip += size) {
          if (side_by_side > 0) multiply(strip, 0, panel_at(0), side_by_side);
          for (Index j = side_by_side * panel; j < c.columns; j += panel) multiply(strip, j, panel_at(j));
        }
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
  const Index row_step = even_part(c.rows, dot_rows);
  const Index block_terms = 32 * 1024 / (c.rows * Index{sizeof(Scalar)});
  const Index depth_step = even_part(a.columns, std::max(block_terms, block_depth), size);
  for (Index k = 0, depth = 0; k < a.columns; k += depth) {
    depth = a.columns - k < depth_step + size ? a.columns - k : depth_step;  // the tile needs a whole packet
    if (c.rows == 1) {
      multiply_single_row(&a(0, k), &b(k, 0), b.column_stride, c.columns, depth, &c(0, 0), c.column_stride,
                          accumulate || k > 0);
      continue;
    }
    for (Index j = 0; j < c.columns; j += dot_columns)
      for (Index i = 0; i < c.rows; i += row_step) {
        const DotTile<Scalar> tile =
            dot_tiles<Scalar>[static_cast<std::size_t>(std::min(row_step, c.rows - i) - 1)];
        tile(&a(i, k), a.row_stride, &b(k, j), b.column_stride, std::min(dot_columns, c.columns - j), depth,
             &c(i, j), c.row_stride, c.column_stride, accumulate || k > 0);
      }
  }
}

}  // namespace gradus::ops::detail
