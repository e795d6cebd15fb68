// SPDX-License-Identifier: MIT

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/loader.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>

#include "heap.hpp"

using namespace gradus;
using namespace gradus::nn;
using heap::fail_each_allocation;

// If memory runs out at any allocation, the call throws bad_alloc, leaks nothing, and leaves its arguments
// unchanged.

namespace {

Tensor<float> numbers(const Shape& shape) {
  Generator random(1);
  return Tensor<float>::randn(shape, random);
}

Sequential<float> small_net() {
  Generator random(1);
  return Sequential{Linear{5, 7, random}, Dropout{0.5}, Sequential{Tanh{}, Linear{7, 3, random}}, Softmax{}};
}

}  // namespace

TEST_SUITE("failing allocations") {
  TEST_CASE("Tensor: failed allocations throw bad_alloc and leave tensors unchanged") {
    const Tensor<float> x = numbers({3, 4}), large = numbers({50, 4});
    CHECK(fail_each_allocation([&] { Tensor<float> copy(x); }) == "");
    CHECK(fail_each_allocation([&] { Tensor<float> filled = Tensor<float>::full({3, 4}, 2); }) == "");
    CHECK(fail_each_allocation([&] { Tensor<float> list{{1, 2}, {3, 4}}; }) == "");
    CHECK(fail_each_allocation([&] { Tensor<float> sum(x.matrix() + x.matrix()); }) == "");
    CHECK(fail_each_allocation([&] { Tensor<double> cast = x.cast<double>(); }) == "");

    Tensor<float> target = x;
    const auto is_unchanged = [&] { return target == x; };
    CHECK(fail_each_allocation([&] { target = large; }, is_unchanged) == "");
    CHECK(target == large);
    target = Tensor<float>(x);
    CHECK(fail_each_allocation([&] { target = large.slice(0, 20); }, is_unchanged) == "");
    target = Tensor<float>(x);
    CHECK(fail_each_allocation([&] { target.resize({100, 100}); }, is_unchanged) == "");
  }

  TEST_CASE("Linear, AnyModule: failed allocations leave modules unchanged") {
    Generator random(1);
    CHECK(fail_each_allocation([&] { Linear<float> linear(5, 7, random); }) == "");
    const Linear<float> linear(5, 7);
    CHECK(fail_each_allocation([&] { Linear<float> copy = linear; }) == "");
    AnyModule<float> any = ReLU<float>{};
    CHECK(fail_each_allocation([&] { any = linear; }, [&] { return any.name() == "ReLU"; }) == "");
    AnyModule<float> other = Tanh<float>{};
    CHECK(fail_each_allocation([&] { other = any; }, [&] { return other.name() == "Tanh"; }) == "");
  }

  TEST_CASE(
      "Sequential: a failed allocation while building, copying or growing a network leaves it unchanged") {
    const Sequential<float> net = small_net();
    const Tensor<float> x = numbers({4, 5}), y = net.predict(x);
    CHECK(fail_each_allocation([&] { small_net(); }) == "");
    CHECK(fail_each_allocation([&] { Sequential<float> copy = net; }) == "");

    Sequential<float> target{Linear{5, 5}, ReLU{}};
    const Tensor<float> before = target.predict(x);
    const auto is_unchanged = [&] { return target.size() == 2 && target.predict(x) == before; };
    CHECK(fail_each_allocation([&] { target = net; }, is_unchanged) == "");
    CHECK(target.predict(x) == y);

    Sequential<float> grown{Linear{5, 5}, ReLU{}};
    const auto has_not_grown = [&] { return grown.size() == 2 && grown.predict(x) == before; };
    CHECK(fail_each_allocation([&] { grown.push_back(Linear<float>{5, 2}); }, has_not_grown) == "");
    CHECK(grown.size() == 3);
    Sequential<float> named = net;
    CHECK(fail_each_allocation([&] { named.named_parameters(); }) == "");
  }

  TEST_CASE("Sequential: a failed allocation in predict leaves the network unchanged") {
    const Sequential<float> net = small_net();
    const Tensor<float> x = numbers({4, 5}), y = net.predict(x);
    CHECK(fail_each_allocation([&] { net.predict(x); }) == "");
    CHECK(fail_each_allocation([&] {
            Workspace<float> workspace;
            net.predict(x, workspace);
          }) == "");
    CHECK(net.predict(x) == y);
  }

  TEST_CASE(
      "Sequential: a training pass with a failed allocation is discarded, and the next one is correct") {
    const Tensor<float> x = numbers({4, 5}), dy = numbers({4, 3});
    Tensor<float> expected;
    {
      Sequential<float> net = small_net();
      Generator random(5);
      net.forward(x, random);
      net.backward(dy);
      expected = net.named_parameters()[0]->grad();
    }
    for (long n = 0;; ++n) {
      CAPTURE(n);
      Sequential<float> net = small_net();
      Generator random(5);
      bool thrown = false;
      heap::fail_after(n);
      try {
        net.forward(x, random);
        net.backward(dy);
      } catch (const std::bad_alloc&) {
        thrown = true;
      }
      const bool failed = heap::stop_failing();
      REQUIRE(thrown == failed);
      if (!failed) {
        CHECK(n > 5);
        break;
      }
      net.zero_grad();
      random = Generator(5);
      net.forward(x, random);
      net.backward(dy);
      REQUIRE(net.named_parameters()[0]->grad() == expected);
    }
  }

  TEST_CASE("Optimizer, Loader: failed allocations leave optimisers and loaders unchanged") {
    Sequential<float> net = small_net();
    const auto parameters = net.named_parameters();
    CHECK(fail_each_allocation([&] { optim::SGD<float> sgd(parameters, {.momentum = 0.9}); }) == "");
    const Dataset<> data{Tensor<std::uint8_t>(Shape{20, 4}), Tensor<Index>(Shape{20}), 10, {}, ""};
    CHECK(fail_each_allocation([&] {
            Loader loader(data, {.batch_size = 8});
            Generator random(1);
            for (const auto& batch : loader.training_epoch(random)) static_cast<void>(batch.size());
          }) == "");
  }
}
