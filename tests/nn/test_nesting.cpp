// SPDX-License-Identifier: MIT

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>
#include <gradus/nn/nesting.hpp>

using namespace gradus::nn;
using gradus::ArgumentError;
using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
using gradus::TensorView;

namespace {

/// Returns sequences nested `depth` deep around a Linear{5, 5}.
Sequential<float> nested(Index depth) {
  Sequential<float> net{Linear{5, 5}};
  for (Index i = 1; i < depth; ++i) {
    Sequential<float> outer;
    outer.push_back(std::move(net));
    net = std::move(outer);
  }
  return net;
}

/// A module that hides another module inside it.
struct Wrapper {
  AnyModule<float> inner;

  Shape output_shape(const Shape& x) const { return inner.output_shape(x); }
  void forward(TensorView<const float> x, TensorView<float> y, Context& context) const {
    inner.forward(x, y, context.child(0));
  }
  void backward(TensorView<const float> x, TensorView<const float> y, TensorView<const float> dy,
                TensorView<float> dx, Context& context) const {
    inner.backward(x, y, dy, dx, context.child(0));
  }
  void accumulate(TensorView<const float> x, TensorView<const float> y, TensorView<const float> dy,
                  TensorView<float> dx, Context& context) {
    inner.accumulate(x, y, dy, dx, context.child(0));
  }
  template <class F>
  void visit(F&& f) {
    inner.visit(f);
  }
};

constexpr const char* too_deep = "Sequential: modules are nested more than 24 deep, expected at most 24";

/// Checks that every operation that traverses the network throws.
void check_refused(Sequential<float>& net) {
  const Tensor<float> x = Tensor<float>::ones({2, 5});
  CHECK_THROWS_WITH_AS(net.output_shape(x.shape()), too_deep, ArgumentError);
  CHECK_THROWS_WITH_AS(net.forward(x), too_deep, ArgumentError);
  CHECK_THROWS_WITH_AS(net.predict(x), too_deep, ArgumentError);
  CHECK_THROWS_WITH_AS(net.named_parameters(), too_deep, ArgumentError);
  CHECK_THROWS_WITH_AS(summary(net, {5}), too_deep, ArgumentError);
  CHECK_THROWS_WITH_AS(std::make_unique<Sequential<float>>(net), too_deep, ArgumentError);
}

}  // namespace

TEST_CASE("Sequential: a network of the documented nesting depth supports every operation") {
  static_assert(max_nesting == 24);
  CHECK(Sequential<float>{}.depth() == 1);
  CHECK(Sequential<float>{Linear{5, 5}, ReLU{}}.depth() == 1);
  Sequential<float> net = nested(max_nesting);
  CHECK(net.depth() == max_nesting);
  const Tensor<float> x = Tensor<float>::ones({3, 5});
  const Sequential<float> copy = net;
  const Tensor<float> y = net.forward(x);
  CHECK(copy.predict(x) == y);
  net.backward(y);
  std::string name = "weight";
  for (Index i = 0; i < max_nesting; ++i) name = "0." + name;
  CHECK(net.named_parameters().front().name == name);
  CHECK(summary(net, {5}).find("Linear(5 -> 5)") != std::string::npos);
  Generator random(1);
  CHECK_NOTHROW(net.reset_parameters(random));
}

TEST_CASE("Sequential: deeper nesting is refused and the network is unchanged") {
  Sequential<float> net = nested(max_nesting);
  Sequential<float> outer{ReLU{}};
  CHECK_THROWS_WITH_AS(outer.push_back(net), too_deep, ArgumentError);
  CHECK_THROWS_WITH_AS(outer.push_back(AnyModule<float>(net)), too_deep, ArgumentError);
  CHECK(outer.size() == 1);
  CHECK_THROWS_WITH_AS((Sequential<float>{ReLU{}, net}), too_deep, ArgumentError);
  CHECK_THROWS_WITH_AS((Sequential<float>{AnyModule<float>(net)}), too_deep, ArgumentError);
  CHECK_THROWS_WITH_AS(nested(30'000), too_deep, ArgumentError);
  CHECK_NOTHROW(outer.push_back(nested(max_nesting - 1)));
}

TEST_CASE("Sequential: nesting that no constructor sees ends in an error, not in a stack overflow") {
  SUBCASE("built from the outside to the inside") {
    Sequential<float> net;
    Sequential<float>* inner = &net;
    for (int i = 0; i < 200'000; ++i) {
      inner->push_back(Sequential<float>{});
      inner = &(*inner)[0].as<Sequential>();
    }
    inner->push_back(Linear{5, 5});
    check_refused(net);
  }
  SUBCASE("by replacing a child") {
    Sequential<float> net{ReLU{}};
    for (int i = 0; i < 200'000; ++i) {
      Sequential<float> outer{ReLU{}};
      outer[0] = AnyModule<float>(std::move(net));
      net = std::move(outer);
    }
    check_refused(net);
  }
  SUBCASE("through a custom module") {
    AnyModule<float> module = Linear<float>{5, 5};
    for (int i = 0; i < 200'000; ++i) module = AnyModule<float>(Wrapper{std::move(module)});
    Sequential<float> net;
    net.push_back(std::move(module));
    check_refused(net);
  }
}

TEST_CASE("NestedCall: counts the active calls of its own thread") {
  using gradus::nn::detail::NestedCall;
  const auto most = [](auto&& self, Index depth) -> Index {
    try {
      const NestedCall call;
      return self(self, depth + 1);
    } catch (const ArgumentError&) {
      return depth;
    }
  };
  CHECK(most(most, 0) == max_nesting);
  CHECK(most(most, 0) == max_nesting);
  const NestedCall outer;
  CHECK(most(most, 0) == max_nesting - 1);
  Index of_thread = 0;
  std::thread([&] { of_thread = most(most, 0); }).join();
  CHECK(of_thread == max_nesting);
}
