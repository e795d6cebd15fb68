// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>
#include <gradus/nn.hpp>

using namespace gradus;
using V = Variable<double>;

namespace {

nn::Sequential<double> small_network() {
  Generator random(1);
  return nn::Sequential(nn::Flatten<double>{}, nn::Linear<double>(6, 5, random), nn::Tanh<double>{},
                        nn::Linear<double>(5, 3, random));
}

Tensor<double> uniform(const Shape& shape, std::uint64_t seed, double from = -1, double to = 1) {
  Generator random(seed);
  return Tensor<double>::uniform(shape, random, from, to);
}

/// Returns the largest difference relative to the largest number.
double difference(TensorView<const double> a, TensorView<const double> b) {
  REQUIRE(a.shape() == b.shape());
  if (a.empty()) return 0;
  return (a.array() - b.array()).abs().maxCoeff() / std::max(1.0, b.array().abs().maxCoeff());
}

constexpr double rounding = 1e-14;

template <class M>
concept AppliesToDouble = requires(M&& module, const V& x) {
  apply(std::forward<M>(module), x);
};
static_assert(AppliesToDouble<nn::Tanh<float>> && AppliesToDouble<nn::Tanh<float>&>);
static_assert(AppliesToDouble<nn::Tanh<double>> && AppliesToDouble<const nn::Tanh<float>&>);
static_assert(AppliesToDouble<nn::Linear<double>&> && !AppliesToDouble<nn::Linear<float>&>);
// Their parameters would be destroyed before an optimiser saw them.
static_assert(!AppliesToDouble<nn::Linear<double>> && !AppliesToDouble<nn::Sequential<double>>);

/// The network of small_network, built from elementary operators with copies of its parameters.
struct Composed {
  explicit Composed(nn::Sequential<double>& net) {
    for (const auto& parameter : net.named_parameters()) {
      parameters.emplace_back(parameter->value, requires_grad);
    }
  }
  V operator()(const V& x) const {
    const auto& p = parameters;
    const V hidden = tanh(matmul(reshape(x, {x.shape()[0], -1}), transpose(p[0])) + p[1]);
    return matmul(hidden, transpose(p[2])) + p[3];
  }
  std::vector<V> parameters;
};

}  // namespace

