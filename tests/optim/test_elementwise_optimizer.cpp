// SPDX-License-Identifier: MIT

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/simd/float_bits.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/mean_squared_error.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/optim/adagrad.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/optim/adamw.hpp>
#include <gradus/optim/check.hpp>
#include <gradus/optim/elementwise_optimizer.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/optim/rmsprop.hpp>
#include <gradus/optim/sgd.hpp>

#include "../support/instruction_sets.hpp"

namespace {

using gradus::ArgumentError;
using gradus::Generator;
using gradus::Index;
using gradus::Tensor;
using gradus::nn::Linear;
using gradus::nn::NamedParameter;
using gradus::nn::Parameter;
using gradus::nn::Sequential;
using gradus::optim::Adagrad;
using gradus::optim::Adam;
using gradus::optim::AdamW;
using gradus::optim::ElementwiseOptimizer;
using gradus::optim::RMSprop;
using gradus::optim::SGD;
using gradus::optim::State;

/// Fits y = x W^T + b to data generated from a known W and b, and returns the largest error in them.
template <class MakeOptimizer>
double error_after_fit(MakeOptimizer make_optimizer) {
  Generator random{7};
  const Tensor<double> x = Tensor<double>::randn({64, 3}, random);
  Linear<double> truth{3, 2, random};
  gradus::nn::Context context;
  Tensor<double> y = Tensor<double>::zeros({64, 2});
  truth.forward(x, y, context);

  Sequential net{Linear<double>{3, 2, random}};
  auto optimizer = make_optimizer(net.named_parameters());
  gradus::nn::MeanSquaredError<double> loss;
  Tensor<double> dy = Tensor<double>::zeros({64, 2});
  for (int step = 0; step < 2000; ++step) {
    loss(net.forward(x), y, dy);
    net.backward(dy);
    optimizer.step();
  }
  const auto fitted = net.named_parameters();
  return std::max((fitted[0]->value.array() - truth.weight.value.array()).abs().maxCoeff(),
                  (fitted[1]->value.array() - truth.bias.value.array()).abs().maxCoeff());
}

TEST_CASE("Optimizer: all optimisers find the solution of a linear regression") {
  CHECK(error_after_fit([](auto p) { return SGD{p, {.learning_rate = 0.1}}; }) < 1e-9);
  CHECK(error_after_fit([](auto p) { return SGD{p, {.learning_rate = 0.05, .momentum = 0.9}}; }) < 1e-9);
  CHECK(error_after_fit([](auto p) {
          return SGD{p, {.learning_rate = 0.05, .momentum = 0.9, .nesterov = true}};
        }) < 1e-9);
  CHECK(error_after_fit([](auto p) { return Adagrad{p, {.learning_rate = 0.5}}; }) < 1e-9);
  CHECK(error_after_fit([](auto p) { return Adam{p, {.learning_rate = 0.01}}; }) < 1e-6);
  CHECK(error_after_fit([](auto p) { return AdamW{p, {.learning_rate = 0.01, .weight_decay = 0}}; }) < 1e-6);
  // Its step does not shrink with the gradient.
  CHECK(error_after_fit([](auto p) { return RMSprop{p, {.learning_rate = 1e-3}}; }) < 2e-3);
}

struct SignOptions {
  double learning_rate = 0.1;
};

struct SignRule {
  using Options = SignOptions;
  static constexpr const char* name = "SignDescent";
  static void check(const Options& options) {
    gradus::optim::check_not_negative(name, "learning_rate", options.learning_rate);
  }
  static std::array<State, 0> state(const Options&) { return {}; }

  // w -= rate sign(g)
  template <class Scalar, class Run>
  static void update(const Options& options, Index, const Run& run) {
    run(Step<Scalar>{static_cast<Scalar>(options.learning_rate)});
  }

  template <class Scalar>
  struct Step {
    Scalar rate;

