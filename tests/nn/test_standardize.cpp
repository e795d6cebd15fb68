// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

using namespace gradus;

namespace {

const Tensor<double> data{{1, 10, 5}, {2, 20, 5}, {3, 30, 5}, {6, 20, 5}};

}  // namespace

TEST_CASE("Standardize: each feature gets mean 0 and standard deviation 1") {
  const nn::Standardize standardize{data};
  CHECK(standardize.offset == Tensor<double>{3, 20, 5});
  CHECK(standardize.scale(0) == doctest::Approx(std::sqrt(3.5)));
  CHECK(standardize.scale(1) == doctest::Approx(std::sqrt(50.0)));
  CHECK(standardize.scale(2) == 1);  // equal values are only shifted
  const Tensor<double> y = standardize(data);
  for (Index j = 0; j < 3; ++j) {
    double sum = 0, squares = 0;
    for (Index i = 0; i < 4; ++i) {
      sum += y(i, j);
      squares += y(i, j) * y(i, j);
    }
    CHECK(sum == doctest::Approx(0));
    CHECK(squares == doctest::Approx(j == 2 ? 0 : 4));
  }
}

TEST_CASE("Standardize: inverse undoes it, and cast keeps the constants") {
  const nn::Standardize standardize{data};
  const Tensor<double> again = standardize.inverse()(standardize(data));
  for (Index i = 0; i < data.size(); ++i) CHECK(again.data()[i] == doctest::Approx(data.data()[i]));
  CHECK(standardize.cast<float>().offset == Tensor<float>{3, 20, 5});
  CHECK(standardize.name() == "Standardize(3)");
}

TEST_CASE("Standardize: NaN is ignored; a feature without values or with an infinite one is refused") {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  CHECK(nn::Standardize{Tensor<double>{{1, 1}, {nan, 2}, {3, 3}}}.offset == Tensor<double>{2, 2});
  CHECK_THROWS_WITH_AS((nn::Standardize{Tensor<double>{{1, nan}, {2, nan}}}),
                       "Standardize: feature 1 has no value, expected finite values", ArgumentError);
  CHECK_THROWS_AS((nn::Standardize{Tensor<double>{{1, infinity}}}), ArgumentError);
  CHECK_THROWS_AS((nn::Standardize{Tensor<double>(Shape{0, 2})}), ArgumentError);
  CHECK_THROWS_AS((nn::Standardize{Tensor<double>(Shape{})}), ArgumentError);
  CHECK_THROWS_AS(nn::Standardize<float>{0}, ArgumentError);
}

TEST_CASE("Standardize: works in a network and passes its gradient on") {
  Generator random(1);
  nn::Sequential<double> net{nn::Standardize{data}, nn::Linear<double>{3, 2, random}};
  net.forward(data);
  Tensor<double> dx(data.shape());
  net.backward(Tensor<double>::ones({4, 2}), dx.view());
  const auto& weight = net[1].as<nn::Linear>().weight.value;
  CHECK(dx(2, 1) == doctest::Approx((weight(0, 1) + weight(1, 1)) / std::sqrt(50.0)));
  CHECK(net.named_buffers().size() == 2);
  CHECK_THROWS_WITH_AS(net.predict(Tensor<double>(Shape{4, 2})),
                       "Sequential: layer 0: Standardize: input has shape [4, 2], expected [..., 3]",
                       ShapeError);
}
