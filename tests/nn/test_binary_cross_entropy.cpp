// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/nn/binary_cross_entropy.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Shape;
using gradus::Tensor;
using gradus::nn::BinaryCrossEntropy;
using gradus::nn::Reduction;
namespace test = gradus::test;

TEST_SUITE("nn::BinaryCrossEntropy") {
  TEST_CASE("BinaryCrossEntropy: hand-written gradients equal finite differences, for mean and sum") {
    Generator random(1);
    for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
      for (const Shape& shape : test::element_wise_shapes) {
        const BinaryCrossEntropy<double> loss{reduction};
        Tensor<double> x = test::away_from_zero(shape, random);
        const Tensor<double> target = Tensor<double>::uniform(shape, random);
        Tensor<double> gradient(shape);
        const double value = loss(x, target, gradient);
        CHECK(value == loss(x, target));
        const auto expected = test::numerical_gradient(x, [&] { return loss(x, target); });
        CHECK(test::error_in_tolerances(gradient, expected) <= 1);
      }
    }
  }

  TEST_CASE("BinaryCrossEntropy: defaults to float and the mean") {
    const BinaryCrossEntropy<> loss;
    const Tensor<float> x{1, -2}, target{0, 1};
    const float total = BinaryCrossEntropy<>{Reduction::sum}(x, target);
    CHECK(loss(x, target) == doctest::Approx(total / 2));
  }
}
