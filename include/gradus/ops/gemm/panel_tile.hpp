// SPDX-License-Identifier: MIT

#pragma once

#include <utility>

#include <gradus/core/matrix_view.hpp>
#include <gradus/core/simd/pack.hpp>

/// The micro-kernel of the matrix product: it computes a tile of c whose sums stay in registers from the
/// first term to the last, so that every number loaded is used several times. The compiler must know the
/// tile's size, so each size is a kernel of its own.
namespace gradus::ops::detail {

/// A panel of b, one or several packs wide: pack j of row k starts at data + k * row_stride + j *
/// pack_stride.
template <class S>
struct PanelView {
  const S* data;
  Index row_stride;
  Index pack_stride;
};

/// Rows of the largest tile, and packs per row: as many sums as fit into the registers beside the operands.
template <class Isa, class S>
inline constexpr int tile_rows = Isa::registers >= 32 && Isa::template lanes<S> >= 8 ? 8
                                 : Isa::template lanes<S> < 4                        ? Isa::template lanes<S>
                                                                                     : 4;
template <class Isa, class S>
inline constexpr int tile_packs = Isa::registers >= 32 && Isa::template lanes<S> >= 8 ? 2 : 3;

/// c = a b, or c += a b, for `Rows` rows and panels of `Packs` packs.
///
/// a `[Rows, depth]` comes from pack_strip: column k is contiguous and starts k packs after column 0. c
/// `[Rows, width]` has contiguous rows. If c is several panels wide, the panels are side by side in b and in
/// c: for products of few terms, one call per panel would cost a third of the time. Each element is one chain
/// of multiply-adds in the order of k that starts from zero or from c.
template <int Rows, int Packs>
struct PanelTile {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const MatrixView<const S>& a, const PanelView<S>& b,
                                         const MatrixView<S>& c, bool accumulate) {
    constexpr Index width = Packs * Isa::template lanes<S>;
    PanelView<S> panel = b;
    S* to = c.data;
    for (Index j = 0; j < c.columns; j += width) {
      multiply<Isa::template lanes<S>>(a.data, panel, a.columns, to, c.row_stride, accumulate,
                                       std::make_integer_sequence<Index, Packs>{},
                                       std::make_integer_sequence<Index, Rows * Packs>{});
      panel.data += width;
      to += width;
    }
  }

 private:
  // T numbers the sums: row T / Packs, pack T % Packs.
  template <int n, class S, Index... J, Index... T>
  [[gnu::always_inline]] static void multiply(const S* a, const PanelView<S>& b, Index depth, S* c,
                                              Index c_stride, bool accumulate,
                                              std::integer_sequence<Index, J...>,
                                              std::integer_sequence<Index, T...>) {
    using Pack = simd::Pack<S, n>;
    Pack sums[] = {(accumulate ? simd::load<S, n>(c + T / Packs * c_stride + T % Packs * n)
                               : simd::broadcast<S, n>(0))...};
    const S* row = b.data;
    for (Index k = 0; k < depth; ++k, row += b.row_stride, a += n) {
      Pack b_row[] = {simd::load<S, n>(row + J * b.pack_stride)...};
      (simd::hold_in_register(b_row[J]), ...);
      ((sums[T] = multiply_add(simd::broadcast<S, n>(a[T / Packs]), b_row[T % Packs], sums[T])), ...);
    }
    (simd::store(c + T / Packs * c_stride + T % Packs * n, sums[T]), ...);
  }
};

}  // namespace gradus::ops::detail