    template <class P>
    [[gnu::always_inline]] void operator()(P& w, const P& g) const {
      w -= rate * sign(g);
    }
  };
};

template <class Scalar>
class SignDescent : public ElementwiseOptimizer<Scalar, SignRule> {
 public:
  SignDescent(std::vector<NamedParameter<Scalar>> parameters, const SignOptions& options)
      : ElementwiseOptimizer<Scalar, SignRule>(std::move(parameters), options) {}
};

static_assert(gradus::optim::Optimizer<SignDescent<float>>);

template <class T>
concept HasMomentum = requires(T& optimizer) {
  optimizer.set_momentum(0.5);
};
static_assert(HasMomentum<SGD<float>> && HasMomentum<Adam<float>> && !HasMomentum<Adagrad<float>> &&
              !HasMomentum<SignDescent<float>>);

TEST_CASE("ElementwiseOptimizer: a user-defined rule gives an optimiser") {
  Parameter<float> parameter{Tensor<float>{1, 1, 1}};
  SignDescent optimizer{std::vector<NamedParameter<float>>{{"w", &parameter}}, {.learning_rate = 0.5}};
  parameter.grad() = Tensor<float>{-30, 0, 0.1f};
  optimizer.step();
  CHECK(parameter.value == Tensor<float>{1.5f, 1, 0.5f});
  CHECK(parameter.grad() == Tensor<float>{0, 0, 0});
  CHECK_THROWS_AS((SignDescent<float>{{{"w", &parameter}}, {.learning_rate = -1}}), ArgumentError);
}

/// Returns the weight after one step with a gradient at every position of arrays of about one and two packs;
/// the other gradients are 1. Checks that all positions agree.
template <class T, class MakeOptimizer>
T weight_after_step(T gradient, MakeOptimizer make) {
  T after = std::numeric_limits<T>::quiet_NaN();
  bool is_first = true;
  gradus::test::for_each_instruction_set([&] {
    for (const Index size : {1, 7, 19, 33}) {
      for (Index place = 0; place < size; ++place) {
        Parameter<T> parameter{Tensor<T>::full({size}, T(0.5))};
        auto optimizer = make(std::vector<NamedParameter<T>>{{"w", &parameter}});
        parameter.grad().fill(1);
        parameter.grad()(place) = gradient;
        optimizer.step();
        const T here = parameter.value(place);
        if (is_first) after = here;
        is_first = false;
        CHECK((here == after || std::isnan(after)));
        CHECK(std::isnan(here) == std::isnan(after));
        for (Index i = 0; i < size; ++i) CHECK((i == place || std::isfinite(parameter.value(i))));
      }
    }
  });
  return after;
}

TEST_CASE_TEMPLATE("Optimizer: a step on extreme gradients equals PyTorch's, at every position", T, float,
                   double) {
  constexpr T inf = std::numeric_limits<T>::infinity(), largest = std::numeric_limits<T>::max();
  // Its square overflows, but 1e-3 times its square does not.
  const T large = std::sqrt(largest) * 2;
  const auto adam = [](auto p) { return Adam{p, {.learning_rate = 0.125}}; };
  const auto amsgrad = [](auto p) { return Adam{p, {.learning_rate = 0.125, .amsgrad = true}}; };
  const auto adamw = [](auto p) { return AdamW{p, {.learning_rate = 0.125, .weight_decay = 0}}; };
  const auto check_adam = [&](auto make) {
    for (const T sign : {T(1), T(-1)}) {
      CHECK(weight_after_step<T>(sign * largest, make) == T(0.5));
      CHECK(weight_after_step<T>(sign * large, make) == doctest::Approx(0.5 - double(sign) * 0.125));
      CHECK(std::isnan(weight_after_step<T>(sign * inf, make)));
    }
    CHECK(weight_after_step<T>(0, make) == T(0.5));
    CHECK(std::isnan(weight_after_step<T>(std::numeric_limits<T>::quiet_NaN(), make)));
  };
  check_adam(adam);
  check_adam(amsgrad);
  check_adam(adamw);
  const auto rmsprop = [](auto p) { return RMSprop{p, {.learning_rate = 0.125}}; };
  CHECK(weight_after_step<T>(largest, rmsprop) == T(0.5));
  CHECK(weight_after_step<T>(large, rmsprop) == doctest::Approx(0.5 - 0.125 * 10));
  CHECK(std::isnan(weight_after_step<T>(inf, rmsprop)));
  const auto adagrad = [](auto p) { return Adagrad{p, {.learning_rate = 0.125}}; };
  CHECK(weight_after_step<T>(largest, adagrad) == T(0.5));
  CHECK(weight_after_step<T>(T(3), adagrad) == doctest::Approx(0.5 - 0.125));
  CHECK(std::isnan(weight_after_step<T>(inf, adagrad)));
  const auto sgd = [](auto p) { return SGD{p, {.learning_rate = 0.125, .momentum = 0.5}}; };
  CHECK(weight_after_step<T>(largest, sgd) == T(0.5) - T(0.125) * largest);
  CHECK(weight_after_step<T>(inf, sgd) == -inf);
}

TEST_CASE("ElementwiseOptimizer: a copy keeps its own state") {
  Parameter<double> parameter{Tensor<double>{0}};
  SGD<double> first{{{"w", &parameter}}, {.learning_rate = 1, .momentum = 0.5}};
  parameter.grad().fill(1);
  first.step();
  SGD<double> second = first;
  second.step();
  CHECK(parameter.value.item() == -1.5);
  CHECK(first.step_count() == 1);
  first.step();
  CHECK(parameter.value.item() == -2);
}

TEST_CASE("ElementwiseOptimizer: the step count does not overflow, and a refused step changes nothing") {
  Parameter<float> parameter(Tensor<float>{1, 2});
  gradus::optim::SGD<float> sgd{{{"weight", &parameter}}, {.learning_rate = 1}};
  const Index most = std::numeric_limits<Index>::max();
  CHECK_THROWS_WITH_AS(sgd.set_step_count(most),
                       "SGD: step count is 9223372036854775807, expected 0 to 9223372036854775806",
                       ArgumentError);
  CHECK(sgd.step_count() == 0);
  sgd.set_step_count(most - 1);
  sgd.step();
  CHECK(sgd.step_count() == most);
  parameter.grad().fill(1);
  CHECK_THROWS_AS(sgd.step(), ArgumentError);
  CHECK(parameter.value == Tensor<float>{1, 2});
}

TEST_CASE("ElementwiseOptimizer: a group that is added later starts at its own first step, as in PyTorch") {
  Parameter<double> early{Tensor<double>{0}}, late{Tensor<double>{0}};
  Adam<double> adam{{{"early", &early}}, {.learning_rate = 1e-3}};
  for (int step = 0; step < 100; ++step) {
    early.grad().fill(1);
    adam.step();
  }
  adam.add_group({{"late", &late}}, {.learning_rate = 1e-3});
  early.grad().fill(1);
  late.grad().fill(1);
  adam.step();
  CHECK(late.value.item() == doctest::Approx(-1e-3).epsilon(1e-6));
}

}  // namespace

TEST_CASE("ElementwiseOptimizer: each group has its own step count, which can be read and set") {
  Parameter<double> first{Tensor<double>{0}}, late{Tensor<double>{0}};
  gradus::optim::Adam<double> adam{{{"first", &first}}, {.learning_rate = 0.001}};
  for (int i = 0; i < 5; ++i) {
    first.grad().fill(1);
    adam.step();
  }
  adam.add_group({{"late", &late}}, {.learning_rate = 0.001});
  late.grad().fill(3);
  adam.step();
  CHECK(late.value.item() == doctest::Approx(-0.001).epsilon(1e-6));
  CHECK(adam.step_count() == 6);
  CHECK(adam.step_count(1) == 1);
  adam.set_step_count(1, 4);
  CHECK(adam.step_count(0) == 6);
  CHECK(adam.step_count(1) == 4);
  adam.set_step_count(9);
  CHECK(adam.step_count(1) == 9);
  CHECK_THROWS_AS(adam.step_count(2), gradus::IndexError);
  CHECK_THROWS_AS(adam.set_step_count(1, -1), ArgumentError);
}