TEST_SUITE("module on the tape") {
  TEST_CASE("Sequential: a network is one node, with its own forward and backward, bit for bit") {
    nn::Sequential<double> net = small_network(), other = net;
    const V x(uniform({4, 2, 3}, 2), requires_grad);
    const V y = net(x);
    CHECK(y.node()->parents().size() == 1);
    const std::vector<Index> labels{0, 2, 1, 1};
    const V loss = cross_entropy(y, labels);
    loss.backward();

    const Tensor<double>& logits = other.forward(x.value());
    Tensor<double> dlogits(logits.shape()), dx(x.shape());
    const auto expected = nn::SoftmaxCrossEntropy<double>{}(logits, labels, dlogits);
    other.backward(dlogits, dx);
    CHECK(loss.item() == expected.loss);
    CHECK(Tensor(x.grad()) == dx);
    for (std::size_t i = 0; i < net.named_parameters().size(); ++i) {
      CHECK(net.named_parameters()[i]->grad() == other.named_parameters()[i]->grad());
    }
  }

  TEST_CASE("Sequential: the hand-written backward agrees with elementary operators up to rounding") {
    nn::Sequential<double> net = small_network();
    const Composed composed(net);
    const V x(uniform({4, 2, 3}, 2), requires_grad), z(x.value(), requires_grad);
    sum(net(x) * uniform({4, 3}, 3)).backward();
    sum(composed(z) * uniform({4, 3}, 3)).backward();
    CHECK(difference(x.grad(), z.grad()) < rounding);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(difference(net.named_parameters()[i]->grad(), composed.parameters[i].grad()) < rounding);
    }
  }

  TEST_CASE("AnyModule: a module that appears twice in a graph gets the sum of both gradients") {
    Generator random(5);
    nn::Linear<double> linear(3, 3, random);
    const V w(linear.weight.value, requires_grad), b(linear.bias.value, requires_grad);
    const V x(uniform({2, 3}, 6), requires_grad), z(x.value(), requires_grad);
    sum(apply(linear, tanh(apply(linear, x)))).backward();
    const auto composed = [&](const V& in) { return matmul(in, transpose(w)) + b; };
    sum(composed(tanh(composed(z)))).backward();
    CHECK(difference(linear.weight.grad(), w.grad()) < rounding);
    CHECK(difference(linear.bias.grad(), b.grad()) < rounding);
    CHECK(difference(x.grad(), z.grad()) < rounding);
  }

  TEST_CASE("Sequential: a network that appears twice in a graph keeps two sets of activations") {
    nn::Sequential<double> net = small_network();
    const Composed composed(net);
    const Tensor<double> x = uniform({2, 6}, 7), z = uniform({3, 6}, 8);
    (sum(net(x)) * sum(net(z))).backward();
    (sum(composed(V(x))) * sum(composed(V(z)))).backward();
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(difference(net.named_parameters()[i]->grad(), composed.parameters[i].grad()) < rounding);
    }
  }

  TEST_CASE("Sequential: training on the tape agrees with training by modules") {
    nn::Sequential<double> net = small_network();
    const Composed composed(net);
    const Tensor<double> x = uniform({8, 6}, 30);
    const std::vector<Index> labels{0, 1, 2, 0, 1, 2, 1, 1};
    for (int step = 0; step < 50; ++step) {
      const Tensor<double>& logits = net.forward(x);
      Tensor<double> dlogits(logits.shape());
      const double expected = nn::SoftmaxCrossEntropy<double>{}(logits, labels, dlogits).loss;
      net.backward(dlogits);
      const V loss = cross_entropy(composed(V(x)), labels);
      loss.backward();
      CHECK(loss.item() == doctest::Approx(expected).epsilon(1e-13));
      for (const auto& parameter : net.named_parameters()) {
        parameter->value.array() -= 0.5 * parameter->grad().array();
        parameter->zero_grad();
      }
      for (V parameter : composed.parameters) {
        parameter.value().array() -= 0.5 * parameter.grad().array();
        parameter.zero_grad();
      }
    }
  }

  TEST_CASE("Sequential: backward frees a network's node like any other, and its memory is reused") {
    nn::Sequential<double> net = small_network();
    const Tensor<double> x = uniform({4, 6}, 2);
    const V y = sum(net(x));
    y.backward();
    CHECK_THROWS_AS(y.backward(), StateError);
    nn::Context used = nn::detail::context_pool(net)->take();
    CHECK(used.outputs().size() == 4);
    CHECK(nn::detail::context_pool(net)->take().outputs().empty());
    nn::detail::context_pool(net)->give_back(std::move(used));
    const V z = net(x);
    CHECK(nn::detail::context_pool(net)->take().outputs().empty());
    sum(z).backward({.retain_graph = true});
    const Tensor<double> once = net.named_parameters()[0]->grad();
    sum(z).backward();
    CHECK_THROWS_AS(sum(z).backward(), StateError);
    CHECK(difference(net.named_parameters()[0]->grad(), Tensor<double>(1.5 * once.matrix())) < rounding);
  }

  TEST_CASE("grad: leaves the parameters' gradients unchanged") {
    nn::Sequential<double> net = small_network();
    const V x(uniform({4, 6}, 2), requires_grad);
    const V dx = grad(sum(net(x)), x);
    CHECK(dx.shape() == x.shape());
    for (const auto& parameter : net.named_parameters()) {
      CHECK(parameter->grad() == Tensor<double>(parameter->value.shape()));
    }
  }

  TEST_CASE("Sequential: the parameters of a const network are constants") {
    const nn::Sequential<double> net = small_network();
    CHECK_FALSE(net(uniform({4, 6}, 2)).requires_grad());
    const V x(uniform({4, 6}, 2), requires_grad);
    sum(net(x)).backward();
    CHECK(x.grad().array().abs().sum() > 0);
  }

  TEST_CASE("NoGrad: a network records nothing") {
    nn::Sequential<double> net = small_network();
    const NoGrad off;
    CHECK_FALSE(net(V(uniform({4, 6}, 2), requires_grad)).requires_grad());
  }

  TEST_CASE("Dropout: draws in training, and its backward uses the same mask") {
    nn::Sequential<double> net(nn::Dropout<double>(0.5));
    const V x(Tensor<double>::ones({100}), requires_grad);
    const V y = net(x), other = net(x);
    CHECK_FALSE(Tensor(y.value()) == Tensor(other.value()));
    sum(y).backward();
    CHECK(Tensor(x.grad()) == Tensor(y.value()));
    net.eval();
    CHECK(Tensor(net(x).value()) == Tensor(x.value()));
  }

  TEST_CASE("Sequential: mismatched shapes give the network's own error") {
    nn::Sequential<double> net = small_network();
    CHECK_THROWS_WITH_AS(net(uniform({4, 7}, 2)),
                         "Sequential: layer 1: Linear: input has shape [4, 7], expected [N, 6]", ShapeError);
  }

  TEST_CASE("Sequential: differentiating a module's gradient again is an error that says so") {
    nn::Sequential<double> net = small_network();
    const V x(uniform({4, 6}, 2), requires_grad);
    CHECK_THROWS_AS(grad(sum(net(x)), x, {.create_graph = true}), StateError);
  }

  TEST_CASE("apply: modules work on the tape, each checked against operators") {
    const V x(uniform({3, 4}, 9), requires_grad), z(x.value(), requires_grad);
    const Tensor<double> weights = uniform({3, 4}, 10);
    const auto compare = [&](V module, V composed) {
      CHECK(difference(std::as_const(module).value(), std::as_const(composed).value()) < rounding);
      x.zero_grad();
      z.zero_grad();
      sum(module * weights).backward();
      sum(composed * weights).backward();
      CHECK(difference(x.grad(), z.grad()) < rounding);
    };
    nn::ReLU<double> relu_module;
    nn::Sigmoid<double> sigmoid_module;
    nn::Tanh<double> tanh_module;
    nn::Softmax<double> softmax_module;
    nn::Identity<double> identity;
    compare(apply(relu_module, x), maximum(z, 0.0));
    compare(apply(sigmoid_module, x), 1.0 / (1.0 + exp(-z)));
    compare(apply(tanh_module, x), (exp(z) - exp(-z)) / (exp(z) + exp(-z)));
    compare(apply(softmax_module, x), exp(z) / sum(exp(z), -1, keep_dims));
    compare(apply(identity, x), z * 1.0);
    nn::Dropout<double> dropout(0.4);
    Generator random(3);
    const V dropped = apply(dropout, x, {.training = true, .random = &random});
    Tensor<double> mask(dropped.value());
    mask.array() /= x.value().array();
    compare(dropped, z * mask);
  }

  TEST_CASE("apply: modules without parameters adapt to the scalar of the input, and may be temporary") {
    const V x(uniform({3, 4}, 9), requires_grad), z(x.value(), requires_grad);
    const auto compare = [&](const V& module, const V& composed) {
      CHECK(Tensor(module.value()) == Tensor(composed.value()));
      x.zero_grad();
      z.zero_grad();
      sum(module).backward();
      sum(composed).backward();
      CHECK(Tensor(x.grad()) == Tensor(z.grad()));
    };
    nn::Tanh<double> of_double;
    const nn::Tanh<> constant;
    nn::LeakyReLU<> leaky{0.25};
    nn::LeakyReLU<double> leaky_of_double{0.25};
    compare(apply(nn::Tanh{}, x), apply(of_double, z));
    compare(apply(nn::Tanh<double>{}, x), apply(of_double, z));
    compare(apply(constant, x), apply(of_double, z));
    compare(apply(leaky, x), apply(leaky_of_double, z));
    CHECK(Tensor(apply(nn::Tanh{}, uniform({3, 4}, 9)).value()) == Tensor(apply(of_double, z).value()));

    Generator random(3), same(3);
    nn::Dropout<double> dropout(0.4);
    compare(apply(nn::Dropout{0.4}, x, {.training = true, .random = &random}),
            apply(dropout, z, {.training = true, .random = &same}));
  }
}

