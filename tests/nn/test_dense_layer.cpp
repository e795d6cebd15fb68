// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/dense_layer.hpp>

TEST_CASE("DenseLayer: without an activation unless it is given one") {
  const gradus::nn::DenseLayer<double> layer{2, 1, {3, 4}, {5}};
  CHECK(layer.in == 2);
  CHECK(layer.out == 1);
  CHECK(layer.activation == gradus::nn::Activation::identity);
  CHECK(gradus::nn::DenseLayer<float>{}.weight.empty());
}

TEST_CASE("DenseLayer: has fewer inputs than columns of weights if it replaces categories") {
  gradus::nn::DenseLayer<float> layer{7, 1};
  CHECK(layer.inputs() == 7);
  layer.categories = {{0, 3}, {2, 1}, {3, 2}};
  CHECK(layer.inputs() == 4);
}
