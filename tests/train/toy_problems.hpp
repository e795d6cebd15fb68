// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>

#include <gradus/core/random.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/relu.hpp>
#include <gradus/nn/sequential.hpp>

namespace gradus::test {

/// Returns bytes [N, 4] in three classes: the pixel of the class is bright and the others are dark, with some
/// noise.
inline Dataset<> bright_pixels(Index n, std::uint64_t seed = 1) {
  Generator random(seed);
  Dataset<> data{Tensor<std::uint8_t>(Shape{n, 4}), Tensor<Index>(Shape{n}), 3, {"a", "b", "c"}, "pixels"};
  for (Index i = 0; i < n; ++i) {
    data.labels(i) = random.below(3);
    for (Index j = 0; j < 4; ++j) {
      const Index pixel = random.below(150) + (j == data.labels(i) ? 100 : 0);
      data.inputs(i, j) = static_cast<std::uint8_t>(pixel);
    }
  }
  return data;
}

/// Returns numbers [N, 2] and y = 3 x_0 - 2 x_1 + 1, [N, 1].
inline Dataset<float, float> plane(Index n) {
  Generator random(2);
  Dataset<float, float> data{
      Tensor<float>::randn(Shape{n, 2}, random), Tensor<float>(Shape{n, 1}), 0, {}, "plane"};
  for (Index i = 0; i < n; ++i) data.labels(i, 0) = 3 * data.inputs(i, 0) - 2 * data.inputs(i, 1) + 1;
  return data;
}

/// Returns a network 4 -> 8 -> 3, for bright_pixels.
inline nn::Sequential<float> small_network(std::uint64_t seed = 5) {
  Generator random(seed);
  return nn::Sequential{nn::Linear{4, 8, random}, nn::ReLU{}, nn::Linear{8, 3, random}};
}

}  // namespace gradus::test
