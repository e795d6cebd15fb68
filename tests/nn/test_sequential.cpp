// SPDX-License-Identifier: MIT

#include <array>
#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include "../support/child_process.hpp"
#endif
#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"
#include "../support/swish.hpp"

using namespace gradus::nn;
using gradus::ArgumentError;
using gradus::Generator;
using gradus::Index;
using gradus::IndexError;
using gradus::Shape;
using gradus::ShapeError;
using gradus::StateError;
using gradus::Tensor;
using gradus::TensorView;
namespace test = gradus::test;

namespace {

Sequential<float> small_net() {
  Generator random(1);
  return Sequential{Linear{5, 7, random}, ReLU{}, Linear{7, 3, random}};
}

std::vector<Tensor<float>> gradients(Sequential<float>& net) {
  std::vector<Tensor<float>> all;
  for (const auto& parameter : net.named_parameters()) all.push_back(parameter->grad());
  return all;
}

std::vector<std::string> names_of(const auto& named) {
  std::vector<std::string> names;
  for (const auto& each : named) names.push_back(each.name);
  return names;
}

Tensor<float> random_tensor(const Shape& shape, std::uint64_t seed) {
  Generator random(seed);
  return Tensor<float>::randn(shape, random);
}

/// A module that throws on request.
struct Bomb {
  const bool* armed;
  bool in_backward = false;

  Shape output_shape(const Shape& x) const { return x; }
  void forward(TensorView<const float> x, TensorView<float> y, Context&) const {
    if (*armed && !in_backward) throw gradus::NumericError("Bomb: forward");
    std::ranges::copy(x, y.begin());
  }
  void backward(TensorView<const float>, TensorView<const float>, TensorView<const float> dy,
                TensorView<float> dx, Context&) const {
    if (*armed && in_backward) throw gradus::NumericError("Bomb: backward");
    std::ranges::copy(dy, dx.begin());
  }
};

/// A module that counts its training passes, as batch normalisation would.
struct Counter {
  Tensor<float> passes{0.f};

  Shape output_shape(const Shape& x) const { return x; }
  void forward(TensorView<const float> x, TensorView<float> y, Context&) const {
    std::ranges::copy(x, y.begin());
  }
  void backward(TensorView<const float>, TensorView<const float>, TensorView<const float> dy,
                TensorView<float> dx, Context&) const {
    std::ranges::copy(dy, dx.begin());
  }
  void update(Context&) { passes(0) += 1; }
  template <class F>
  void visit_buffers(F&& f) {
    f("passes", passes);
  }
};

}  // namespace

