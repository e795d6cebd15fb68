// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/batch_norm.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/train/kept_buffers.hpp>

TEST_CASE("KeptBuffers: restores every buffer, and no parameter") {
  gradus::Generator random(0);
  gradus::nn::Sequential net{gradus::nn::Linear{2, 3, random}, gradus::nn::BatchNorm1d{3}};
  gradus::detail::KeptBuffers<float> kept;
  kept.find(net);
  kept.keep();
  auto& norm = net[1].as<gradus::nn::BatchNorm1d>();
  norm.weight.value.fill(7);
  norm.running_mean.fill(8);
  norm.running_variance.fill(9);
  kept.restore();
  CHECK(norm.weight.value == gradus::Tensor<float>{7, 7, 7});
  CHECK(norm.running_mean == gradus::Tensor<float>{0, 0, 0});
  CHECK(norm.running_variance == gradus::Tensor<float>{1, 1, 1});
}
