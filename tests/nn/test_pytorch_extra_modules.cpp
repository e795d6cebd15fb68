// SPDX-License-Identifier: MIT

#include <cmath>
#include <span>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

// Reference numbers from PyTorch in double; both sides draw the inputs from the same seeds.

namespace {

using namespace gradus;

#include "../reference/extra_modules.inc"

Tensor<double> draw(const Shape& shape, Generator& random) {
  return Tensor<double>::uniform(shape, random, -3, 3);
}

void check_near(std::span<const double> got, std::span<const double> expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK_MESSAGE(std::abs(got[i] - expected[i]) <= 1e-12 * std::max(1.0, std::abs(expected[i])), "element ",
                  i, ": ", got[i], ", expected ", expected[i]);
  }
}

template <class Module>
void check_pass(Module& module, const Tensor<double>& x, const Tensor<double>& dy,
                std::span<const double> expected_y, std::span<const double> expected_dx,
                bool training = true) {
  nn::Context context;
  context.begin({.training = training});
  Tensor<double> y(x.shape()), dx(x.shape());
  module.forward(x, y, context);
  if constexpr (nn::detail::HasGradient<Module, double>) module.gradient(x, dy, context);
  module.backward(x, y, dy, dx, context);
  if constexpr (nn::detail::HasUpdate<Module>) {
    if (training) module.update(context);
  }
  check_near(y.span(), expected_y);
  check_near(dx.span(), expected_dx);
}

template <class Module>
void check_activation(Module module, std::span<const double> y, std::span<const double> dx,
                      std::span<const double> far_y, std::span<const double> far_dx) {
  Generator random(1);
  const Tensor<double> x = draw({3, 5}, random), dy = draw({3, 5}, random);
  check_pass(module, x, dy, y, dx);
  const Tensor<double> far{-1e4, -745, -40, -9, -1e-9, 0, 1e-9, 9, 40, 1e4};
  check_pass(module, far, Tensor<double>::arange(1, 11), far_y, far_dx);
}

}  // namespace

TEST_CASE("LeakyReLU, ELU, SiLU, Softplus, GELU: equal PyTorch's") {
  SUBCASE("LeakyReLU") {
    check_activation(nn::LeakyReLU<double>{}, leaky_relu_y, leaky_relu_dx, leaky_relu_far_y,
                     leaky_relu_far_dx);
    check_activation(nn::LeakyReLU<double>{0.3}, leaky_relu_steep_y, leaky_relu_steep_dx,
                     leaky_relu_steep_far_y, leaky_relu_steep_far_dx);
  }
  SUBCASE("ELU") {
    check_activation(nn::ELU<double>{}, elu_y, elu_dx, elu_far_y, elu_far_dx);
    check_activation(nn::ELU<double>{1.7}, elu_large_y, elu_large_dx, elu_large_far_y, elu_large_far_dx);
  }
  SUBCASE("SiLU") { check_activation(nn::SiLU<double>{}, silu_y, silu_dx, silu_far_y, silu_far_dx); }
  SUBCASE("Softplus") {
    check_activation(nn::Softplus<double>{}, softplus_y, softplus_dx, softplus_far_y, softplus_far_dx);
    check_activation(nn::Softplus<double>{{.beta = 2, .threshold = 3}}, softplus_steep_y, softplus_steep_dx,
                     softplus_steep_far_y, softplus_steep_far_dx);
  }
  SUBCASE("GELU") {
    check_activation(nn::GELU<double>{}, gelu_y, gelu_dx, gelu_far_y, gelu_far_dx);
    check_activation(nn::GELU<double>{nn::GELUForm::tanh}, gelu_tanh_y, gelu_tanh_dx, gelu_tanh_far_y,
                     gelu_tanh_far_dx);
  }
}

TEST_CASE("BatchNorm1d: equals PyTorch's") {
  SUBCASE("in training, then in evaluation with the resulting statistics") {
    nn::BatchNorm1d<double> norm(3);
    Generator random(2);
    const Tensor<double> x = draw({5, 3}, random), dy = draw({5, 3}, random);
    norm.weight.value = draw({3}, random);
    norm.bias.value = draw({3}, random);
    check_pass(norm, x, dy, batch_norm_y, batch_norm_dx);
    check_near(norm.weight.grad().span(), batch_norm_dweight);
    check_near(norm.bias.grad().span(), batch_norm_dbias);

    Generator second(3);
    const Tensor<double> x2 = draw({2, 3}, second);
    Tensor<double> y2(x2.shape());
    nn::Context context;
    context.begin({.training = true});
    norm.forward(x2, y2, context);
    norm.update(context);
    check_near(norm.running_mean.span(), batch_norm_running_mean);
    check_near(norm.running_variance.span(), batch_norm_running_var);

    Generator third(4);
    const Tensor<double> x3 = draw({5, 3}, third), dy3 = draw({5, 3}, third);
    norm.weight.value = draw({3}, third);
    norm.bias.value = draw({3}, third);
    norm.weight.zero_grad();
    norm.bias.zero_grad();
    check_pass(norm, x3, dy3, batch_norm_eval_y, batch_norm_eval_dx, false);
    check_near(norm.weight.grad().span(), batch_norm_eval_dweight);
    check_near(norm.bias.grad().span(), batch_norm_eval_dbias);
  }
  SUBCASE("without weight and bias") {
    nn::BatchNorm1d<double> norm(3, {.epsilon = 0.1, .affine = false});
    Generator random(5);
    const Tensor<double> x = draw({4, 3}, random), dy = draw({4, 3}, random);
    check_pass(norm, x, dy, batch_norm_plain_y, batch_norm_plain_dx);
  }
}

TEST_CASE("LayerNorm: equals PyTorch's") {
  SUBCASE("with weight and bias") {
    nn::LayerNorm<double> norm(7);
    Generator random(6);
    const Tensor<double> x = draw({2, 3, 7}, random), dy = draw({2, 3, 7}, random);
    norm.weight.value = draw({7}, random);
    norm.bias.value = draw({7}, random);
    check_pass(norm, x, dy, layer_norm_y, layer_norm_dx);
    check_near(norm.weight.grad().span(), layer_norm_dweight);
    check_near(norm.bias.grad().span(), layer_norm_dbias);
  }
  SUBCASE("without weight and bias") {
    nn::LayerNorm<double> norm(4, {.epsilon = 0.1, .affine = false});
    Generator random(7);
    const Tensor<double> x = draw({5, 4}, random), dy = draw({5, 4}, random);
    check_pass(norm, x, dy, layer_norm_plain_y, layer_norm_plain_dx);
  }
}
