// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn/gradient.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/optim/sgd.hpp>

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::ThreadPool;
using gradus::nn::Gradient;
namespace nn = gradus::nn;

namespace {

struct Factors {
  Tensor<float> dy, x;

  Factors(Index samples, Index out, Index in, std::uint64_t seed) {
    Generator random(seed);
    dy = Tensor<float>::randn({samples, out}, random);
    x = Tensor<float>::randn({samples, in}, random);
  }
  Tensor<float> product() const {
    Tensor<float> numbers(Shape{dy.shape()[1], x.shape()[1]});
    gradus::ops::affine_weight_gradient<float>(x, dy, numbers.view(), gradus::ops::Write::overwrite);
    return numbers;
  }
};

Tensor<float> operator+(Tensor<float> a, const Tensor<float>& b) {
  a.array() += b.array();
  return a;
}

bool is_close(const Tensor<float>& a, const Tensor<float>& b) { return gradus::allclose(a, b, 1e-5f, 1e-4f); }

// small numbers of samples, for which the product is kept as factors, and larger ones
constexpr Index sample_counts[] = {0, 1, 2, 16, 17, 200};

/// Returns everything that `take` passes on, and checks that each element comes exactly once.
Tensor<float> taken(Gradient<float>& gradient, gradus::Parallel parallel = {}) {
  Tensor<float> all(gradient.shape());
  Tensor<float> visits(gradient.shape());
  gradient.take(
      [&](Index first, auto g) {
        std::copy_n(g.data(), g.size(), all.data() + first);
        for (Index i = 0; i < g.size(); ++i) visits.data()[first + i] += 1;
        g.setConstant(1e6f);
      },
      parallel);
  CHECK((visits.array() == 1).all());
  return all;
}

}  // namespace

TEST_SUITE("gradient") {
  TEST_CASE("Gradient: starts at zero") {
    Gradient<float> gradient(Shape{2, 3});
    CHECK(gradient.shape() == Shape{2, 3});
    CHECK(gradient.numbers() == Tensor<float>(Shape{2, 3}));
    CHECK(Gradient<float>{}.numbers().empty());
  }

  TEST_CASE("Gradient: products accumulate, whether or not they are read in between") {
    for (const Index samples : sample_counts) {
      CAPTURE(samples);
      const Factors first(samples, 20, 30, 1), second(samples, 20, 30, 2);
      const Tensor<float> product = first.product();
      Gradient<float> gradient(product.shape()), watched(product.shape());
      gradient.add_product(first.dy, first.x);
      watched.add_product(first.dy, first.x);
      CHECK(watched.numbers() == product);
      gradient.add_product(second.dy, second.x);
      watched.add_product(second.dy, second.x);
      CHECK(gradient.numbers() == watched.numbers());
      CHECK(is_close(gradient.numbers(), product + second.product()));
    }
  }

  TEST_CASE("Gradient: materialised numbers are accumulated and set to zero") {
    for (const Index samples : sample_counts) {
      const Factors factors(samples, 3, 4, 1);
      Gradient<float> gradient(Shape{3, 4});
      gradient.numbers().fill(100);
      gradient.add_product(factors.dy, factors.x);
      CHECK(is_close(gradient.numbers(), factors.product() + Tensor<float>::full({3, 4}, 100)));
      gradient.set_zero(Shape{3, 4});
      CHECK(gradient.numbers() == Tensor<float>(Shape{3, 4}));
      gradient.add_product(factors.dy, factors.x);
      gradient.set_zero(Shape{2});
      CHECK(gradient.numbers() == Tensor<float>{0, 0});
    }
  }

  TEST_CASE("Gradient: the factors may change after the product was added") {
    for (const Index samples : {Index{1}, Index{200}}) {
      Factors factors(samples, 3, 4, 1);
      const Tensor<float> product = factors.product();
      Gradient<float> gradient(Shape{3, 4});
      gradient.add_product(factors.dy, factors.x);
      const Gradient<float> copy = gradient;
      factors.dy.fill(0);
      factors.x.fill(0);
      CHECK(gradient.numbers() == product);
      gradient.numbers().fill(7);
      CHECK(copy.numbers() == product);  // const, so materialised again on each call
      CHECK(copy.numbers() == product);
    }
  }

  TEST_CASE("Gradient: take gives the numbers of the product, bit for bit, and leaves zeros") {
    struct Sizes {
      Index out, in;
    };
    // rows longer than a block, rows and columns that do not fill a pack, and empty ones
    for (const Sizes size : {Sizes{1, 1}, {33, 50}, {5, 2500}, {3, 1025}, {40, 1024}, {0, 3}, {3, 0}})
      for (const Index samples : sample_counts) {
        CAPTURE(size.out);
        CAPTURE(size.in);
        CAPTURE(samples);
        const Factors factors(samples, size.out, size.in, 1);
        Gradient<float> gradient(Shape{size.out, size.in});
        gradient.add_product(factors.dy, factors.x);
        CHECK(taken(gradient) == factors.product());
        CHECK(gradient.numbers() == Tensor<float>(Shape{size.out, size.in}));
        CHECK(taken(gradient) == Tensor<float>(Shape{size.out, size.in}));
      }
  }

  TEST_CASE("Gradient: a step with the product equals one with its numbers, on any number of threads") {
    for (const Index samples : {1, 2, 5, 16})
      for (const bool is_adam : {false, true}) {
        const auto train = [&](bool looks, Index threads) {
          Generator random(3);
          nn::Linear<float> layer(784, 300, random);
          const std::vector<nn::NamedParameter<float>> parameters{{"weight", &layer.weight}};
          gradus::optim::SGD<float> sgd(parameters,
                                        {.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.1});
          gradus::optim::Adam<float> adam(parameters);
          ThreadPool pool(threads);
          for (std::uint64_t step = 0; step < 3; ++step) {
            const Factors factors(samples, 300, 784, step);
            layer.weight.gradient.add_product(factors.dy, factors.x);
            if (looks) layer.weight.grad();
            if (is_adam)
              adam.step(pool);
            else
              sgd.step(pool);
          }
          return layer.weight.value;
        };
        CAPTURE(samples);
        const Tensor<float> expected = train(true, 1);
        for (const Index threads : {1, 2, 3, 8}) CHECK(train(false, threads) == expected);
      }
  }

  TEST_CASE("Gradient: mismatched shapes are refused and change nothing") {
    for (const Index samples : {Index{1}, Index{200}}) {
      const Factors factors(samples, 3, 4, 1), other(samples, 3, 5, 1), more(samples + 1, 3, 4, 1);
      Gradient<float> gradient(Shape{3, 4});
      CHECK_THROWS_AS(gradient.add_product(other.dy, other.x), ShapeError);
      CHECK_THROWS_AS(gradient.add_product(factors.dy, more.x), ShapeError);
      CHECK_THROWS_AS(gradient.add_product(Tensor<float>(Shape{3}), factors.x), ShapeError);
      CHECK(gradient.numbers() == Tensor<float>(Shape{3, 4}));
      gradient.set_zero(Shape{3, 4});
      gradient.add_product(factors.dy, factors.x);
      CHECK_THROWS_AS(gradient.add_product(other.dy, other.x), ShapeError);
      CHECK(gradient.numbers() == factors.product());
    }
  }
}
