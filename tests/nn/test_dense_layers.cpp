// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/nn.hpp>

using namespace gradus;
using namespace gradus::nn;

namespace {

/// Returns the output of the layers for one sample, computed by definition.
std::vector<double> evaluate(const std::vector<DenseLayer<double>>& layers, std::vector<double> x) {
  for (const DenseLayer<double>& layer : layers) {
    const Tensor<double> replaced = OneHot<double>{static_cast<Index>(x.size()), layer.categories}(
        TensorView<const double>(x.data(), Shape{1, static_cast<Index>(x.size())}));
    x.assign(replaced.begin(), replaced.end());
    std::vector<double> y(to_size(layer.out));
    for (Index j = 0; j < layer.out; ++j) {
      y[to_size(j)] = layer.bias[to_size(j)];
      for (Index k = 0; k < layer.in; ++k)
        y[to_size(j)] += layer.weight[to_size(j * layer.in + k)] * x[to_size(k)];
      if (layer.activation == Activation::tanh) y[to_size(j)] = std::tanh(y[to_size(j)]);
      if (layer.activation == Activation::relu) y[to_size(j)] = std::max(y[to_size(j)], 0.0);
    }
    x = y;
  }
  return x;
}

/// Returns a layer whose statistics and parameters change every feature.
BatchNorm1d<double> unusual_norm(Index features, Generator& random) {
  BatchNorm1d<double> norm(features);
  norm.running_mean = Tensor<double>::randn(Shape{features}, random);
  norm.running_variance = Tensor<double>::uniform(Shape{features}, random, 0.5, 2);
  norm.weight.value = Tensor<double>::randn(Shape{features}, random);
  norm.bias.value = Tensor<double>::randn(Shape{features}, random);
  return norm;
}

void check_equal(const Sequential<double>& net, Index in) {
  Generator random(7);
  const std::vector<DenseLayer<double>> layers = dense_layers(net);
  for (int i = 0; i < 5; ++i) {
    const auto x = Tensor<double>::randn(Shape{1, in}, random);
    const Tensor<double> expected = net.predict(x);
    const std::vector<double> y = evaluate(layers, {x.begin(), x.end()});
    REQUIRE(static_cast<Index>(y.size()) == expected.size());
    for (Index j = 0; j < expected.size(); ++j)
      CHECK(y[to_size(j)] == doctest::Approx(expected.data()[j]).epsilon(1e-12));
  }
}

}  // namespace

TEST_CASE("dense_layers: gives one layer per Linear, with the activation after it") {
  Generator random(1);
  const Sequential<double> net{Flatten<double>{},
                               Linear<double>{6, 5, random},
                               Tanh<double>{},
                               Dropout<double>{0.5},
                               Linear<double>{5, 4, random},
                               ReLU<double>{},
                               Identity<double>{},
                               Linear<double>{4, 3, random, {.bias = false}}};
  const auto layers = dense_layers(net);
  REQUIRE(layers.size() == 3);
  CHECK(layers[0].activation == Activation::tanh);
  CHECK(layers[1].activation == Activation::relu);
  CHECK(layers[2].activation == Activation::identity);
  CHECK(layers[2].bias == std::vector<double>(3, 0.0));
  check_equal(net, 6);
}

TEST_CASE("dense_layers: batch normalisation is folded in at any place, also in nested networks") {
  Generator random(2);
  const auto norm = [&](Index n) { return unusual_norm(n, random); };
  const auto linear = [&](Index in, Index out) { return Linear<double>{in, out, random}; };
  check_equal(Sequential<double>{linear(4, 3), norm(3), Tanh<double>{}, linear(3, 2)}, 4);
  check_equal(Sequential<double>{norm(4), linear(4, 3)}, 4);
  check_equal(Sequential<double>{linear(4, 3), ReLU<double>{}, norm(3), linear(3, 2), norm(2)}, 4);
  check_equal(Sequential<double>{linear(4, 3), Tanh<double>{}, norm(3)}, 4);
  check_equal(Sequential<double>{linear(4, 3), Tanh<double>{}, norm(3), norm(3), Tanh<double>{}}, 4);
  check_equal(Sequential<double>{linear(4, 3), norm(3), norm(3), linear(3, 2)}, 4);
  check_equal(Sequential<double>{norm(4), Tanh<double>{}, linear(4, 1)}, 4);
  check_equal(Sequential<double>{linear(4, 3), Tanh<double>{}, ReLU<double>{}, Tanh<double>{}}, 4);
  check_equal(Sequential<double>{Sequential<double>{linear(4, 3), norm(3)},
                                 Sequential<double>{Tanh<double>{}, linear(3, 2)}},
              4);
}

