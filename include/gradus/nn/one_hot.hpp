// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/checked.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/categorical_column.hpp>
#include <gradus/nn/context.hpp>

namespace gradus::nn {

/// A module that replaces a column of category numbers with one column per category, 1 for the sample's
/// category and 0 for the others: `[N, in] -> [N, out]`. Other columns are copied. A value that is not a
/// category, such as NaN, gives only zeros.
///
///     // column 1 of 4 has 3 categories
///     Sequential net{OneHot{4, {{1, 3}}}, Linear{6, 32}, ReLU{}, Linear{32, 1}};
template <class Scalar = float>
class OneHot {
 public:
  /// Takes columns in any order. Throws ArgumentError if a column is outside [0, in) or occurs twice, or if
  /// it has fewer than 1 or more than max_categories categories.
  OneHot(Index in, std::vector<CategoricalColumn> columns) : in_(in), columns_(std::move(columns)) {
    std::ranges::sort(columns_, {}, &CategoricalColumn::column);
    out_ = in;
    Index before = -1;
    for (const CategoricalColumn& each : columns_) {
      if (each.column <= before || each.column >= in || each.count < 1 || each.count > max_categories) {
        throw ArgumentError("OneHot: column " + std::to_string(each.column) + " has " +
                            std::to_string(each.count) + " categories, expected distinct columns in [0, " +
                            std::to_string(in) + ") with 1 to " + std::to_string(max_categories) +
                            " categories each");
      }
      before = each.column;
      out_ = gradus::detail::checked_add("OneHot: outputs", out_, each.count - 1);
    }
  }

  /// Returns the number of input columns.
  Index in() const { return in_; }
  /// Returns the number of output columns.
  Index out() const { return out_; }
  /// Returns the categorical columns in ascending order.
  const std::vector<CategoricalColumn>& columns() const { return columns_; }

  /// Returns `[N, out]`. Throws ShapeError unless x is `[N, in]`.
  Shape output_shape(const Shape& x) const {
    if (x.rank() == 2 && x[1] == in_) return Shape{x[0], out_};
    throw ShapeError("OneHot: input has shape " + x.to_string() + ", expected [N, " + std::to_string(in_) +
                     "]");
  }

  /// Writes y[i, k] = 1 where x[i, column] == k, and copies the other columns.
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    const Scalar* in = x.data();
    Scalar* out = y.data();
    for (Index row = 0; row < x.shape()[0]; ++row) {
      each_column([&](Index count) {
        const Scalar value = *in++;
        if (count == 0) {
          *out++ = value;
          return;
        }
        for (Index k = 0; k < count; ++k) {
          const auto number = static_cast<Scalar>(k);
          *out++ = value >= number && value <= number ? Scalar{1} : Scalar{0};
        }
      });
    }
  }
  /// Writes dL/dx = dL/dy for the copied columns and 0 for the others.
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    const Scalar* gradient = dy.data();
    Scalar* out = dx.data();
    for (Index row = 0; row < x.shape()[0]; ++row) {
      each_column([&](Index count) {
        *out++ = count == 0 ? *gradient : Scalar{0};
        gradient += std::max<Index>(count, 1);
      });
    }
  }

  /// Returns x with its categories replaced, for data outside a network, for example to construct a
  /// Standardize that follows it. Throws ShapeError.
  Tensor<Scalar> operator()(TensorView<const Scalar> x) const {
    Tensor<Scalar> y(output_shape(x.shape()));
    Context context;
    forward(x, y, context);
    return y;
  }

  /// Returns the same module for another scalar type.
  template <class Other>
  OneHot<Other> cast() const {
    return OneHot<Other>(in_, columns_);
  }
  /// Returns the name used in messages and summaries.
  std::string name() const { return "OneHot(" + std::to_string(in_) + " -> " + std::to_string(out_) + ")"; }

 private:
  /// Calls f(count) for each column with its number of categories, or 0 if it is copied.
  template <class F>
  void each_column(const F& f) const {
    auto next = columns_.begin();
    for (Index column = 0; column < in_; ++column) {
      const bool is_categorical = next != columns_.end() && next->column == column;
      f(is_categorical ? next++->count : Index{0});
    }
  }

  Index in_;
  Index out_ = 0;
  std::vector<CategoricalColumn> columns_;
};

}  // namespace gradus::nn
