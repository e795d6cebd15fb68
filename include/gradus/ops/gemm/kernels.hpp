// SPDX-License-Identifier: MIT

#pragma once

#include <utility>

#include <gradus/core/index.hpp>
#include <gradus/core/matrix_view.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/ops/gemm/affine_row.hpp>
#include <gradus/ops/gemm/dot_tile.hpp>
#include <gradus/ops/gemm/pack_strips.hpp>
#include <gradus/ops/gemm/panel_tile.hpp>
#include <gradus/ops/gemm/row_tile.hpp>

namespace gradus::ops::detail {

/// The micro-kernels of one instruction set, as function pointers, so that the drivers are compiled only
/// once.
template <class S>
struct Kernels {
  using Tile = void (*)(const MatrixView<const S>&, const MatrixView<const S>&, const MatrixView<S>&, bool);
  using Row = void (*)(const S*, const MatrixView<const S>&, const S*, S*);
  using Panel = void (*)(const MatrixView<const S>&, const PanelView<S>&, const MatrixView<S>&, bool);

  static constexpr int most_rows = 8, most_packs = 3;

  Index lanes;                                                           ///< elements per pack
  Index tile_rows;                                                       ///< rows of the largest panel tile
  Index tile_packs;                                                      ///< packs per row of that tile
  Index dot_rows;                                                        ///< rows of the largest dot tile
  Index dot_columns;                                                     ///< columns of that tile
  IndexedArray<IndexedArray<Panel, most_rows>, most_packs> panel_tiles;  ///< [packs - 1][rows - 1]
  IndexedArray<Tile, row_terms> row_tiles;                               ///< [terms - 1]
  IndexedArray<Tile, most_rows> dot_tiles;                               ///< [rows - 1]
  Tile single_row;
  Row affine_row;
  void (*pack_strips)(const MatrixView<const S>&, S*);
};

/// Returns the table for one instruction set.
template <class Isa, class S>
constexpr Kernels<S> make_kernels() {
  Kernels<S> kernels{};
  using A = const MatrixView<const S>&;
  using C = const MatrixView<S>&;
  kernels.lanes = Isa::template lanes<S>;
  kernels.tile_rows = tile_rows<Isa, S>;
  kernels.tile_packs = tile_packs<Isa, S>;
  kernels.dot_rows = dot_rows<Isa>;
  kernels.dot_columns = dot_columns<Isa, S>;
  const auto fill_panels = [&]<int packs, int... I>(std::integer_sequence<int, I...>) {
    ((kernels.panel_tiles[packs - 1][I] =
          simd::detail::entry<Isa, PanelTile<I + 1, packs>, A, const PanelView<S>&, C, bool>()),
     ...);
  };
  [&]<int... J>(std::integer_sequence<int, J...>) {
    (fill_panels.template operator()<J + 1>(std::make_integer_sequence<int, tile_rows<Isa, S>>{}), ...);
  }
  (std::make_integer_sequence<int, tile_packs<Isa, S>>{});
  [&]<int... I>(std::integer_sequence<int, I...>) {
    ((kernels.row_tiles[I] = simd::detail::entry<Isa, RowTile<I + 1>, A, A, C, bool>()), ...);
  }
  (std::make_integer_sequence<int, row_terms>{});
  [&]<int... I>(std::integer_sequence<int, I...>) {
    ((kernels.dot_tiles[I] = simd::detail::entry<Isa, DotTile<I + 1>, A, A, C, bool>()), ...);
  }
  (std::make_integer_sequence<int, dot_rows<Isa>>{});
  kernels.single_row = simd::detail::entry<Isa, SingleRow, A, A, C, bool>();
  kernels.affine_row = simd::detail::entry<Isa, AffineRow, const S*, A, const S*, S*>();
  kernels.pack_strips = simd::detail::entry<Isa, PackStrips, A, S*>();
  return kernels;
}

template <class Isa, class S>
inline constexpr Kernels<S> kernels_of = make_kernels<Isa, S>();

/// Returns the micro-kernels of the current instruction set.
template <class S>
const Kernels<S>& kernels() {
  return simd::with_instruction_set([]<class Isa>(Isa) -> const Kernels<S>& { return kernels_of<Isa, S>; });
}

}  // namespace gradus::ops::detail
