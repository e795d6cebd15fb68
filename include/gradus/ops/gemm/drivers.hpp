// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>

#include <gradus/core/matrix_view.hpp>
#include <gradus/ops/gemm/kernels.hpp>
#include <gradus/ops/gemm/pack_strips.hpp>
#include <gradus/ops/gemm/panel_tile.hpp>
#include <gradus/ops/gemm/row_tile.hpp>
#include <gradus/ops/gemm/workspace.hpp>

/// The loops around the micro-kernels: they split a product into blocks that fit in the caches.
namespace gradus::ops::detail {

/// Terms per block when b is not packed: this many rows of b are read side by side.
inline constexpr Index in_place_depth = 32;

/// The block of b in multiply_rows: 32 KB of float, for the L1 cache.
inline constexpr Index row_block_terms = 16;
inline constexpr Index row_block_columns = 512;

/// Returns the part size when `total` is split into the fewest equal parts of at most `limit`. All parts but
/// the last are multiples of `grain`.
constexpr Index even_part(Index total, Index limit, Index grain = 1) {
  const Index parts = (total + limit - 1) / limit;
  return (total + parts * grain - 1) / (parts * grain) * grain;
}

/// Returns whether tiles read the rows of `a` in place, where packing would only cost time. Rows a multiple
/// of 4 KiB apart are packed, because they would compete for the same lines of the L1 cache.
template <class S>
bool has_tile_rows(const MatrixView<const S>& a) {
  return a.column_stride == 1 && a.row_stride != 1 && a.row_stride * Index{sizeof(S)} % 4096 != 0;
}

/// The computation of one product panel by panel, with the state that its loops share.
template <class S>
class PanelDriver {
 public:
  PanelDriver(MatrixView<const S> a, MatrixView<const S> b, MatrixView<S> c, bool pack_b,
              GemmWorkspace<S> memory)
      : a_(a),
        b_(b),
        c_(c),
        kernels_(kernels<S>()),
        memory_(memory),
        pack_a_(!has_tile_rows(a)),
        pack_b_(pack_b) {}

  /// Packs a block of a, unless its rows can be read in place, and multiplies it by b panel by panel. Panels
  /// are packed and stay in the L1 cache while the block streams past; if b is reused too little to be worth
  /// packing, its rows are read in place.
  void multiply(bool accumulate) {
    const Index depth_step = even_part(a_.columns, pack_b_ ? block_depth : in_place_depth, kernels_.lanes);
    for (Index k = 0; k < a_.columns; k += depth_step) {
      depth_ = std::min(depth_step, a_.columns - k);
      accumulate_ = accumulate || k > 0;
      for (Index i = 0; i < c_.rows; i += block_rows<S>) {
        const Index rows = std::min(block_rows<S>, c_.rows - i);
        a_block_ = a_.row_range(i, rows).column_range(k, depth_);
        if (pack_a_) kernels_.pack_strips(a_block_, memory_.a_block);
        if (pack_b_)
          multiply_block(b_.row_range(k, depth_), c_.row_range(i, rows));
        else
          multiply_block_in_place(b_.row_range(k, depth_), c_.row_range(i, rows));
      }
    }
  }

 private:
  Index panel_columns() const { return kernels_.lanes * kernels_.tile_packs; }

  void multiply_block(MatrixView<const S> b, MatrixView<S> c) {
    for (Index j = 0; j < c.columns; j += panel_columns()) {
      const Index columns = std::min(panel_columns(), c.columns - j);
      const PanelView<S> panel = packed_panel(b.column_range(j, columns));
      for (Index i = 0; i < c.rows; i += kernels_.lanes)
        multiply_strip(i, panel, strip_of(c, i).column_range(j, columns), columns);
    }
  }

  void multiply_block_in_place(MatrixView<const S> b, MatrixView<S> c) {
    // Adjacent panels take a single call if c has contiguous rows.
    const Index whole = c.column_stride == 1 ? c.columns / panel_columns() * panel_columns() : 0;
    for (Index i = 0; i < c.rows; i += kernels_.lanes) {
      const MatrixView<S> strip = strip_of(c, i);
      if (whole > 0)
        multiply_strip(i, {b.data, b.row_stride, kernels_.lanes}, strip.column_range(0, whole),
                       panel_columns());
      for (Index j = whole; j < c.columns; j += panel_columns()) {
        const Index columns = std::min(panel_columns(), c.columns - j);
        const PanelView<S> panel = columns % kernels_.lanes == 0
                                       ? PanelView<S>{&b(0, j), b.row_stride, kernels_.lanes}
                                       : packed_panel(b.column_range(j, columns));
        multiply_strip(i, panel, strip.column_range(j, columns), columns);
      }
    }
  }

  PanelView<S> packed_panel(MatrixView<const S> b) const {
    kernels_.pack_strips(b.transposed(), memory_.b_panel);
    return {memory_.b_panel, kernels_.lanes, strip_stride<S>(kernels_.lanes)};
  }

  MatrixView<S> strip_of(const MatrixView<S>& c, Index i) const {
    return c.row_range(i, std::min(kernels_.lanes, c.rows - i));
  }

