// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/identity.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Shape;
using gradus::Tensor;
using gradus::nn::Identity;
namespace test = gradus::test;

TEST_SUITE("nn::Identity") {
  TEST_CASE("Identity: hand-written gradients equal finite differences, for every shape") {
    Generator random(1);
    for (const Shape& shape : test::element_wise_shapes) {
      const auto report = test::check_gradients(Identity<double>{}, test::away_from_zero(shape, random));
      CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
    }
  }

  TEST_CASE("Identity: float agrees with double") {
    Generator random(2);
    for (const Shape& shape : test::element_wise_shapes) {
      const Tensor<double> x = Tensor<double>::randn(shape, random);
      CHECK(test::float_agrees_with_double(Identity<float>{}, Identity<double>{}, x));
    }
  }

  TEST_CASE("Identity: passes its input through unchanged") {
    Generator random(3);
    gradus::nn::Context context;
    const Tensor<float> x = Tensor<float>::randn({3, 5}, random), dy = Tensor<float>::randn({3, 5}, random);
    Tensor<float> y(x.shape()), dx(x.shape());
    Identity<float>{}.forward(x, y, context);
    Identity<float>{}.backward(x, y, dy, dx, context);
    CHECK(y == x);
    CHECK(dx == dy);
    CHECK(Identity{}.is_identity(context));
  }

  TEST_CASE("Identity: keeps the shape and has a name") {
    CHECK(Identity{}.output_shape(Shape{2, 3, 4}) == Shape{2, 3, 4});
    CHECK(gradus::nn::module_name(Identity{}) == "Identity");
  }
}
