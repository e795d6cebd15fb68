// SPDX-License-Identifier: MIT

#include <array>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

using namespace gradus;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

template <class E, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_SUITE("variable") {
  TEST_CASE("Variable: value, shape and gradient are those of a tensor, and the scalar is deduced") {
    Variable x(Tensor<double>{{1, 2, 3}, {4, 5, 6}}, requires_grad);
    static_assert(std::is_same_v<decltype(x), Variable<double>>);
    CHECK(x.shape() == Shape{2, 3});
    CHECK(x.requires_grad());
    sum(x * x).backward();
    CHECK(x.grad()(1, 2) == 12);
    const Variable c(Tensor<float>{1, 2});
    static_assert(std::is_same_v<decltype(c), const Variable<float>>);
    CHECK_FALSE(c.requires_grad());
    CHECK(Variable(2.0).rank() == 0);
  }

  TEST_CASE("Variable: the gradient is zero before the first backward") {
    const Variable x(Tensor<double>{1, 2}, requires_grad);
    CHECK(Tensor(x.grad()) == Tensor<double>{0, 0});
  }

  TEST_CASE("Variable: only a leaf that requires a gradient keeps one") {
    const Variable x(Tensor<double>{1, 2}, requires_grad), y = x * 2.0, c(Tensor<double>{1});
    CHECK(message_of<StateError>([&] { y.grad(); }) ==
          "grad: scale of shape [2] stores no gradient, expected a leaf that requires one");
    CHECK(contains(message_of<StateError>([&] { c.grad(); }), "constant of shape [1]"));
  }

  TEST_CASE("Variable: detach leaves the tape and shares no memory") {
    const Variable x(Tensor<double>{1, 2}, requires_grad);
    Variable d = (x * x).detach();
    CHECK_FALSE(d.requires_grad());
    sum(x * d).backward();
    CHECK(Tensor(x.grad()) == Tensor<double>{1, 4});
    Variable e = x.detach();
    e.value()(0) = 7;
    CHECK(x.value()(0) == 1);
  }

  TEST_CASE("Variable: a manual update changes the leaf") {
    Variable w(Tensor<double>{1, 2}, requires_grad);
    sum(w * w).backward();
    w.value().array() -= 0.5 * w.grad().array();
    w.zero_grad();
    CHECK(Tensor(w.value()) == Tensor<double>{0, 0});
  }

  TEST_CASE("Variable: compound assignment creates a new node") {
    Variable x(3.0, requires_grad), y = x;
    y *= x;
    y += x;
    y -= 1.0;
    y /= x;
    CHECK(y.item() == doctest::Approx(11.0 / 3));
    y.backward();
    CHECK(x.grad().item() == doctest::Approx(1 + 1.0 / 9));
  }

  TEST_CASE("Variable: value and gradient of a temporary are copies that outlive it") {
    const Variable a(Tensor<double>{1, 2}), b(Tensor<double>{3, 4});
    double total = 0;
    for (const double element : (a * b).value()) total += element;
    CHECK(total == 11);
    const auto kept = (a * b).value();
    static_assert(std::is_same_v<decltype(kept), const Tensor<double>>);
    CHECK(kept == Tensor<double>{3, 8});
    CHECK((a * b).value().array().sum() == 11);
    CHECK((a * b).shape() == Shape{2});
    const auto gradient = Variable(Tensor<double>{1, 2}, requires_grad).grad();
    CHECK(gradient == Tensor<double>{0, 0});
    Variable x(Tensor<double>{1, 2}, requires_grad);
    sum(x * x).backward();
    CHECK(Variable(x).grad() == Tensor<double>{2, 4});
    static_assert(std::is_same_v<decltype(x.value()), TensorView<double>>);
    static_assert(std::is_same_v<decltype(x.grad()), TensorView<double>>);
  }
}

TEST_CASE("Variable: independent graphs in several threads need no lock") {
  const auto train = [](double start, double& result) {
    Variable w(Tensor<double>{start, start}, requires_grad), b(start, requires_grad);
    for (int i = 0; i < 200; ++i) {
      Variable loss = sum(pow(tanh(w * 0.5 + b) - 0.25, 2)) + exp(-b * b) * 0.01;
      loss.backward();
      const NoGrad off;
      w.value().array() -= 0.1 * w.grad().array();
      b.value().array() -= 0.1 * b.grad().array();
      w.zero_grad();
      b.zero_grad();
    }
    result = w.value()(0) + b.item();
  };
  std::array<double, 4> alone{}, together{};
  for (std::size_t i = 0; i < alone.size(); ++i) train(0.1 * static_cast<double>(i), alone[i]);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    threads.emplace_back([&, i] { train(0.1 * static_cast<double>(i), together[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(alone == together);
}