  /// Multiplies the tiles of the strip that starts at row i of the block by panels of `width` columns.
  void multiply_strip(Index i, const PanelView<S>& b, const MatrixView<S>& c, Index width) const {
    const Index packs = (width + kernels_.lanes - 1) / kernels_.lanes;
    const auto& tiles = kernels_.panel_tiles[packs - 1];
    const MatrixView<const S> packed(memory_.a_block + i / kernels_.lanes * strip_stride<S>(kernels_.lanes),
                                     c.rows, depth_, 1, kernels_.lanes);
    const MatrixView<const S> a = pack_a_ ? packed : a_block_.row_range(i, c.rows);
    const bool direct = c.column_stride == 1 && packs * kernels_.lanes == width;
    const Index step = even_part(c.rows, kernels_.tile_rows);
    for (Index r = 0; r < c.rows; r += step) {
      const MatrixView<S> tile = c.row_range(r, std::min(step, c.rows - r));
      const MatrixView<const S> rows = a.row_range(r, tile.rows);
      const auto kernel = tiles[tile.rows - 1];
      if (direct)
        kernel(rows, b, tile, accumulate_);
      else
        multiply_through_buffer(kernel, rows, b, tile, packs * kernels_.lanes);
    }
  }

  /// Handles tiles that are narrower than their packs or whose rows are not contiguous.
  void multiply_through_buffer(typename Kernels<S>::Panel kernel, const MatrixView<const S>& a,
                               const PanelView<S>& b, const MatrixView<S>& c, Index width) const {
    const MatrixView<S> copy(memory_.tile, c.rows, width);
    if (accumulate_)
      for (Index r = 0; r < copy.rows; ++r)
        for (Index j = 0; j < width; ++j) copy(r, j) = j < c.columns ? c(r, j) : S(0);
    kernel(a, b, copy, accumulate_);
    for (Index r = 0; r < c.rows; ++r)
      for (Index j = 0; j < c.columns; ++j) c(r, j) = copy(r, j);
  }

  const MatrixView<const S> a_, b_;
  const MatrixView<S> c_;
  const Kernels<S>& kernels_;
  const GemmWorkspace<S> memory_;
  const bool pack_a_, pack_b_;
  MatrixView<const S> a_block_;  // current rows and terms of a
  Index depth_ = 0;              // terms of the current block
  bool accumulate_ = false;
};

/// Computes c = a b or c += a b for few rows of a, or few terms. Reads the rows of b in place, a few terms at
/// a time, in blocks that stay in the L1 cache until all rows of a have used them.
template <class S>
void multiply_rows(MatrixView<const S> a, MatrixView<const S> b, MatrixView<S> c, bool accumulate) {
  const Kernels<S>& kernels = detail::kernels<S>();
  const Index column_step = c.rows == 1 ? c.columns : row_block_columns;
  for (Index j = 0; j < c.columns; j += column_step) {
    const Index columns = std::min(column_step, c.columns - j);
    for (Index block = 0; block < a.columns; block += row_block_terms) {
      const Index end = std::min(block + row_block_terms, a.columns),
                  term_step = even_part(end - block, row_terms);
      for (Index i = 0; i < c.rows; ++i)
        for (Index k = block; k < end; k += term_step) {
          const Index terms = std::min(term_step, end - k);
          kernels.row_tiles[terms - 1](a.row_range(i, 1).column_range(k, terms),
                                       b.row_range(k, terms).column_range(j, columns),
                                       c.row_range(i, 1).column_range(j, columns), accumulate || k > 0);
        }
    }
  }
}

/// Computes c = a b or c += a b for few rows of a, reading each element of b once. Multiplies a few columns
/// of b at a time by all rows of a. A block of terms of a fits in the L1 cache.
template <class S>
void multiply_dots(MatrixView<const S> a, MatrixView<const S> b, MatrixView<S> c, bool accumulate) {
  const Kernels<S>& kernels = detail::kernels<S>();
  const Index row_step = even_part(c.rows, kernels.dot_rows);
  const Index block_terms = 32 * 1024 / (c.rows * Index{sizeof(S)});
  const Index depth_step = even_part(a.columns, std::max(block_terms, block_depth), dot_lanes<S>);
  for (Index k = 0, depth = 0; k < a.columns; k += depth) {
    // A tile needs at least dot_lanes terms.
    depth = a.columns - k < depth_step + dot_lanes<S> ? a.columns - k : depth_step;
    const MatrixView<const S> a_terms = a.column_range(k, depth), b_terms = b.row_range(k, depth);
    if (c.rows == 1) {
      kernels.single_row(a_terms, b_terms, c, accumulate || k > 0);
      continue;
    }
    for (Index j = 0; j < c.columns; j += kernels.dot_columns) {
      const Index columns = std::min(kernels.dot_columns, c.columns - j);
      for (Index i = 0; i < c.rows; i += row_step) {
        const Index rows = std::min(row_step, c.rows - i);
        kernels.dot_tiles[rows - 1](a_terms.row_range(i, rows), b_terms.column_range(j, columns),
                                    c.row_range(i, rows).column_range(j, columns), accumulate || k > 0);
      }
    }
  }
}

}  // namespace gradus::ops::detail
