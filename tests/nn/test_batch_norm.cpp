// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::ArgumentError;
using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using namespace gradus::nn;
namespace test = gradus::test;

namespace {

/// Returns a layer that is not initialised to the identity.
template <class Scalar>
BatchNorm1d<Scalar> some_norm(Index features, bool affine = true) {
  Generator random(9);
  BatchNorm1d<Scalar> norm(features, {.affine = affine});
  const auto draw = [&](Tensor<Scalar>& x, double from, double to) {
    random.fill_uniform(x.span(), from, to);
  };
  draw(norm.running_mean, -1, 1);
  draw(norm.running_variance, 0.5, 2);
  if (affine) draw(norm.weight.value, 0.5, 2);
  if (affine) draw(norm.bias.value, -1, 1);
  return norm;
}

}  // namespace

TEST_SUITE("nn::BatchNorm1d") {
  TEST_CASE("BatchNorm1d: hand-written gradients equal finite differences, in training and evaluation") {
    Generator random(1);
    for (const Shape& shape :
         {Shape{0, 3}, Shape{1, 3}, Shape{2, 1}, Shape{5, 3}, Shape{7, 11}, Shape{3, 0}}) {
      for (const bool affine : {true, false}) {
        for (const bool training : {true, false}) {
          if (training && shape[0] == 1) continue;
          const auto report = test::check_gradients(some_norm<double>(shape[1], affine),
                                                    Tensor<double>::randn(shape, random), training);
          CHECK_MESSAGE(report.ok(), shape.to_string(), ": ", report.where, " is off by ", report.error);
        }
      }
    }
  }

  TEST_CASE("BatchNorm1d: float agrees with double") {
    Generator random(2);
    const auto single = some_norm<float>(11);
    auto twice = some_norm<double>(11);
    twice.weight.value = single.weight.value.cast<double>();
    twice.bias.value = single.bias.value.cast<double>();
    CHECK(test::float_agrees_with_double(single, twice, Tensor<double>::randn({37, 11}, random, 1, 2), 37));
  }

  TEST_CASE("BatchNorm1d: in training, every column gets mean 0 and variance 1") {
    Generator random(3);
    const Tensor<double> x = Tensor<double>::randn({64, 5}, random, 30, 7);
    Tensor<double> y(x.shape());
    Context context;
    context.begin({.training = true});
    BatchNorm1d<double>(5).forward(x, y, context);
    for (Index j = 0; j < 5; ++j) {
      CHECK(std::abs(y.matrix().col(j).mean()) <= 1e-13);
      CHECK(y.matrix().col(j).squaredNorm() / 64 == doctest::Approx(1).epsilon(1e-6));
    }
  }

  TEST_CASE("BatchNorm1d: each training pass updates the running statistics, which predict uses") {
    Sequential<double> net{BatchNorm1d<double>(2)};
    auto& norm = net[0].as<BatchNorm1d>();
    const Tensor<double> x{{1, 10}, {3, 30}};
    CHECK(net.predict(x)(0, 0) == doctest::Approx(1).epsilon(1e-4));  // untrained: mean 0, variance 1
    net.forward(x);
    CHECK(norm.running_mean(0) == doctest::Approx(0.1 * 2));
    CHECK(norm.running_mean(1) == doctest::Approx(0.1 * 20));
    CHECK(norm.running_variance(0) == doctest::Approx(0.9 + 0.1 * 2));  // unbiased
    CHECK(norm.running_variance(1) == doctest::Approx(0.9 + 0.1 * 200));
    const Tensor<double> mean = norm.running_mean;
    net.predict(x);
    net.eval();
    net.forward(x);
    CHECK(norm.running_mean == mean);
    net.train();
    for (int pass = 0; pass < 500; ++pass) net.forward(x);
    CHECK(norm.running_mean(1) == doctest::Approx(20));
    CHECK(norm.running_variance(1) == doctest::Approx(200));
  }

  TEST_CASE("BatchNorm1d: an empty batch updates nothing, and a batch of one cannot be trained on") {
    Sequential<float> net{some_norm<float>(3)};
    const Tensor<float> before = net[0].as<BatchNorm1d>().running_variance;
    CHECK(net.forward(Tensor<float>(Shape{0, 3})).shape() == Shape{0, 3});
    CHECK(net[0].as<BatchNorm1d>().running_variance == before);
    CHECK_THROWS_WITH_AS(net.forward(Tensor<float>(Shape{1, 3})),
                         "BatchNorm1d: input has shape [1, 3] in training, expected a batch of at least 2",
                         ShapeError);
    CHECK_NOTHROW(net.predict(Tensor<float>(Shape{1, 3})));
  }

  TEST_CASE("BatchNorm1d: counts training passes as PyTorch does, and copies keep the count") {
    Sequential<float> net{Linear<float>{3, 3}, BatchNorm1d<float>(3)};
    const auto count = [](Sequential<float>& of) { return of[1].as<BatchNorm1d>().num_batches_tracked; };
    const Tensor<float> x = Tensor<float>::ones({4, 3});
    for (int pass = 0; pass < 3; ++pass) net.forward(x);
    CHECK(count(net) == 3);
    net.predict(x);
    net.eval();
    net.forward(x);
    CHECK(count(net) == 3);
    net.train();
    Sequential<float> copy = net;
    copy.forward(x);
    CHECK(count(copy) == 4);
    CHECK(count(net) == 3);
    Generator random(1);
    net.reset_parameters(random);
    CHECK(count(net) == 0);
    net[1].as<BatchNorm1d>().num_batches_tracked = std::numeric_limits<std::int64_t>::max();
    net.forward(x);
    CHECK(count(net) == std::numeric_limits<std::int64_t>::max());
  }

  TEST_CASE("BatchNorm1d: a column of equal numbers is finite, and NaN stays in its column") {
    Context context;
    context.begin({.training = true});
    Tensor<float> x = Tensor<float>::full({4, 3}, 1e4f), y(x.shape());
    x(2, 1) = test::not_a_number<float>;
    BatchNorm1d<float>(3).forward(x, y, context);
    for (Index i = 0; i < 4; ++i) {
      CHECK(y(i, 0) == 0);
      CHECK(std::isnan(y(i, 1)));
      CHECK(y(i, 2) == 0);
    }
  }

  TEST_CASE("BatchNorm1d: a mean far from 0 costs no precision, forward and backward") {
    for (const float mean : {0.0f, 1e2f, -1e4f, 1e6f}) {
      for (const Index count : {2, 8, 256, 1000, 100'000}) {
        CAPTURE(mean);
        CAPTURE(count);
        Generator random(4);
        const Tensor<float> x = Tensor<float>::randn({count, 3}, random, mean, 1),
                            dy = Tensor<float>::randn({count, 3}, random);
        Tensor<float> y(x.shape()), dx(x.shape());
        Tensor<double> exact_y(x.shape()), exact_dx(x.shape());
        const auto pass = [&](auto& norm, const auto& in, const auto& up, auto& out, auto& down) {
          Context context;
          context.begin({.training = true});
          norm.forward(in, out, context);
          norm.backward(in, out, up, down, context);
          norm.gradient(in, up, context);
        };
        BatchNorm1d<float> norm(3);
        BatchNorm1d<double> exact(3);
        pass(norm, x, dy, y, dx);
        pass(exact, x.cast<double>(), dy.cast<double>(), exact_y, exact_dx);
        const auto error = [](const Tensor<float>& got, const Tensor<double>& wanted) {
          return (got.cast<double>().array() - wanted.array()).abs().maxCoeff() /
                 std::max(1.0, wanted.array().abs().maxCoeff());
        };
        CHECK(error(y, exact_y) <= 2e-6);
        CHECK(error(dx, exact_dx) <= 5e-6);
        CHECK(error(norm.weight.grad(), exact.weight.grad()) <= 1e-5);
        CHECK(error(norm.bias.grad(), exact.bias.grad()) <= 1e-5);
      }
    }
  }

  TEST_CASE("BatchNorm1d: names, parameters and buffers equal PyTorch's") {
    Sequential<float> net{BatchNorm1d{4}, BatchNorm1d{4, {.affine = false}}};
    std::vector<std::string> names;
    for (const auto& parameter : net.named_parameters()) names.push_back(parameter.name);
    for (const auto& buffer : net.named_buffers()) names.push_back(buffer.name);
    net.visit_counters([&](std::string_view name, std::int64_t&) { names.emplace_back(name); });
    CHECK(names == std::vector<std::string>{"0.weight", "0.bias", "0.running_mean", "0.running_var",
                                            "1.running_mean", "1.running_var", "0.num_batches_tracked",
                                            "1.num_batches_tracked"});
    CHECK(net[0].name() == "BatchNorm1d(4)");
    net[0].as<BatchNorm1d>().weight.value.fill(5);
    Generator random(1);
    net.reset_parameters(random);
    CHECK(net[0].as<BatchNorm1d>().weight.value == Tensor<float>::ones({4}));
  }

  TEST_CASE("BatchNorm1d: invalid arguments and shapes are refused") {
    CHECK_THROWS_AS(BatchNorm1d<float>(-1), ArgumentError);
    CHECK_THROWS_AS(BatchNorm1d<float>(2, {.epsilon = -1}), ArgumentError);
    CHECK_THROWS_WITH_AS(BatchNorm1d<float>(2, {.epsilon = -1e-9}), doctest::Contains("epsilon is -1e-09"),
                         ArgumentError);
    CHECK_THROWS_AS(BatchNorm1d<float>(2, {.momentum = 1.5}), ArgumentError);
    CHECK_THROWS_WITH_AS(BatchNorm1d<float>(2).output_shape(Shape{5, 3}),
                         "BatchNorm1d: input has shape [5, 3], expected [N, 2]", ShapeError);
    CHECK_THROWS_AS(BatchNorm1d<float>(2).output_shape(Shape{2}), ShapeError);
  }
}
