// SPDX-License-Identifier: MIT

#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/nn/pack_panels.hpp>

using namespace gradus;
using namespace gradus::nn;

TEST_CASE("pack_panels: writes groups of panels, input by input, padded with 0") {
  // Three outputs and panels of two lanes: one group of two panels.
  const DenseLayer<float> layer{2, 3, {11, 12, 21, 22, 31, 32}, {1, 2, 3}};
  std::vector<float> bias(4, -1), weight(8, -1);
  nn::detail::pack_panels(layer, 2, bias.data(), weight.data());
  CHECK(bias == std::vector<float>{1, 2, 3, 0});
  CHECK(weight == std::vector<float>{11, 21, 31, 0, 12, 22, 32, 0});
  CHECK(nn::detail::panel_elements(2, 3, 2) == 12);

  // Panels of one lane: a group of two and a group of one.
  std::vector<float> weight_1(6, -1);
  nn::detail::pack_panels(layer, 1, bias.data(), weight_1.data());
  CHECK(weight_1 == std::vector<float>{11, 21, 12, 22, 31, 32});
}

TEST_CASE("group_panels: sizes are powers of two that add up to the number of panels") {
  for (Index panels = 1; panels < 40; ++panels) {
    Index rest = panels;
    while (rest > 0) rest -= nn::detail::group_panels(rest);
    CHECK(rest == 0);
  }
}

TEST_CASE("check_layers: says which layer is wrong and why") {
  using Layers = std::vector<DenseLayer<float>>;
  const DenseLayer<float> right{2, 2, {1, 2, 3, 4}, {1, 2}};
  const auto check = [](const Layers& layers) {
    nn::detail::check_layers(std::span<const DenseLayer<float>>(layers), 100);
  };
  CHECK_NOTHROW(check({right, right}));
  CHECK_THROWS_WITH(check({}), "Predictor: got no layers, expected at least one");
  CHECK_THROWS_WITH(check({right, {3, 1, {1, 2, 3}, {1}}}), "Predictor: layer 1 has 3 inputs, expected 2");
  CHECK_THROWS_WITH(check({{0, 1, {}, {1}}}), "Predictor: layer 0 has 0 inputs, expected 1 to 2147483648");
  CHECK_THROWS_WITH(check({{1, 101, std::vector<float>(101), std::vector<float>(101)}}),
                    "Predictor: layer 0 has 101 outputs, expected 1 to 100");
  CHECK_THROWS_WITH(check({{2, 2, {1, 2, 3}, {1, 2}}}), "Predictor: layer 0 has 3 weights, expected 4");
  CHECK_THROWS_WITH(check({{2, 2, {1, 2, 3, 4}, {1}}}), "Predictor: layer 0 has 1 biases, expected 2");
}

TEST_CASE("check_layers: columns of categories are inputs of the layer, each once") {
  DenseLayer<float> layer{5, 1, {1, 2, 3, 4, 5}, {1}};
  const auto check = [&](const std::vector<nn::CategoricalColumn>& categories) {
    layer.categories = categories;
    nn::detail::check_layers(std::span<const DenseLayer<float>>(&layer, 1), 100);
  };
  CHECK_NOTHROW(check({{0, 5}}));
  CHECK_NOTHROW(check({{0, 2}, {1, 3}}));
  CHECK_THROWS_WITH(
      check({{1, 4}, {2, 2}}),
      "Predictor: layer 0 has 2 categories in column 2, expected inputs in ascending order with 1 to "
      "16777216 categories each");
  CHECK_THROWS_AS(check({{0, 6}}), ArgumentError);
  CHECK_THROWS_AS(check({{0, 0}}), ArgumentError);
  CHECK_THROWS_AS(check({{-1, 2}}), ArgumentError);
  CHECK_THROWS_AS(check({{1, 2}, {1, 2}}), ArgumentError);
  CHECK_THROWS_AS(check({{1, 2}, {0, 2}}), ArgumentError);
  CHECK_THROWS_AS(check({{0, nn::max_categories + 1}}), ArgumentError);
}
