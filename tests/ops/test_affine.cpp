// SPDX-License-Identifier: MIT

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/affine.hpp>

#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::TensorView;
namespace ops = gradus::ops;
namespace test = gradus::test;

namespace {

struct Sizes {
  Index batch, in, out;
};
const std::vector<Sizes> all_sizes = {{0, 3, 2}, {1, 1, 1}, {1, 7, 5},   {5, 1, 3},  {3, 4, 1},
                                      {2, 0, 3}, {4, 3, 0}, {11, 13, 7}, {5, 37, 19}};

template <class Scalar>
Tensor<Scalar> small_integers(const Shape& shape, Generator& random) {
  Tensor<Scalar> x(shape);
  for (Scalar& element : x) element = static_cast<Scalar>(random.below(9) - 4);
  return x;
}

}  // namespace

TEST_SUITE("affine") {
  TEST_CASE_TEMPLATE("affine: integers are exact", Scalar, float, double) {
    Generator random(1);
    for (const Sizes& sizes : all_sizes) {
      const Index batch = sizes.batch, in = sizes.in, out = sizes.out;
      const Tensor<Scalar> x = small_integers<Scalar>({batch, in}, random);
      const Tensor<Scalar> w = small_integers<Scalar>({out, in}, random);
      const Tensor<Scalar> b = small_integers<Scalar>({out}, random);
      const Tensor<Scalar> dy = small_integers<Scalar>({batch, out}, random);
      Tensor<Scalar> y(Shape{batch, out}), plain(Shape{batch, out}), dx(Shape{batch, in});
      Tensor<Scalar> dw = Tensor<Scalar>::ones({out, in}), dw_alone = dw, db = Tensor<Scalar>::ones({out});
      ops::affine<Scalar>(x, w, b, y.view());
      ops::affine<Scalar>(x, w, {}, plain.view());
      ops::affine_input_gradient<Scalar>(dy, w, dx.view());
      ops::affine_weight_gradient<Scalar>(x, dy, dw.view());
      ops::affine_weight_gradient<Scalar>(x, dy, dw_alone.view(), ops::Write::overwrite);
      Index visited = 0;
      ops::visit_affine_weight_gradient<Scalar>(x, dy, [&](Index first, const auto& numbers) {
        for (Index i = 0; i < numbers.size(); ++i) REQUIRE(numbers[i] == dw_alone.data()[first + i]);
        visited += numbers.size();
      });
      REQUIRE(visited == dw.size());
      ops::affine_bias_gradient<Scalar>(dy, db.view());
      for (Index i = 0; i < batch; ++i) {
        for (Index j = 0; j < out; ++j) {
          Scalar sum = 0;
          for (Index k = 0; k < in; ++k) sum += x(i, k) * w(j, k);
          REQUIRE(plain(i, j) == sum);
          REQUIRE(y(i, j) == sum + b(j));
        }
        for (Index k = 0; k < in; ++k) {
          Scalar sum = 0;
          for (Index j = 0; j < out; ++j) sum += dy(i, j) * w(j, k);
          REQUIRE(dx(i, k) == sum);
        }
      }
      for (Index j = 0; j < out; ++j) {
        Scalar bias_sum = 1;
        for (Index i = 0; i < batch; ++i) bias_sum += dy(i, j);
        REQUIRE(db(j) == bias_sum);
        for (Index k = 0; k < in; ++k) {
          Scalar sum = 1;
          for (Index i = 0; i < batch; ++i) sum += dy(i, j) * x(i, k);
          REQUIRE(dw(j, k) == sum);
          REQUIRE(dw_alone(j, k) == sum - 1);
        }
      }
    }
  }

  TEST_CASE("affine: the three gradients are the derivatives of forward") {
    Generator random(2);
    for (const Sizes& sizes : all_sizes) {
      const Index batch = sizes.batch, in = sizes.in, out = sizes.out;
      CAPTURE(batch);
      CAPTURE(in);
      CAPTURE(out);
      Tensor<double> x = Tensor<double>::randn({batch, in}, random);
      Tensor<double> w = Tensor<double>::randn({out, in}, random);
      Tensor<double> b = Tensor<double>::randn({out}, random);
      const Tensor<double> dy = Tensor<double>::randn({batch, out}, random);
      Tensor<double> y(Shape{batch, out}), dx(Shape{batch, in}), dw(Shape{out, in}), db(Shape{out});
      const auto loss = [&] {
        ops::affine<double>(x, w, b, y.view());
        return (y.array() * dy.array()).sum();
      };
      ops::affine_input_gradient<double>(dy, w, dx.view());
      ops::affine_weight_gradient<double>(x, dy, dw.view());
      ops::affine_bias_gradient<double>(dy, db.view());
      CHECK(test::error_in_tolerances(dx, test::numerical_gradient(x, loss)) <= 1);
      CHECK(test::error_in_tolerances(dw, test::numerical_gradient(w, loss)) <= 1);
      CHECK(test::error_in_tolerances(db, test::numerical_gradient(b, loss)) <= 1);
    }
  }

  TEST_CASE("affine: mismatched shapes are refused") {
    Tensor<float> x(Shape{4, 3}), w(Shape{2, 3}), b(Shape{2}), y(Shape{4, 2});
    CHECK_NOTHROW(ops::affine<float>(x, w, b, y.view()));
    CHECK_THROWS_AS(ops::affine<float>(y, w, b, y.view()), ShapeError);
    CHECK_THROWS_AS(ops::affine<float>(x, y, {}, y.view()), ShapeError);
    CHECK_THROWS_WITH_AS(ops::affine<float>(x, w, Tensor<float>(Shape{3}), y.view()),
                         "affine: bias has shape [3], expected [2]", ShapeError);
    CHECK_THROWS_WITH_AS(ops::affine<float>(x, w, b, x.view()),
                         "affine: output has shape [4, 3], expected [4, 2]", ShapeError);
    CHECK_THROWS_AS(ops::affine<float>(x, w, {}, x.view()), ShapeError);
    CHECK_THROWS_AS(ops::affine<float>(b, w, b, y.view()), ShapeError);
    CHECK_THROWS_AS(ops::affine_input_gradient<float>(y, w, y.view()), ShapeError);
    CHECK_THROWS_AS(ops::affine_weight_gradient<float>(x, y, y.view()), ShapeError);
    CHECK_THROWS_AS(ops::affine_bias_gradient<float>(y, x.view()), ShapeError);
    CHECK_THROWS_AS(ops::affine_bias_gradient<float>(b, b.view()), ShapeError);
  }

  TEST_CASE("affine_bias_gradient: long batches are accurate to 1e-6") {
    for (const Index columns : {1, 2, 10, 100}) {
      const Index rows = 10'000'000 / columns;
      Tensor<float> bias = Tensor<float>::ones({columns});
      ops::affine_bias_gradient<float>(Tensor<float>::full({rows, columns}, 0.1f), bias.view());
      const double exact = 1 + double{0.1f} * static_cast<double>(rows);
      for (const float sum : bias) CHECK(std::abs(static_cast<double>(sum) / exact - 1) <= 3e-7);
    }
  }

  TEST_CASE_TEMPLATE("affine_bias_gradient: counts every row, in short and long batches", Scalar, float,
                     double) {
    for (const Index rows : {0, 1, 255, 256, 257, 264, 1000}) {
      Tensor<Scalar> bias = Tensor<Scalar>::full({37}, 2), dy(Shape{rows, 37}), expected = bias;
      for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < 37; ++j) expected(j) += dy(i, j) = static_cast<Scalar>((i * 7 + j) % 11);
      }
      ops::affine_bias_gradient<Scalar>(dy, bias.view());
      CHECK(bias == expected);
    }
  }
}