TEST_CASE("dense_layers: keeps the parameters of activations") {
  const Linear<float> linear{2, 2};
  const auto last = [&](auto module) { return dense_layers(Sequential<float>{linear, module}).back(); };
  CHECK(last(ELU<float>{0.5}).activation == Activation::elu);
  CHECK(last(ELU<float>{0.5}).first == 0.5);
  CHECK(last(LeakyReLU<float>{0.25}).activation == Activation::leaky_relu);
  CHECK(last(LeakyReLU<float>{0.25}).first == 0.25);
  const auto softplus = last(Softplus<float>{{.beta = 2, .threshold = 10}});
  CHECK(softplus.activation == Activation::softplus);
  CHECK(softplus.first == 2);
  CHECK(softplus.second == 10);
  CHECK(last(Clip<float>{-1, 2}).activation == Activation::clip);
  CHECK(last(Clip<float>{-1, 2}).first == -1);
  CHECK(last(Clip<float>{-1, 2}).second == 2);
  CHECK(last(GELU<float>{}).activation == Activation::gelu);
  CHECK(last(GELU<float>{GELUForm::tanh}).activation == Activation::gelu_tanh);
  CHECK(last(SiLU<float>{}).activation == Activation::silu);
  CHECK(last(Sigmoid<float>{}).activation == Activation::sigmoid);
  CHECK(last(Softmax<float>{}).activation == Activation::softmax);
}

TEST_CASE("dense_layers: OneHot becomes part of the next layer, into which a scaler is folded") {
  Generator random(6);
  const OneHot one_hot{3, {{2, 2}, {0, 3}}};
  const Standardize scaler{Tensor<double>::randn({20, 6}, random, 3, 2)};
  const auto layers =
      dense_layers(Sequential<double>{Flatten{}, one_hot, scaler, Linear<double>{6, 4, random}, ReLU{}});
  REQUIRE(layers.size() == 1);
  CHECK(layers[0].categories == std::vector<CategoricalColumn>{{0, 3}, {2, 2}});
  CHECK(layers[0].in == 6);
  CHECK(layers[0].inputs() == 3);
  CHECK(layers[0].activation == Activation::relu);
}

TEST_CASE("dense_layers: OneHot that no Linear follows becomes a diagonal layer") {
  Generator random(6);
  const OneHot one_hot{3, {{1, 2}}};
  const auto norm = unusual_norm(3, random);
  const auto last = dense_layers(Sequential<double>{Linear<double>{5, 3, random}, one_hot});
  REQUIRE(last.size() == 2);
  CHECK(last[0].categories.empty());
  CHECK(last[1].categories == one_hot.columns());
  CHECK(last[1].weight == std::vector<double>{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});
  const auto twice = dense_layers(Sequential<double>{norm, one_hot, OneHot{4, {{3, 5}}}, Tanh{}});
  REQUIRE(twice.size() == 3);
  CHECK(twice[0].categories.empty());
  CHECK(twice[1].inputs() == 3);
  CHECK(twice[2].inputs() == 4);
  CHECK(twice[2].out == 8);
  CHECK(dense_layers(Sequential<double>{OneHot{3, {}}, Linear<double>{3, 2}}).size() == 1);
  check_equal({Linear<double>{5, 3, random}, one_hot, unusual_norm(4, random)}, 5);
  check_equal({Linear<double>{5, 3, random}, one_hot, Tanh{}, Linear<double>{4, 2, random}}, 5);
  check_equal({norm, Dropout{}, one_hot, Linear<double>{4, 2, random}, ReLU{}}, 3);
  CHECK_THROWS_WITH(dense_layers(Sequential<double>{Linear<double>{5, 4}, one_hot}),
                    "dense_layers: module 1 has 3 inputs, expected 4");
}

TEST_CASE("dense_layers: unsupported modules are refused by name and position") {
  const Linear<float> linear{3, 3};
  CHECK_THROWS_WITH(
      dense_layers(Sequential<float>{linear, Sequential<float>{Tanh<float>{}, LayerNorm<float>{3}}}),
      "dense_layers: module 1.1 is LayerNorm(3), expected Linear, BatchNorm1d, Standardize, MinMax, OneHot, "
      "Dropout, Flatten, Identity or an activation");
  CHECK_THROWS_WITH(dense_layers(Sequential<float>{linear, Linear<float>{4, 2}}),
                    "dense_layers: module 1 has 4 inputs, expected 3");
  CHECK_THROWS_WITH(dense_layers(Sequential<float>{Tanh<float>{}, linear}),
                    "dense_layers: the network begins with an activation, expected a Linear before it");
  CHECK_THROWS_AS(dense_layers(Sequential<float>{}), ArgumentError);
  CHECK_THROWS_AS(dense_layers(Sequential<float>{Flatten<float>{}}), ArgumentError);
}
