// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/dropout.hpp>

#include "../support/extremes.hpp"

using gradus::ArgumentError;
using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
namespace ops = gradus::ops;
namespace test = gradus::test;

TEST_SUITE("dropout") {
  TEST_CASE_TEMPLATE("dropout_mask: keeps a share of 1 - p", Scalar, float, double) {
    const Index n = 200'000;
    for (const double p : {0.0, 0.2, 0.5, 0.9, 1.0}) {
      CAPTURE(p);
      Generator random(1);
      Tensor<Scalar> mask(Shape{n});
      ops::dropout_mask(p, random, mask.view());
      Index kept = 0;
      for (const Scalar m : mask) {
        REQUIRE((m == 0 || m == 1));
        kept += m == 1 ? 1 : 0;
      }
      const double deviation = std::sqrt(static_cast<double>(n) * p * (1 - p));
      CHECK(std::abs(static_cast<double>(kept) - static_cast<double>(n) * (1 - p)) <= 4 * deviation);
    }
  }

  TEST_CASE_TEMPLATE("dropout: kept elements are scaled by 1/(1-p), forward and backward", Scalar, float,
                     double) {
    Generator random(2);
    const Tensor<Scalar> x = Tensor<Scalar>::randn({5, 37}, random);
    for (const double p : {0.0, 0.2, 0.5, 0.9}) {
      CAPTURE(p);
      Tensor<Scalar> mask(x.shape()), y(x.shape()), dx(x.shape());
      ops::dropout_mask(p, random, mask.view());
      ops::dropout<Scalar>(x, mask, p, y.view());
      ops::dropout_backward<Scalar>(x, mask, p, dx.view());
      const Scalar scale = static_cast<Scalar>(1 / (1 - p));
      for (Index i = 0; i < x.size(); ++i) {
        REQUIRE(y.data()[i] == (mask.data()[i] == 1 ? x.data()[i] * scale : 0));
        REQUIRE(dx.data()[i] == y.data()[i]);
      }
    }
  }

  TEST_CASE("dropout: p = 1 keeps nothing and does not divide by zero") {
    Generator random(3);
    const Tensor<float> x = Tensor<float>::randn({37}, random);
    Tensor<float> mask(x.shape()), y(x.shape()), dx(x.shape());
    const Generator before = random;
    ops::dropout_mask(1, random, mask.view());
    CHECK(random == before);
    ops::dropout<float>(x, mask, 1, y.view());
    ops::dropout_backward<float>(x, mask, 1, dx.view());
    for (Index i = 0; i < x.size(); ++i) {
      CHECK(y(i) == 0);
      CHECK(dx(i) == 0);
    }
  }

  TEST_CASE("dropout: invalid arguments are refused") {
    Generator random(4);
    Tensor<float> x(Shape{2, 3}), y(Shape{3, 2});
    CHECK_THROWS_AS(ops::dropout_mask(1.5, random, x.view()), ArgumentError);
    CHECK_THROWS_AS(ops::dropout_mask(-0.1, random, x.view()), ArgumentError);
    CHECK_THROWS_AS(ops::dropout_mask(test::not_a_number<double>, random, x.view()), ArgumentError);
    CHECK_THROWS_WITH_AS(ops::dropout<float>(x, y, 0.5, x.view()),
                         "dropout: mask has shape [3, 2], expected [2, 3]", ShapeError);
    CHECK_THROWS_WITH_AS(ops::dropout<float>(x, x, 0.5, y.view()),
                         "dropout: output has shape [3, 2], expected [2, 3]", ShapeError);
  }
}

TEST_CASE("dropout_mask: the parts of a mask are those of the whole, and the generator continues after it") {
  Generator whole_random(6);
  Tensor<float> whole(Shape{10, 3});
  gradus::ops::dropout_mask(0.4, whole_random, whole.view());
  for (const double p : {0.4, 1.0}) {
    Generator random(6);
    Tensor<float> part(Shape{4, 3});
    gradus::ops::dropout_mask(p, random, part.view(), 15, 3);
    if (p < 1) {
      CHECK((part.array() == whole.slice(5, 9).array()).all());
      CHECK(random == whole_random);
    } else {
      CHECK((part.array() == 0).all());
      CHECK(random == Generator(6));
    }
  }
}
