// SPDX-License-Identifier: MIT

#include <limits>

#include <doctest/doctest.h>

#include <gradus/nn/linear.hpp>
#include <gradus/nn/relu.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/train/divergence.hpp>

namespace {

using gradus::Generator;
using gradus::NumericError;
using gradus::Tensor;
using gradus::detail::throw_not_finite;
namespace nn = gradus::nn;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

nn::Sequential<float> network() {
  Generator random(0);
  return {nn::Linear{2, 3, random}, nn::ReLU{}, nn::Linear{3, 1, random}};
}

}  // namespace

TEST_CASE("throw_not_finite: names the first output and the first parameter that are not finite") {
  nn::Sequential<float> net = network();
  net[2].as<nn::Linear>().weight.value(0, 1) = not_a_number;
  const Tensor<float> x{{1, 2}};
  net.forward(x);
  CHECK_THROWS_WITH_AS(
      throw_not_finite("loss", not_a_number, "in epoch 3, batch 17", net, x.view()),
      "Trainer: loss is nan in epoch 3, batch 17; first non-finite values: the output of layer 2, "
      "Linear(3 -> 1), and parameter 2.weight",
      NumericError);
}

TEST_CASE("throw_not_finite: a non-finite input takes precedence over every layer") {
  nn::Sequential<float> net = network();
  const Tensor<float> x{{1, not_a_number}};
  net.forward(x);
  CHECK_THROWS_WITH_AS(
      throw_not_finite("loss", not_a_number, "in epoch 1, batch 1", net, x.view()),
      "Trainer: loss is nan in epoch 1, batch 1; first non-finite values: the input of the network",
      NumericError);
}

TEST_CASE("throw_not_finite: names nothing if everything is finite") {
  nn::Sequential<float> net = network();
  CHECK_THROWS_WITH_AS(
      throw_not_finite("validation loss", std::numeric_limits<double>::infinity(), "after epoch 2", net),
      "Trainer: validation loss is inf after epoch 2", NumericError);
}
