// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <type_traits>

#include <gradus/core/matrix_view.hpp>
#include <gradus/ops/gemm/blas.hpp>
#include <gradus/ops/gemm/drivers.hpp>
#include <gradus/ops/gemm/workspace.hpp>

namespace gradus::ops {

/// How a product is divided among threads: along the longer side of the result, or by rows if there are
/// enough of them. `rows` gives each thread the same rows of a weight gradient on every pass, so they stay in
/// its cache.
enum class Partition { longer_side, rows };

}  // namespace gradus::ops

namespace gradus::ops::detail {

// With at most this many rows or terms, packing b costs more than reading it in place.
inline constexpr Index few_rows = 16;
inline constexpr Index few_terms = 32;

/// The largest number of rows of `a` for which DotTile, which packs nothing, is faster than packed panels.
/// Measured on an AMD Zen 4 with AVX-512: longer sums outweigh the final additions over the lanes.
constexpr Index most_dot_rows(Index terms) { return std::min<Index>(terms / 8, 24); }

// Below this many multiply-adds, waking a second thread costs more than it saves.
inline constexpr Index part_work = 1'000'000;
// The rows or columns of a part are a multiple of this, so that only the last tile is partial.
inline constexpr Index part_grain = 32;

enum class Method { rows, dots, panels_in_place, packed_panels };

/// Returns the method for a product. Takes the operands of the whole product, so that its parts on several
/// threads use the same method.
template <class S>
Method choose_method(const MatrixView<const S>& a, const MatrixView<const S>& b, const MatrixView<S>& c) {
  if (a.column_stride == 1 && b.row_stride == 1 && a.columns >= few_terms &&
      (b.columns <= few_rows || a.rows <= most_dot_rows(a.columns)))
    return Method::dots;
  if (b.column_stride == 1 && c.column_stride == 1 && (a.rows <= 2 || a.columns <= 2)) return Method::rows;
  if (b.column_stride == 1 && (a.rows <= few_rows || a.columns <= few_terms)) return Method::panels_in_place;
  return Method::packed_panels;
}

/// The plan of one product: its operands, all transposed if that is better, the method, and the division into
/// parts for several threads.
template <std::floating_point S>
class ProductPlan {
 public:
  ProductPlan(MatrixView<const S> a, MatrixView<const S> b, MatrixView<S> c, Partition partition,
              Index threads)
      : a_(a), b_(b), c_(c) {
    bool is_transposed = false;
    const auto transpose = [&] {
      const MatrixView<const S> a_transposed = a_.transposed();
      a_ = b_.transposed();
      b_ = a_transposed;
      c_ = c_.transposed();
      is_transposed = !is_transposed;
    };
    if (c.column_stride != 1 && c.row_stride == 1) transpose();  // packs are stored along the rows of c
    method_ = choose_method(a_, b_, c_);
    if (method_ == Method::dots && c_.rows > c_.columns) transpose();
    divide(partition, threads, is_transposed);
  }

  Index parts() const { return parts_; }

  /// Returns whether the parts need memory for packed operands.
  bool packs() const { return method_ == Method::packed_panels || method_ == Method::panels_in_place; }

  /// Computes one part. If packs(), `memory` must have room for a GemmWorkspace.
  void run(Index part, bool accumulate, S* memory) const {
    const Index first = std::min(part * step_, extent()), count = std::min(step_, extent() - first);
    if (count == 0) return;
    if (by_rows_)
      multiply(a_.row_range(first, count), b_, c_.row_range(first, count), accumulate, memory);
    else
      multiply(a_, b_.column_range(first, count), c_.column_range(first, count), accumulate, memory);
  }

 private:
  Index extent() const { return by_rows_ ? c_.rows : c_.columns; }

  void divide(Partition partition, Index threads, bool is_transposed) {
    const Index enough = part_grain * threads;
    const bool fixed = partition == Partition::rows;
    by_rows_ = (fixed && !is_transposed && c_.rows >= enough) ||
               (c_.rows > c_.columns && !(fixed && is_transposed && c_.columns >= enough));
    const Index grains = (extent() + part_grain - 1) / part_grain;
    parts_ = std::clamp(c_.rows * c_.columns * a_.columns / part_work, Index{1}, std::min(threads, grains));
    step_ = (grains + parts_ - 1) / parts_ * part_grain;
  }

  void multiply(const MatrixView<const S>& a, const MatrixView<const S>& b, const MatrixView<S>& c,
                bool accumulate, S* memory) const {
    if constexpr (use_blas && (std::is_same_v<S, float> || std::is_same_v<S, double>))
      if (multiply_by_blas(a, b, c, accumulate)) return;
    if (method_ == Method::dots)
      multiply_dots(a, b, c, accumulate);
    else if (method_ == Method::rows)
      multiply_rows(a, b, c, accumulate);
    else
      PanelDriver<S>(a, b, c, method_ == Method::packed_panels, GemmWorkspace<S>(memory))
          .multiply(accumulate);
  }

  MatrixView<const S> a_, b_;
  MatrixView<S> c_;
  Method method_ = Method::packed_panels;
  bool by_rows_ = false;
  Index parts_ = 1;
  Index step_ = 0;  // rows or columns per part
};

}  // namespace gradus::ops::detail
