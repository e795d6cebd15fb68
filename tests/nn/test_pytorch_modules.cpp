// SPDX-License-Identifier: MIT

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

// Reference numbers from PyTorch in double; both sides draw the inputs from the same seeds.

namespace {

using namespace gradus;
using nn::Reduction;

struct CrossEntropyReference {
  Reduction reduction;
  double label_smoothing;
  bool weighted;
  Index ignore_index;
  double loss;
  double gradient[20];
};
struct PairedLossReference {
  Reduction reduction;
  double loss;
  double gradient[12];
};
struct InitialiserReference {
  std::string_view name;
  std::uint64_t seed;
  Index outputs, inputs;
  std::uint64_t of_floats, of_doubles;
};

#include "../reference/modules.inc"

Tensor<double> draw(const Shape& shape, Generator& random) {
  return Tensor<double>::uniform(shape, random, -3, 3);
}

// The tolerance is a few ulp of the largest terms of the sums.
void check_near(std::span<const double> got, std::span<const double> expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK_MESSAGE(std::abs(got[i] - expected[i]) <= 1e-14 + 1e-13 * std::abs(expected[i]), "element ", i,
                  ": ", got[i], ", expected ", expected[i]);
  }
}

template <class Module>
void check_module(const Module& module, const Tensor<double>& x, const Tensor<double>& dy,
                  std::span<const double> expected_y, std::span<const double> expected_dx,
                  Generator* random = nullptr) {
  nn::Context context;
  context.begin({.training = true, .random = random});
  Tensor<double> y(module.output_shape(x.shape()));
  Tensor<double> dx(x.shape());
  module.forward(x.view(), y.view(), context);
  module.backward(x.view(), y.view(), dy.view(), dx.view(), context);
  check_near(y.span(), expected_y);
  check_near(dx.span(), expected_dx);
}

// Returns the FNV-1a hash, computed word by word, as in common.py.
template <class Scalar>
std::uint64_t fingerprint(std::span<const Scalar> values, std::uint64_t start = 0xcbf29ce484222325u) {
  using Bits = std::conditional_t<std::is_same_v<Scalar, float>, std::uint32_t, std::uint64_t>;
  for (const Scalar value : values) start = (start ^ std::bit_cast<Bits>(value)) * 0x100000001b3u;
  return start;
}

template <class Scalar>
std::uint64_t initialised(const InitialiserReference& reference) {
  Generator random(reference.seed);
  if (reference.name == "Linear") {
    const nn::Linear<Scalar> layer(reference.inputs, reference.outputs, random);
    return fingerprint(layer.bias.value.span(), fingerprint(layer.weight.value.span()));
  }
  Tensor<Scalar> weight(Shape{reference.outputs, reference.inputs});
  if (reference.name == "xavier_uniform") nn::init::xavier_uniform(weight.view(), random);
  if (reference.name == "kaiming_uniform") nn::init::kaiming_uniform(weight.view(), random);
  return fingerprint(std::as_const(weight).span());
}

}  // namespace

TEST_CASE("ReLU, Sigmoid, Tanh, Softmax: equal PyTorch's") {
  Generator random(1);
  const auto x = draw({3, 5}, random);
  const auto dy = draw({3, 5}, random);
  const Tensor<double> extremes{{-1e4, -745, -40, -1e-9}, {0, 1e-9, 40, 1e4}};
  const Tensor<double> counting{{1, 2, 3, 4}, {5, 6, 7, 8}};

  SUBCASE("ReLU") {
    check_module(nn::ReLU<double>{}, x, dy, relu_y, relu_dx);
    check_module(nn::ReLU<double>{}, extremes, counting, relu_extremes_y, relu_extremes_dx);
  }
  SUBCASE("Sigmoid") {
    check_module(nn::Sigmoid<double>{}, x, dy, sigmoid_y, sigmoid_dx);
    check_module(nn::Sigmoid<double>{}, extremes, counting, sigmoid_extremes_y, sigmoid_extremes_dx);
  }
  SUBCASE("Tanh") {
    check_module(nn::Tanh<double>{}, x, dy, tanh_y, tanh_dx);
    check_module(nn::Tanh<double>{}, extremes, counting, tanh_extremes_y, tanh_extremes_dx);
  }
  SUBCASE("Softmax") {
    check_module(nn::Softmax<double>{}, x, dy, softmax_y, softmax_dx);
    check_module(nn::Softmax<double>{}, extremes, counting, softmax_extremes_y, softmax_extremes_dx);
  }
}

TEST_CASE("Linear: equals PyTorch's") {
  Generator random(2);
  const auto x = draw({4, 5}, random);
  nn::Linear<double> linear(5, 3);
  linear.weight.value = draw({3, 5}, random);
  linear.bias.value = draw({3}, random);
  const auto dy = draw({4, 3}, random);

  check_module(linear, x, dy, linear_y, linear_dx);
  nn::Context context;
  linear.gradient(x.view(), dy.view(), context);
  check_near(linear.weight.grad().span(), linear_dweight);
  check_near(linear.bias.grad().span(), linear_dbias);
}

TEST_CASE("Dropout: drops the same elements as PyTorch") {
  Generator random(3);
  const auto x = draw({4, 5}, random);
  const auto dy = draw({4, 5}, random);
  check_module(nn::Dropout<double>(0.3), x, dy, dropout_y, dropout_dx, &random);
}

TEST_CASE("SoftmaxCrossEntropy: equals PyTorch's") {
  Generator random(4);
  const auto logits = draw({5, 4}, random);
  const std::vector<Index> labels{3, 0, 2, 1, 3};
  for (const auto& reference : cross_entropy_references) {
    CAPTURE(static_cast<int>(reference.reduction));
    CAPTURE(reference.label_smoothing);
    CAPTURE(reference.weighted);
    CAPTURE(reference.ignore_index);
    nn::SoftmaxCrossEntropy<double> loss{.reduction = reference.reduction,
                                         .label_smoothing = reference.label_smoothing,
                                         .ignore_index = reference.ignore_index};
    if (reference.weighted) loss.class_weights = Tensor<double>{0.5, 2, 1, 1.5};
    Tensor<double> gradient(logits.shape());
    const auto result = loss(logits, labels, gradient);
    check_near(std::span(&result.loss, 1), std::span(&reference.loss, 1));
    check_near(gradient.span(), reference.gradient);
    CHECK(loss(logits, labels).loss == doctest::Approx(reference.loss).epsilon(1e-13));
  }
}

TEST_CASE("MeanSquaredError, BinaryCrossEntropy: equal PyTorch's") {
  Generator random(5);
  const auto x = draw({3, 4}, random);
  const auto target = Tensor<double>::uniform({3, 4}, random);
  const auto check = [&](const auto& loss, const PairedLossReference& reference) {
    Tensor<double> gradient(x.shape());
    const double value = loss(x, target, gradient);
    check_near(std::span(&value, 1), std::span(&reference.loss, 1));
    check_near(gradient.span(), reference.gradient);
  };
  for (const auto& reference : mean_squared_error_references) {
    check(nn::MeanSquaredError<double>{reference.reduction}, reference);
  }
  for (const auto& reference : binary_cross_entropy_references) {
    check(nn::BinaryCrossEntropy<double>{reference.reduction}, reference);
  }
}

TEST_CASE("init: draws PyTorch's weights, bit for bit") {
  for (const auto& reference : initialiser_references) {
    CAPTURE(reference.name);
    CAPTURE(reference.inputs);
    CHECK(initialised<float>(reference) == reference.of_floats);
    CHECK(initialised<double>(reference) == reference.of_doubles);
  }
}
