// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn/softmax_cross_entropy.hpp>

#include "../support/numerical_gradient.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::IndexError;
using gradus::Shape;
using gradus::Tensor;
using gradus::nn::Reduction;
using gradus::nn::SoftmaxCrossEntropy;
namespace test = gradus::test;

TEST_SUITE("nn::SoftmaxCrossEntropy") {
  TEST_CASE("SoftmaxCrossEntropy: every setting reaches the operator") {
    Generator random(1);
    const Tensor<double> logits = Tensor<double>::randn({4, 3}, random);
    const std::vector<Index> labels{0, 2, 7, 1};
    const SoftmaxCrossEntropy<double> loss{Reduction::sum, 0.1, {1, 2, 3}, 7};
    const std::vector<double> weights{1, 2, 3};
    Tensor<double> gradient(logits.shape()), expected(logits.shape());
    const auto result = loss(logits, labels, gradient);
    const auto reference = gradus::ops::softmax_cross_entropy<double>(logits, labels, expected.view(),
                                                                      {Reduction::sum, 0.1, weights, 7});
    CHECK(result.loss == reference.loss);
    CHECK(result.correct == reference.correct);
    CHECK(result.count == 3);
    CHECK(gradient == expected);
    CHECK(loss(logits, labels).loss == doctest::Approx(result.loss).epsilon(1e-14));
  }

  TEST_CASE("SoftmaxCrossEntropy: hand-written gradients equal finite differences") {
    Generator random(2);
    for (const Index batch : {0, 1, 7}) {
      Tensor<double> logits = Tensor<double>::randn({batch, 5}, random);
      std::vector<Index> labels(static_cast<std::size_t>(batch), 3);
      Tensor<double> gradient(logits.shape());
      const SoftmaxCrossEntropy<double> loss;
      loss(logits, labels, gradient);
      const auto expected = test::numerical_gradient(logits, [&] { return loss(logits, labels).loss; });
      CHECK(test::error_in_tolerances(gradient, expected) <= 1);
    }
  }

  TEST_CASE("SoftmaxCrossEntropy: defaults to float and the mean; an invalid label is an IndexError") {
    const SoftmaxCrossEntropy<> loss;
    const Tensor<float> logits(Shape{2, 4});
    CHECK(loss(logits, std::vector<Index>{0, 3}).loss == doctest::Approx(std::log(4.0)));
    CHECK_THROWS_AS(loss(logits, std::vector<Index>{0, 4}), IndexError);
    CHECK_THROWS_AS(loss(logits, std::vector<Index>{-1, 0}), IndexError);
  }
}
