// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <vector>

#include <gradus/core/matrix_view.hpp>

namespace gradus::test {

/// How a matrix is stored: contiguous along rows or columns, with a gap after each, or contiguous along
/// neither.
enum class Layout { row_major, column_major, scattered };
inline constexpr Layout all_layouts[] = {Layout::row_major, Layout::column_major, Layout::scattered};

/// A matrix of small integers, whose products are exact, in memory that ends with its last element.
template <class S>
class IntegerMatrix {
 public:
  IntegerMatrix(Index rows, Index columns, Layout layout, int seed) : rows_(rows), columns_(columns) {
    constexpr Index gap = 3;
    row_stride_ = layout == Layout::row_major ? columns + gap : layout == Layout::column_major ? 1 : 2;
    column_stride_ = layout == Layout::row_major      ? 1
                     : layout == Layout::column_major ? rows + gap
                                                      : 2 * rows + gap;
    const Index last = (rows - 1) * row_stride_ + (columns - 1) * column_stride_;
    memory_.assign(static_cast<std::size_t>(rows > 0 && columns > 0 ? last + 1 : 0), unused);
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < columns; ++j) view()(i, j) = static_cast<S>((i * 7 + j * 5 + seed) % 9 - 4);
  }

  MatrixView<S> view() { return {memory_.data(), rows_, columns_, row_stride_, column_stride_}; }
  MatrixView<const S> view() const { return {memory_.data(), rows_, columns_, row_stride_, column_stride_}; }

  /// Returns whether this matrix is `before + a b`, or `a b`, and nothing was written to the gaps.
  template <class A, class B>
  bool is_product(const A& a, const B& b, const IntegerMatrix* before = nullptr) const {
    IntegerMatrix expected = *this;
    for (S& x : expected.memory_) x = unused;
    for (Index i = 0; i < rows_; ++i)
      for (Index j = 0; j < columns_; ++j) {
        double sum = before == nullptr ? 0.0 : static_cast<double>(before->view()(i, j));
        for (Index k = 0; k < a.view().columns; ++k)
          sum += static_cast<double>(a.view()(i, k)) * static_cast<double>(b.view()(k, j));
        expected.view()(i, j) = static_cast<S>(sum);
      }
    return memory_ == expected.memory_;
  }

 private:
  static constexpr S unused = -777;
  Index rows_, columns_, row_stride_ = 0, column_stride_ = 0;
  std::vector<S> memory_;
};

/// Checks that `multiply(a, b, c, accumulate)` computes the product for these sizes and both values of
/// accumulate.
template <class S, class Multiply>
bool multiplies(Index rows, Index terms, Index columns, Layout a_layout, Layout b_layout, Layout c_layout,
                const Multiply& multiply) {
  const IntegerMatrix<S> a(rows, terms, a_layout, 1), b(terms, columns, b_layout, 2);
  const IntegerMatrix<S> before(rows, columns, c_layout, 3);
  IntegerMatrix<S> overwritten = before, added = before;
  multiply(a.view(), b.view(), overwritten.view(), false);
  multiply(a.view(), b.view(), added.view(), true);
  return overwritten.is_product(a, b) && added.is_product(a, b, &before);
}

}  // namespace gradus::test
