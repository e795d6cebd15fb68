// SPDX-License-Identifier: MIT

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/c_program.hpp>
#include <gradus/nn.hpp>

#include "../support/swish.hpp"

namespace {

using namespace gradus;
using namespace gradus::nn;

std::size_t steps(const Sequential<double>& net) {
  return gradus::detail::CProgram<double>(net).steps().size();
}

/// Returns the largest difference between a network and its steps.
double difference(Sequential<double> net, Index inputs) {
  net.visit_buffers([](std::string_view, Tensor<double>& tensor) {
    for (Index i = 0; i < tensor.size(); ++i) tensor.data()[i] += 0.1 * static_cast<double>(i + 1);
  });
  Tensor<double> x(Shape{1, inputs});
  Generator(5).fill_uniform(x.span(), -3, 3);
  const Tensor<double> y = net.predict(x);
  const gradus::detail::CProgram<double> program(net);
  const std::vector<double> found =
      gradus::detail::run_c_steps(program.steps(), std::vector<double>(x.begin(), x.end()));
  REQUIRE(found.size() == to_size(y.size()));
  double largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    largest = std::max(largest, std::abs(found[i] - y.data()[i]));
  return largest;
}

}  // namespace

TEST_CASE(
    "CProgram: batch normalisation is folded into the layer before it, otherwise into the one after it") {
  CHECK(steps({Linear<double>{4, 3}, BatchNorm1d<double>{3}, ReLU{}}) == 2);
  CHECK(steps({BatchNorm1d<double>{4}, Linear<double>{4, 3}}) == 1);
  CHECK(steps({Linear<double>{4, 3}, ReLU{}, BatchNorm1d<double>{3}, Dropout{}, Linear<double>{3, 2}}) == 3);
  CHECK(steps({BatchNorm1d<double>{4}, Clip{-5, 5}, Linear<double>{4, 3}}) == 3);
  CHECK(difference({Linear<double>{4, 3}, BatchNorm1d<double>{3}, ReLU{}}, 4) <= 1e-14);
  CHECK(difference({Linear<double>{4, 3, {.bias = false}}, BatchNorm1d<double>{3}, BatchNorm1d<double>{3}},
                   4) <= 1e-14);
  CHECK(difference({BatchNorm1d<double>{4}, BatchNorm1d<double>{4}, Linear<double>{4, 3}}, 4) <= 1e-14);
  CHECK(difference({Linear<double>{4, 3}, Tanh{}, BatchNorm1d<double>{3}, Dropout{}, Linear<double>{3, 2}},
                   4) <= 1e-14);
  CHECK(difference({BatchNorm1d<double>{4}, Clip{-1, 1}, LayerNorm<double>{4}, BatchNorm1d<double>{4}}, 4) <=
        1e-14);
}

TEST_CASE("CProgram: scalers are folded into their neighbours") {
  Generator random(1);
  const Standardize inputs{Tensor<double>::randn({20, 4}, random, 3, 2)};
  const MinMax outputs{Tensor<double>::randn({20, 3}, random)};
  CHECK(steps({inputs, Linear<double>{4, 3}, outputs}) == 1);
  CHECK(difference({inputs, Linear<double>{4, 3}, outputs.inverse()}, 4) <= 1e-14);
  CHECK(difference({inputs, Tanh{}, Linear<double>{4, 3}, ReLU{}, outputs}, 4) <= 1e-14);
}

TEST_CASE("CProgram: OneHot is a step, and a scaler after it is folded into the layer that follows") {
  Generator random(1);
  const OneHot one_hot{4, {{1, 3}, {3, 2}}};
  const Standardize scaler{Tensor<double>::randn({20, 7}, random, 3, 2)};
  CHECK(steps({one_hot, scaler, Linear<double>{7, 3}}) == 2);
  CHECK(steps({MinMax{Tensor<double>::randn({20, 4}, random)}, one_hot, scaler}) == 3);
  const Sequential<double> net{Flatten{},          one_hot, scaler, Linear<double>{7, 3, random}, Tanh{},
                               OneHot{3, {{0, 2}}}};
  const gradus::detail::CProgram<double> program(net);
  CHECK(program.inputs() == 4);
  CHECK(program.outputs() == 4);
  const std::vector<std::vector<double>> samples{{0.5, 2, -1, 1}, {-3, 0, 7, 0}, {1, 3, 1, -1}};
  for (const std::vector<double>& x : samples) {
    const Tensor<double> y = net.predict(Tensor<double>{{x[0], x[1], x[2], x[3]}});
    const std::vector<double> found = gradus::detail::run_c_steps(program.steps(), x);
    REQUIRE(found.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(found[i] - y.data()[i]) <= 1e-14);
  }
  CHECK_THROWS_AS(steps({Linear<double>{4, 3}, one_hot}), ArgumentError);
  CHECK_THROWS_AS(steps({one_hot, Linear<double>{4, 3}}), ArgumentError);
}

TEST_CASE("CProgram: computes every activation and nested networks") {
  const Linear<double> linear{4, 4};
  CHECK(difference({linear, ReLU{}, linear, Sigmoid{}, linear, Tanh{}, linear, ELU{0.7}}, 4) <= 1e-14);
  CHECK(difference({linear, LeakyReLU{}, linear, SiLU{}, linear, GELU{}, linear, GELU{GELUForm::tanh}}, 4) <=
        1e-14);
  CHECK(difference(
            {Softplus{{.beta = 2, .threshold = 3}}, Sequential<double>{Clip{-1, 1}, linear}, Softmax{}}, 4) <=
        1e-14);
}

TEST_CASE("CProgram: determines the input size, and refuses what it cannot compute") {
  CHECK(gradus::detail::CProgram<double>({Tanh{}, Linear<double>{4, 3}}).inputs() == 4);
  CHECK_THROWS_AS(steps({Tanh{}}), ArgumentError);
  CHECK_THROWS_AS(steps({}), ArgumentError);
  CHECK_THROWS_AS(steps({Linear<double>{4, 3}, Linear<double>{4, 3}}), ArgumentError);
  CHECK_THROWS_WITH_AS(steps({Linear<double>{4, 3}, third_party::Swish<double>{}}),
                       "export_c: module 1 is Swish, expected a module of gradus", ArgumentError);
}
