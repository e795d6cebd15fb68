// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/extremum.hpp>

using namespace gradus;
using ops::Extremum;

TEST_CASE("extremum_to: finds the largest and smallest along axes") {
  const Tensor<double> x{{3, -1, 2}, {0, 5, 2}};
  Tensor<double> rows(Shape{2, 1}), columns(Shape{1, 3});
  ops::extremum_to<double>(Extremum::maximum, x, rows.view());
  CHECK(rows == Tensor<double>{{3}, {5}});
  ops::extremum_to<double>(Extremum::minimum, x, columns.view());
  CHECK(columns == Tensor<double>{{0, -1, 2}});
}

TEST_CASE("extremum_to: NaN propagates from every position") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                   inf = std::numeric_limits<double>::infinity();
  for (const Tensor<double>& x :
       {Tensor<double>{nan, 1, 2}, Tensor<double>{1, nan, inf}, Tensor<double>{-inf, 1, nan}}) {
    for (const Extremum which : {Extremum::minimum, Extremum::maximum}) {
      Tensor<double> y(Shape{});
      ops::extremum_to<double>(which, x, y.view());
      CHECK(std::isnan(y.item()));
    }
  }
  Tensor<double> y(Shape{});
  ops::extremum_to<double>(Extremum::maximum, Tensor<double>{-inf, -inf}, y.view());
  CHECK(y.item() == -inf);
}