TEST_SUITE("sequential") {
  TEST_CASE("Sequential: hand-written gradients equal finite differences, nested and flattened") {
    for (const Index batch : {0, 1, 3}) {
      Generator random(1);
      const Sequential<double> net{
          Flatten<double>{},
          Linear<double>{6, 5, random},
          Sequential<double>{Tanh<double>{}, Dropout<double>{0.3},
                             Linear<double>{5, 5, random, {.bias = false}},
                             Sequential<double>{third_party::Swish<double>{}, Identity<double>{}}},
          Sigmoid<double>{},
          third_party::Scale<double>{},
          Linear<double>{5, 4, random},
          Softmax<double>{}};
      const Tensor<double> x = Tensor<double>::randn({batch, 2, 3}, random);
      for (const bool training : {true, false}) {
        const auto report = test::check_gradients(net, x, training);
        CHECK_MESSAGE(report.ok(), "batch ", batch, ": ", report.where, " is off by ", report.error);
      }
    }
  }

  TEST_CASE(
      "Sequential: gradients of empty networks and of networks with identities at the ends equal finite "
      "differences") {
    Generator random(2);
    const Tensor<double> x = Tensor<double>::randn({2, 3}, random);
    CHECK(test::check_gradients(Sequential<double>{}, x).ok());
    CHECK(test::check_gradients(Sequential<double>{Identity<double>{}}, x).ok());
    CHECK(test::check_gradients(Sequential<double>{Flatten<double>{}, Identity<double>{}}, x).ok());
    CHECK(test::check_gradients(Sequential<double>{Sequential<double>{}, Linear<double>{3, 2}}, x).ok());
    CHECK(test::check_gradients(
              Sequential<double>{Flatten<double>{}, Linear<double>{3, 2}, Identity<double>{}}, x)
              .ok());
  }

  TEST_CASE("Sequential: applies its modules one after another") {
    Sequential<float> net = small_net();
    const Tensor<float> x = random_tensor({4, 5}, 2);
    Tensor<float> a(Shape{4, 7}), b(Shape{4, 7}), y(Shape{4, 3});
    Context context;
    net[0].forward(x, a, context);
    net[1].forward(a, b, context);
    net[2].forward(b, y, context);
    CHECK(net.forward(x) == y);
    CHECK(net.predict(x) == y);
    Workspace<float> workspace;
    CHECK(net.predict(x, workspace) == y);
    CHECK(&net.predict(x, workspace) == &workspace.output);
  }

  TEST_CASE("Sequential: results and children of a temporary network outlive it") {
    const auto make = [] { return Sequential<float>{Linear{2, 2}, ReLU{}}; };
    auto net = make();
    Generator random(1);
    const Tensor<float> x{{1, 2}}, expected = net.forward(x);
    float sum = 0;
    for (const float element : make().forward(x)) sum += element;
    CHECK(sum == expected.array().sum());
    CHECK(make().forward(x, random) == expected);
    CHECK(make().forward(Tensor<float>{{1, 2}}) == expected);
    CHECK(make().forward(x.view()) == expected);
    for (const float element : make().predict(x).view()) sum -= element;
    CHECK(sum == 0);
    static_assert(std::is_same_v<decltype(make().forward(x)), Tensor<float>>);
    static_assert(std::is_same_v<decltype(net.forward(x)), const Tensor<float>&>);
    const auto child = make()[0];
    CHECK(child.as<Linear>().weight.value == net[0].as<Linear>().weight.value);
    CHECK_THROWS_AS(make()[2], gradus::IndexError);
  }

  TEST_CASE("Sequential: a network built at run time is the same") {
    Generator random(1);
    Sequential<float> grown;
    CHECK(grown.size() == 0);
    grown.push_back(Linear<float>{5, 7, random});
    grown.push_back(ReLU<float>{});
    grown.push_back(Linear<float>{7, 3, random});
    CHECK(grown.size() == 3);
    const Tensor<float> x = random_tensor({4, 5}, 2);
    CHECK(grown.predict(x) == small_net().predict(x));
    CHECK(Sequential<float>{}.predict(x) == x);
  }

  TEST_CASE("Sequential: a copy is an independent network") {
    Sequential<float> net = small_net();
    const Tensor<float> x = random_tensor({4, 5}, 2);
    const Tensor<float> before = net.forward(x);
    Sequential<float> copy = net;
    CHECK(copy.predict(x) == before);
    CHECK_THROWS_AS(copy.backward(before), StateError);
    copy[0].as<Linear>().weight.value.fill(0);
    CHECK(net.predict(x) == before);
    CHECK_FALSE(copy.predict(x) == before);
    CHECK_NOTHROW(net.backward(before));
    copy = net;
    CHECK(copy.predict(x) == before);
    copy = *&copy;
    CHECK(copy.predict(x) == before);
  }

  TEST_CASE("Sequential: a move takes the pass along and leaves an empty network") {
    Sequential<float> net = small_net(), reference = small_net();
    const Tensor<float> x = random_tensor({4, 5}, 2), dy = random_tensor({4, 3}, 3);
    net.forward(x);
    Sequential<float> moved = std::move(net);
    moved.backward(dy);
    reference.forward(x);
    reference.backward(dy);
    CHECK(gradients(moved) == gradients(reference));
    CHECK(net.size() == 0);
    CHECK_THROWS_AS(net.backward(dy), StateError);
    net = std::move(moved);
    CHECK(net.size() == 3);
  }

  TEST_CASE("Sequential: networks can be stored in containers") {
    std::vector<Sequential<float>> nets;
    for (int i = 0; i < 5; ++i) nets.push_back(small_net());
    const Tensor<float> x = random_tensor({4, 5}, 2);
    for (auto& net : nets) CHECK(net.predict(x) == small_net().predict(x));
  }

  TEST_CASE("Sequential: an error for mismatched shapes names the layer") {
    Sequential<float> net{Flatten{}, Linear{784, 256}};
    CHECK_THROWS_WITH_AS(net.forward(Tensor<float>(Shape{32, 10, 10})),
                         "Sequential: layer 1: Linear: input has shape [32, 100], expected [N, 784]",
                         ShapeError);
    CHECK_THROWS_WITH_AS(net.predict(Tensor<float>(Shape{32, 100})),
                         "Sequential: layer 1: Linear: input has shape [32, 100], expected [N, 784]",
                         ShapeError);
    CHECK_THROWS_WITH_AS(net.output_shape(Shape{32, 100}),
                         "Sequential: layer 1: Linear: input has shape [32, 100], expected [N, 784]",
                         ShapeError);
    CHECK(net.output_shape(Shape{32, 28, 28}) == Shape{32, 256});
    const Sequential<float> nested{Identity{}, Sequential{ReLU{}, Linear{3, 2}}};
    CHECK_THROWS_WITH_AS(
        nested.predict(Tensor<float>(Shape{1, 4})),
        "Sequential: layer 1: Sequential: layer 1: Linear: input has shape [1, 4], expected [N, 3]",
        ShapeError);
  }

  TEST_CASE("Sequential: backward checks the shapes of both gradients") {
    Sequential<float> net = small_net();
    const Tensor<float> x = random_tensor({4, 5}, 2);
    net.forward(x);
    Tensor<float> dy(Shape{4, 3}), dx(Shape{4, 5});
    CHECK_THROWS_WITH_AS(net.backward(dx),
                         "Sequential: backward: output gradient has shape [4, 5], expected [4, 3]",
                         ShapeError);
    CHECK_THROWS_WITH_AS(net.backward(dy, dy),
                         "Sequential: backward: input gradient has shape [4, 3], expected [4, 5]",
                         ShapeError);
    CHECK_NOTHROW(net.backward(dy, dx));
  }

  TEST_CASE("Sequential: backward before the first forward is an error, even for an empty batch") {
    Sequential<float> net{Identity{}};
    CHECK_THROWS_WITH_AS(net.backward(Tensor<float>{}),
                         "Sequential: backward called without a successful forward", StateError);
    net.forward(TensorView<const float>{});
    CHECK_NOTHROW(net.backward(TensorView<const float>{}));
  }

  TEST_CASE("Sequential: a failed forward discards the pass and leaves the network unchanged") {
    bool armed = false;
    Generator random(1);
    Sequential<float> net{Linear{5, 7, random}, Bomb{&armed}, Linear{7, 3, random}};
    const Tensor<float> x = random_tensor({4, 5}, 2), dy = random_tensor({4, 3}, 3);
    const Tensor<float> before = net.forward(x);
    net.backward(dy);
    const auto gradient = gradients(net);

    SUBCASE("a module fails") {
      armed = true;
      CHECK_THROWS_AS(net.forward(x), gradus::NumericError);
      armed = false;
    }
    SUBCASE("the shape does not fit") { CHECK_THROWS_AS(net.forward(dy), ShapeError); }
    SUBCASE("a temporary does not fit") { CHECK_THROWS_AS(net.forward(Tensor<float>(dy)), ShapeError); }
    CHECK_THROWS_WITH_AS(net.backward(dy), "Sequential: backward called without a successful forward",
                         StateError);
    CHECK_THROWS_WITH_AS(net.output(0), "Sequential: output called without a successful forward", StateError);
    CHECK(gradients(net) == gradient);
    CHECK(net.forward(x) == before);
    CHECK_NOTHROW(net.backward(dy));
  }

  TEST_CASE("Sequential: a failed backward can be repeated") {
    bool armed = true;
    Sequential<float> net{Bomb{&armed, true}, Linear{5, 3}};
    const Tensor<float> x = random_tensor({4, 5}, 2), dy = random_tensor({4, 3}, 3);
    Tensor<float> dx(x.shape());
    net.forward(x);
    CHECK_THROWS_AS(net.backward(dy, dx), gradus::NumericError);
    armed = false;
    CHECK_NOTHROW(net.backward(dy, dx));
  }

  TEST_CASE("Sequential: gradients accumulate over passes until they are cleared") {
    Sequential<float> net = small_net();
    const Tensor<float> x = random_tensor({4, 5}, 2), dy = random_tensor({4, 3}, 3);
    net.forward(x);
    net.backward(dy);
    const auto once = gradients(net);
    net.forward(x);
    net.backward(dy);
    const auto twice = gradients(net);
    for (std::size_t i = 0; i < once.size(); ++i) {
      CHECK((twice[i].array() - 2 * once[i].array()).abs().maxCoeff() <= 1e-5f);
      CHECK(once[i].array().abs().maxCoeff() > 0);
    }
    net.zero_grad();
    for (const auto& gradient : gradients(net)) CHECK(gradient.array().isZero(0));
  }

  TEST_CASE("Sequential: the input gradient is overwritten, and requesting it changes no other gradient") {
    Sequential<float> net = small_net(), other = small_net();
    const Tensor<float> x = random_tensor({4, 5}, 2), dy = random_tensor({4, 3}, 3);
    Tensor<float> dx = Tensor<float>::full(x.shape(), test::not_a_number<float>);
    net.forward(x);
    net.backward(dy, dx);
    other.forward(x);
    other.backward(dy);
    CHECK(dx.array().isFinite().all());
    CHECK(gradients(net) == gradients(other));
  }

  TEST_CASE("Sequential: batches may change in size") {
    Sequential<float> net = small_net();
    const Tensor<float> x = random_tensor({9, 5}, 2), dy = random_tensor({9, 3}, 3);
    const Tensor<float> all = net.predict(x);
    for (const Index batch : {9, 4, 1, 0, 7, 9}) {
      CAPTURE(batch);
      const Tensor<float>& y = net.forward(x.slice(0, batch));
      CHECK(y.shape() == Shape{batch, 3});
      CHECK(gradus::allclose(y, Tensor<float>(all.slice(0, batch)), 1e-5f, 1e-6f));
      CHECK_NOTHROW(net.backward(dy.slice(0, batch)));
    }
  }

  TEST_CASE("Sequential: a temporary input is kept for backward") {
    Sequential<float> net = small_net(), other = small_net();
    const Tensor<float> x = random_tensor({4, 5}, 2), dy = random_tensor({4, 3}, 3);
    other.forward(x);
    other.backward(dy);
    SUBCASE("alone") { net.forward(Tensor<float>(x)); }
    SUBCASE("with a generator") {
      Generator random(1);
      net.forward(Tensor<float>(x), random);
    }
    SUBCASE("numbers in braces") {
      CHECK(net.forward({{1, 2, 3, 4, 5}}).shape() == Shape{1, 3});
      net.forward(Tensor<float>(x));
    }
    SUBCASE("an Eigen expression") { net.forward(1 * x.matrix()); }
    net.backward(dy);
    CHECK(gradients(net) == gradients(other));
  }

  TEST_CASE("Sequential: every kind of view is an input") {
    Sequential<float> net = small_net();
    Generator random(1);
    Tensor<float> x = random_tensor({4, 5}, 2);
    const Tensor<float> y = net.predict(x), constant = x;
    CHECK(net.forward(x) == y);
    CHECK(net.forward(constant) == y);
    CHECK(net.forward(x.view()) == y);
    CHECK(net.forward(constant.view(), random) == y);
    CHECK(net.forward(x.slice(0, 4), random) == y);
    CHECK(net.predict(x.slice(0, 4)) == y);
  }

  TEST_CASE("Sequential: a network accepts its own output as input") {
    Sequential<float> net{Linear{3, 3}, Tanh{}}, single{Linear{3, 3}}, other = net, other_single = single;
    const Tensor<float> x = random_tensor({4, 3}, 2), dy = random_tensor({4, 3}, 3);
    const auto check = [&](Sequential<float>& self, Sequential<float>& reference) {
      const Tensor<float> once = reference.forward(x);
      const Tensor<float> twice = reference.forward(once);
      reference.backward(dy);
      CHECK(self.forward(self.forward(x)) == twice);
      self.backward(dy);
      CHECK(gradients(self) == gradients(reference));
      Workspace<float> workspace;
      CHECK(self.predict(self.predict(x, workspace), workspace) == twice);
    };
    check(net, other);
    check(single, other_single);
  }

  TEST_CASE("Sequential: the same module may appear in several places") {
    const Linear<double> shared(3, 3);
    Sequential<double> net{shared, Tanh<double>{}, shared};
    Generator random(1);
    CHECK(test::check_gradients(net, Tensor<double>::randn({2, 3}, random)).ok());
    // Children are values, so the two places are trained separately.
    net[0].as<Linear>().weight.value.fill(0);
    CHECK(net[2].as<Linear>().weight.value == shared.weight.value);
  }

  TEST_CASE("Sequential: one module runs in two passes at once, each with its own context") {
    const Dropout<float> dropout(0.5);
    const Tensor<float> x = Tensor<float>::ones({64});
    Tensor<float> a(x.shape()), b(x.shape()), da(x.shape()), db(x.shape());
    Generator random(1);
    Context first, second;
    first.begin({.training = true, .random = &random});
    second.begin({.training = true, .random = &random});
    dropout.forward(x, a, first);
    dropout.forward(x, b, second);
    CHECK_FALSE(a == b);
    dropout.backward(x, a, x, da, first);
    dropout.backward(x, b, x, db, second);
    CHECK(da == a);
    CHECK(db == b);
  }

  TEST_CASE("Sequential: dropout drops only in training, and predict never does") {
    Sequential<float> net{Dropout{0.5}};
    const Tensor<float> x = Tensor<float>::ones({1000});
    CHECK(net.is_training());
    CHECK_FALSE(net.forward(x) == x);
    CHECK(net.predict(x) == x);
    net.eval();
    CHECK_FALSE(net.is_training());
    CHECK(net.forward(x) == x);
    Tensor<float> dx(x.shape());
    net.backward(x, dx);
    CHECK(dx == x);
    net.train();
    const Tensor<float> dropped = net.forward(x);
    CHECK_FALSE(dropped == x);
    net.eval();  // after forward: backward belongs to the recorded pass
    net.backward(x, dx);
    CHECK(dx == dropped);
  }

  TEST_CASE("Sequential: dropout draws from the given generator, otherwise from the network's") {
    Sequential<float> net{Dropout{0.5}};
    const Tensor<float> x = Tensor<float>::ones({100});
    Generator a(5), b(5);
    const Tensor<float> first = net.forward(x, a);
    CHECK(net.forward(x, b) == first);
    net.random() = Generator(5);
    CHECK(net.forward(x) == first);
    CHECK_FALSE(net.forward(x) == first);
  }

  TEST_CASE("Sequential: untrained state is named and updated only after training passes") {
    Sequential<float> net{Counter{}, Sequential{Counter{}}};
    CHECK(names_of(net.named_buffers()) == std::vector<std::string>{"0.passes", "1.0.passes"});
    const Tensor<float> x = Tensor<float>::ones({3});
    net.forward(x);
    net.forward(x);
    net.predict(x);
    net.eval();
    net.forward(x);
    for (const auto& buffer : net.named_buffers()) CHECK(buffer->item() == 2);
  }

  TEST_CASE("Sequential: hooks see the tensors of every child, forward and backward") {
    Sequential<float> net{Flatten{}, Linear{4, 3}, ReLU{}};
    const Tensor<float> x = random_tensor({2, 2, 2}, 2), dy = random_tensor({2, 3}, 3);
    std::vector<std::string> seen;
    net.on_forward([&](Index child, TensorView<const float> in, TensorView<const float> out) {
      seen.push_back(std::to_string(child) + in.shape().to_string() + out.shape().to_string());
    });
    net.on_backward([&](Index child, TensorView<const float> above, TensorView<const float> below) {
      seen.push_back(std::to_string(child) + above.shape().to_string() +
                     (below.is_null() ? "null" : below.shape().to_string()));
    });
    net.forward(x);
    CHECK(seen == std::vector<std::string>{"0[2, 2, 2][2, 4]", "1[2, 4][2, 3]", "2[2, 3][2, 3]"});
    seen.clear();
    net.backward(dy);
    CHECK(seen == std::vector<std::string>{"2[2, 3][2, 3]", "1[2, 3]null"});
    seen.clear();
    Tensor<float> dx(x.shape());
    net.backward(dy, dx);
    CHECK(seen == std::vector<std::string>{"2[2, 3][2, 3]", "1[2, 3][2, 4]", "0[2, 4][2, 2, 2]"});
    seen.clear();
    net.clear_hooks();
    net.forward(x);
    net.backward(dy);
    CHECK(seen.empty());
  }

  TEST_CASE("Sequential: output gives every child's last output, even if it computed nothing") {
    Sequential<float> net{Flatten{}, Linear{4, 2}, Flatten{}, ReLU{}, Identity{}};
    const Tensor<float> x = random_tensor({3, 2, 2}, 2);
    CHECK_THROWS_WITH_AS(net.output(0), "Sequential: output called without a successful forward", StateError);
    const Tensor<float>& y = net.forward(x);
    CHECK(net.output(0).data() == x.data());
    CHECK(net.output(0).shape() == Shape{3, 4});
    Tensor<float> expected(Shape{3, 2});
    Context context;
    net[1].forward(x.view().reshape({3, 4}), expected, context);
    CHECK(Tensor<float>(net.output(1)) == expected);
    CHECK(net.output(2).data() == net.output(1).data());
    CHECK(Tensor<float>(net.output(3)) == y);
    CHECK(net.output(4).data() == y.data());
    CHECK_THROWS_WITH_AS(net.output(5), "Sequential: child 5, expected one in [0, 5)", IndexError);
  }

  TEST_CASE("Sequential: push_back discards the pass") {
    Sequential<float> net = small_net();
    const Tensor<float> x = random_tensor({4, 5}, 2);
    net.forward(x);
    net.push_back(ReLU<float>{});
    CHECK_THROWS_AS(net.backward(Tensor<float>(Shape{4, 3})), StateError);
    CHECK(net.forward(x).array().minCoeff() >= 0);
  }

  TEST_CASE("Sequential: float agrees with double") {
    Generator random(1);
    Sequential<float> single{Linear{37, 19, random}, Tanh{}, Linear{19, 11, random}, Sigmoid{}};
    Sequential<double> twice{Linear<double>{37, 19}, Tanh<double>{}, Linear<double>{19, 11},
                             Sigmoid<double>{}};
    auto of_double = twice.named_parameters();
    for (std::size_t i = 0; i < of_double.size(); ++i)
      of_double[i]->value = single.named_parameters()[i]->value.cast<double>();
    CHECK(test::float_agrees_with_double(single, twice, Tensor<double>::randn({8, 37}, random), 37));
  }

  TEST_CASE("Sequential: third-party modules can be trained without registration") {
    Generator random(1);
    Sequential<float> net{Linear{2, 8, random}, third_party::Swish{}, third_party::Scale{},
                          Linear{8, 1, random}};
    CHECK(names_of(net.named_parameters()) ==
          std::vector<std::string>{"0.weight", "0.bias", "2.factor", "3.weight", "3.bias"});
    const Tensor<float> x{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, target{{0}, {1}, {1}, {0}};
    const MeanSquaredError<float> loss;
    Tensor<float> dy(Shape{4, 1});
    const float before = loss(net.predict(x), target);
    for (int step = 0; step < 2000; ++step) {
      loss(net.forward(x), target, dy);
      net.backward(dy);
      for (const auto& parameter : net.named_parameters()) {
        parameter->value.array() -= 0.1f * parameter->grad().array();
        parameter->zero_grad();
      }
    }
    CHECK(loss(net.predict(x), target) < 0.01f * before);
  }

  TEST_CASE("Sequential: the number of threads does not change a single bit of the result") {
    Generator random(1);
    Sequential<float> net{Linear{784, 256, random}, ReLU{}, Linear{256, 10, random}};
    const Tensor<float> x = random_tensor({256, 784}, 2), dy = random_tensor({256, 10}, 3);
    const Tensor<float> y = net.forward(x);
    net.backward(dy);
    const auto serial = gradients(net);
    for (const Index threads : {2, 3, 8}) {
      Sequential<float> other = net;
      other.zero_grad();
      other.set_threads(threads);
      CHECK(other.forward(x) == y);
      other.backward(dy);
      CHECK(gradients(other) == serial);
    }
    CHECK_THROWS_AS(net.set_threads(0), ArgumentError);
  }

  TEST_CASE("Sequential: threads may be changed between forward and backward") {
    Generator random(1);
    Sequential<float> net{Linear{784, 256, random}, ReLU{}, Linear{256, 10, random}};
    const Tensor<float> x = random_tensor({256, 784}, 2), dy = random_tensor({256, 10}, 3);
    net.set_threads(2);
    net.forward(x);
    net.set_threads(3);  // ends the threads on which forward ran
    CHECK_NOTHROW(net.backward(dy));
  }

  TEST_CASE("Sequential: one network predicts from several threads at once [threads]") {
    Generator random(1);
    Sequential<float> net{Linear{64, 128, random}, Dropout{0.5}, ReLU{},
                          Sequential{Linear{128, 32, random}, Tanh{}}, Linear{32, 10, random}};
    for (const Index pool : {1, 2}) {
      net.set_threads(pool);
      constexpr std::size_t count = 4;
      std::array<Tensor<float>, count> inputs, expected;
      for (std::size_t i = 0; i < count; ++i) {
        inputs[i] = random_tensor({static_cast<Index>(16 + 50 * i), 64}, i);
        expected[i] = net.predict(inputs[i]);
      }
      std::array<bool, count> equal{};
      std::vector<std::thread> threads;
      for (std::size_t i = 0; i < count; ++i) {
        threads.emplace_back([&, i] {
          Workspace<float> workspace;
          equal[i] = true;
          for (int pass = 0; pass < 20; ++pass) {
            equal[i] = equal[i] && std::as_const(net).predict(inputs[i], workspace) == expected[i];
            equal[i] = equal[i] && std::as_const(net).predict(inputs[i]) == expected[i];
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      for (const bool each : equal) CHECK(each);
    }
  }

  TEST_CASE("Sequential: a hook may change the threads; the previous ones live until the pass ends") {
    Generator random(1);
    Sequential<float> net{Linear{784, 256, random}, Sequential{ReLU{}, Linear{256, 128, random}},
                          Linear{128, 10, random}};
    const Tensor<float> x = random_tensor({256, 784}, 2), dy = random_tensor({256, 10}, 3);
    const Tensor<float> y = net.forward(x);
    net.backward(dy);
    const auto serial = gradients(net);
    net.zero_grad();

    std::weak_ptr<gradus::ThreadPool> first;
    Index calls = 0;
    const auto change = [&](auto&&...) {
      if (calls == 0) first = net.thread_pool();
      net.set_threads(1 + ++calls % 3);
      CHECK_FALSE(first.expired());
    };
    net.on_forward(change);
    net.on_backward(change);
    const auto is_safe = [&](const auto& pass) {
      net.set_threads(2);
      calls = 0;
      pass();
      CHECK(calls > 0);
      CHECK(first.expired());
    };
    is_safe([&] { CHECK(net.forward(x) == y); });
    is_safe([&] { net.backward(dy); });
    CHECK(gradients(net) == serial);
    is_safe([&] { CHECK(net.predict(x) == y); });
    is_safe([&] { CHECK(std::as_const(net).predict(x) == y); });
    Workspace<float> workspace;
    is_safe([&] { CHECK(net.predict(x, workspace) == y); });
  }

  TEST_CASE("Sequential: threads may be changed while other threads predict [threads]") {
    Generator random(1);
    Sequential<float> net{Linear{784, 256, random}, ReLU{}, Linear{256, 10, random}};
    net.set_threads(2);
    const Tensor<float> x = random_tensor({64, 784}, 2), expected = net.predict(x);
    std::atomic<int> left{2};
    std::array<bool, 2> equal{true, true};
    std::vector<std::thread> threads;
    for (bool& mine : equal) {
      threads.emplace_back([&] {
        for (int pass = 0; pass < 30; ++pass) mine = mine && std::as_const(net).predict(x) == expected;
        --left;
      });
    }
    for (Index i = 0; left > 0; ++i) {
      net.set_threads(1 + i % 3);
      const Sequential<float> copy = net;
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(equal[0]);
    CHECK(equal[1]);
  }

  TEST_CASE("Sequential: too many threads are refused, and the previous ones are kept") {
    Sequential<float> net = small_net();
    net.set_threads(2);
    const auto before = net.thread_pool();
    for (const Index threads :
         {gradus::ThreadPool::max_threads + 1, Index{100'000}, std::numeric_limits<Index>::max(), Index{0},
          std::numeric_limits<Index>::min()})
      CHECK_THROWS_AS(net.set_threads(threads), ArgumentError);
    CHECK(net.thread_pool() == before);
    CHECK(before->threads() == 2);
  }
}

#if defined(__unix__) || defined(__APPLE__)
TEST_CASE("Sequential: a child process trains, copies and destroys a network whose threads slept") {
  if (test::is_sanitized) return;  // some sanitizers start no threads in a child
  Generator random(1);
  auto net = std::make_unique<Sequential<float>>(
      Sequential<float>{Linear{784, 256, random}, ReLU{}, Linear{256, 10, random}});
  const Tensor<float> x = random_tensor({256, 784}, 2), dy = random_tensor({256, 10}, 3);
  const Tensor<float> y = net->forward(x);
  net->backward(dy);
  const auto serial = gradients(*net);
  net->zero_grad();
  net->set_threads(3);
  net->forward(x);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto works = [&] {
    net->zero_grad();
    bool equal = net->predict(x) == y && net->forward(x) == y;
    net->backward(dy);
    return equal && gradients(*net) == serial;
  };
  CHECK(test::holds_in_child([&] {
    {
      Sequential<float> copy = *net;
      if (!(copy.predict(x) == y)) return false;
    }
    if (net->thread_pool()->threads() != 1 || !works()) return false;
    net->set_threads(2);
    if (net->thread_pool()->threads() != 2 || !works()) return false;
    net.reset();
    return true;
  }));
  CHECK(net->thread_pool()->threads() == 3);
  CHECK(works());
}

TEST_CASE("Sequential: a child process forked while threads predict and change can continue") {
  if (test::is_sanitized) return;
  Sequential<float> net = small_net();
  net.set_threads(2);
  const Tensor<float> x = random_tensor({4, 5}, 2), y = net.predict(x);
  std::atomic<bool> stop{false};
  std::thread predicting([&] {
    while (!stop) std::as_const(net).predict(x);
  });
  std::thread changing([&] {
    for (Index i = 0; !stop; ++i) net.set_threads(1 + i % 2);
  });
  int held = 0;
  for (int i = 0; i < 20; ++i) {
    held += test::holds_in_child([&] {
      const bool equal = net.predict(x) == y;
      const Sequential<float> copy = net;
      net.set_threads(2);
      return equal && copy.predict(x) == y && net.predict(x) == y;
    });
  }
  stop = true;
  predicting.join();
  changing.join();
  CHECK(held == 20);
}
#endif