TEST_SUITE("losses on the tape") {
  TEST_CASE("losses: hand-written gradients agree with elementary operators") {
    const Tensor<double> logits = uniform({5, 4}, 11, -3, 3);
    const std::vector<Index> labels{3, 0, 1, 1, 2};
    const V x(logits, requires_grad), z(logits, requires_grad);
    const auto compare = [&](const V& fused, const V& composed) {
      CHECK(fused.item() == doctest::Approx(composed.item()).epsilon(rounding));
      x.zero_grad();
      z.zero_grad();
      fused.backward();
      composed.backward();
      CHECK(difference(x.grad(), z.grad()) < rounding);
    };
    Tensor<Index> picked(Shape{5, 1}, labels);
    const V log_p = z - log(sum(exp(z), -1, keep_dims));
    compare(cross_entropy(x, labels), -mean(gather(log_p, 1, picked)));
    const V again = z - log(sum(exp(z), -1, keep_dims));
    compare(cross_entropy(x, labels, {.reduction = Reduction::sum, .label_smoothing = 0.3}),
            -(0.7 * sum(gather(again, 1, picked)) + 0.3 / 4 * sum(again)));
    const Tensor<double> target = uniform({5, 4}, 12, 0, 1);
    compare(mean_squared_error(x, target), mean((z - target) * (z - target)));
    compare(mean_squared_error(x, target, Reduction::sum), sum((z - target) * (z - target)));
    const V p = 1.0 / (1.0 + exp(-z));
    compare(binary_cross_entropy(x, target), -mean(target * log(p) + (1.0 - V(target)) * log(1.0 - p)));
    CHECK(binary_cross_entropy(x, target, Reduction::sum).item() ==
          doctest::Approx(20 * binary_cross_entropy(x, target).item()));
  }

  TEST_CASE("SoftmaxCrossEntropy: a wrong label is named") {
    const V x(uniform({2, 4}, 11), requires_grad);
    const std::vector<Index> labels{1, 4};
    CHECK_THROWS_AS(cross_entropy(x, labels), IndexError);
  }
}

