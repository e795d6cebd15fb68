// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/detail/axis_sums.hpp>

#include "../../support/instruction_sets.hpp"

using namespace gradus;
using ops::detail::Wide;

namespace {

struct TwiceX {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return x + x;
  }
};

/// Returns the sums computed by one loop over all elements.
template <class S>
std::vector<double> naive_sums(const Tensor<S>& x, const Shape& to) {
  std::vector<double> sums(static_cast<std::size_t>(to.size()));
  const auto strides = ops::detail::broadcast_strides(to, x.shape());
  for (Index i = 0; i < x.size(); ++i) {
    Index rest = i, offset = 0;
    for (Index axis = x.rank() - 1; axis >= 0; --axis) {
      offset += rest % x.shape()[axis] * strides[axis];
      rest /= x.shape()[axis];
    }
    sums[static_cast<std::size_t>(offset)] += 2 * static_cast<double>(x.data()[i]);
  }
  return sums;
}

template <class S>
std::vector<double> axis_sums(const Tensor<S>& x, const Shape& to) {
  std::vector<double> sums(static_cast<std::size_t>(to.size()), -7);
  ops::detail::sum_axes(TwiceX{}, x.data(), x.shape(), to, [&](Index o, Wide<S> sum) {
    double& stored = sums[static_cast<std::size_t>(o)];
    CHECK(stored == -7);  // each is stored once
    stored = static_cast<double>(sum);
  });
  return sums;
}

}  // namespace

TEST_CASE_TEMPLATE("sum_axes: equals a loop, for integers along every choice of axes", S, float, double) {
  test::for_each_instruction_set([] {
    for (const Shape& shape :
         {Shape{}, Shape{1}, Shape{17}, Shape{3, 5}, Shape{2, 1, 33}, Shape{4, 3, 2, 5}}) {
      Tensor<S> x(shape);
      for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<S>(i % 13 - 5);
      for (int choice = 0; choice < 1 << shape.rank(); ++choice) {
        Shape to = shape;
        for (Index axis = 0; axis < shape.rank(); ++axis) {
          if (choice >> axis & 1) to = to.with(axis, 1);
        }
        CAPTURE(shape.to_string());
        CAPTURE(to.to_string());
        CHECK(axis_sums(x, to) == naive_sums(x, to));
      }
    }
  });
}

TEST_CASE("sum_axes: handles more columns than it sums at once") {
  constexpr Index columns = ops::detail::columns_at_once + 1;
  Tensor<float> x(Shape{3, columns});
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 7);
  CHECK(axis_sums(x, {1, columns}) == naive_sums(x, {1, columns}));
  CHECK(axis_sums(x, {3, 1}) == naive_sums(x, {3, 1}));
}

TEST_CASE("sum_axes: the sum over no elements is zero") {
  CHECK(axis_sums(Tensor<float>(Shape{0, 3}), {1, 3}) == std::vector<double>{0, 0, 0});
  CHECK(axis_sums(Tensor<float>(Shape{2, 0}), {2, 1}) == std::vector<double>{0, 0});
  CHECK(axis_sums(Tensor<float>(Shape{0}), {0}).empty());
}

TEST_CASE("sum_axes: NaN and infinity reach only their own sum; floats overflow only in the terms") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                  infinity = std::numeric_limits<float>::infinity();
  constexpr float large = std::numeric_limits<float>::max() / 2;
  const Tensor<float> x{{nan, 1, infinity, large}, {2, 3, -infinity, large}, {1, 1, 1, -large}};
  const std::vector<double> columns = axis_sums(x, {1, 4});
  CHECK(std::isnan(columns[0]));
  CHECK(columns[1] == 10);
  CHECK(std::isnan(columns[2]));
  CHECK(columns[3] == 2 * static_cast<double>(large));
  const std::vector<double> rows = axis_sums(x, {3, 1});
  CHECK(std::isnan(rows[0]));
  CHECK(rows[1] == -static_cast<double>(infinity));
  CHECK(rows[2] == -2 * static_cast<double>(large));
}