TEST_SUITE("gradient_check of modules") {
  TEST_CASE("gradient_check: every module passes") {
    const Tensor<double> x = uniform({3, 4}, 20);
    CHECK(gradient_check(nn::Linear<double>(4, 2), x));
    CHECK(gradient_check(nn::Linear<double>(4, 2, {.bias = false}), x));
    CHECK(gradient_check(nn::ReLU<double>{}, x));
    CHECK(gradient_check(nn::Sigmoid<double>{}, x));
    CHECK(gradient_check(nn::Tanh<double>{}, x));
    CHECK(gradient_check(nn::Softmax<double>{}, x));
    CHECK(gradient_check(nn::Identity<double>{}, x));
    CHECK(gradient_check(nn::Flatten<double>{}, uniform({3, 2, 2}, 21)));
    CHECK(gradient_check(nn::Dropout<double>(0.5), x));
    CHECK(gradient_check(small_network(), uniform({3, 6}, 22)));
    CHECK(gradient_check(nn::Linear<double>(4, 2), Tensor<double>(Shape{0, 4})));
  }
}

TEST_CASE("Sequential: a graph keeps the threads that it started with, but only as long as it needs them") {
  Generator random(1);
  nn::Sequential<double> net{nn::Linear<double>(300, 200, random), nn::Tanh<double>{},
                             nn::Linear<double>(200, 100, random)};
  const Tensor<double> x = uniform({64, 300}, 1);
  sum(net(x)).backward();
  std::vector<Tensor<double>> serial;
  for (const auto& parameter : net.named_parameters()) serial.push_back(parameter->grad());
  net.zero_grad();

  net.set_threads(2);
  const std::weak_ptr<ThreadPool> first = net.thread_pool();
  Variable<double> loss = sum(net(x));
  net.set_threads(3);
  CHECK_FALSE(first.expired());
  loss.backward();
  CHECK(first.expired());
  std::size_t i = 0;
  for (const auto& parameter : net.named_parameters()) CHECK(parameter->grad() == serial[i++]);

  const std::weak_ptr<ThreadPool> second = net.thread_pool();
  {
    const Variable<double> never_differentiated = net(x);
    net.set_threads(1);
    CHECK_FALSE(second.expired());
  }
  CHECK(second.expired());
}
