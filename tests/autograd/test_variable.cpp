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
  TEST_CASE("value, shape and gradient are those of a tensor, and the scalar is deduced") {
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

  TEST_CASE("gradients add up over backwards until they are cleared") {
    Variable x(3.0, requires_grad);
    (x * x).backward();
    CHECK(x.grad().item() == 6);
    (x * x).backward();
    CHECK(x.grad().item() == 12);
    x.zero_grad();
    CHECK(x.grad().item() == 0);
  }

  TEST_CASE("a gradient is zeros before the first backward") {
    const Variable x(Tensor<double>{1, 2}, requires_grad);
    CHECK(Tensor(x.grad()) == Tensor<double>{0, 0});
  }

  TEST_CASE("only a leaf that requires a gradient keeps one") {
    const Variable x(Tensor<double>{1, 2}, requires_grad), y = x * 2.0, c(Tensor<double>{1});
    CHECK(message_of<StateError>([&] { y.grad(); }) ==
          "grad: scale of shape [2] keeps no gradient, expected a leaf that requires one");
    CHECK(contains(message_of<StateError>([&] { c.grad(); }), "constant of shape [1]"));
  }

  TEST_CASE("a node that many use gets the sum of their gradients") {
    const Variable x(2.0, requires_grad), y = x * x;
    (y * y + y + x).backward();
    CHECK(x.grad().item() == 4 * 8 + 4 + 1);
    const Variable t(Tensor<double>{2, 3}, requires_grad), u = t * t;
    sum(u + u + u + t).backward();
    CHECK(Tensor(t.grad()) == Tensor<double>{13, 19});
  }

  TEST_CASE("gradients of several nodes never share memory that one of them adds to") {
    const Variable a(Tensor<double>{1, 1}, requires_grad), b(Tensor<double>{1, 1}, requires_grad);
    const Variable s = a + b;  // hands the same gradient to both
    sum(s + a * 3.0 + a * 4.0).backward();
    CHECK(Tensor(a.grad()) == Tensor<double>{8, 8});
    CHECK(Tensor(b.grad()) == Tensor<double>{1, 1});
    sum(a + b).backward();
    CHECK(Tensor(a.grad()) == Tensor<double>{9, 9});
    CHECK(Tensor(b.grad()) == Tensor<double>{2, 2});
  }

  TEST_CASE("backward of more than one element wants a gradient to begin with") {
    const Variable x(Tensor<double>{1, 2, 3}, requires_grad);
    CHECK(message_of<ShapeError>([&] { (x * x).backward(); }) ==
          "backward: output has shape [3], expected one element or a gradient to begin with");
    (x * x).backward(Tensor<double>{1, 10, 100});
    CHECK(Tensor(x.grad()) == Tensor<double>{2, 40, 600});
    CHECK(message_of<ShapeError>([&] {
            (x * x).backward(Tensor<double>{1, 2});
          }) == "backward: gradient has shape [2], expected [3]");
  }

  TEST_CASE("backward of what depends on no leaf is an error") {
    const Variable x(Tensor<double>{1, 2});
    CHECK(message_of<StateError>([&] { sum(x).backward(); }) ==
          "backward: constant of shape [] depends on nothing that requires a gradient");
  }

  TEST_CASE("a graph is freed by backward unless it is retained") {
    const Variable x(2.0, requires_grad), y = x * x;
    y.backward({.retain_graph = true});
    y.backward();
    CHECK(x.grad().item() == 8);
    CHECK(message_of<StateError>([&] { y.backward(); }) ==
          "backward: the graph of multiply of shape [] has been freed by an earlier backward; retain_graph "
          "keeps it");
    const Variable z = y + x;  // built on a freed graph
    CHECK_THROWS_AS(z.backward(), StateError);
    CHECK(x.grad().item() == 8);
    x.zero_grad();
    (x * x).backward();  // the failure has left nothing behind
    CHECK(x.grad().item() == 4);
  }

  TEST_CASE("an operation that throws in the middle of a pass leaves the graph as it was") {
    struct Failing {
      Tensor<double> forward(TensorView<const double> x) const { return Tensor<double>(x); }
      Variable<double> backward(const Variable<double>&, const Variable<double>&,
                                const Variable<double>&) const {
        throw NumericError("failing");
      }
    };
    const Variable x(Tensor<double>{1, 2}, requires_grad), y = x * x;
    const Variable z = sum(apply_function(Failing{}, y) + y);
    CHECK_THROWS_AS(z.backward(), NumericError);
    CHECK_THROWS_AS(z.backward({.retain_graph = true}), StateError);
    x.zero_grad();
    sum(y).backward();
    CHECK(Tensor(x.grad()) == Tensor<double>{2, 4});
  }

  TEST_CASE("detach leaves the tape, and shares no memory") {
    const Variable x(Tensor<double>{1, 2}, requires_grad);
    Variable d = (x * x).detach();
    CHECK_FALSE(d.requires_grad());
    sum(x * d).backward();
    CHECK(Tensor(x.grad()) == Tensor<double>{1, 4});
    Variable e = x.detach();
    e.value()(0) = 7;
    CHECK(x.value()(0) == 1);
  }

  TEST_CASE("nothing is recorded under NoGrad, which nests") {
    const Variable x(2.0, requires_grad);
    {
      const NoGrad off;
      CHECK_FALSE((x * x).requires_grad());
      {
        const NoGrad again;
        CHECK_FALSE(exp(x).requires_grad());
      }
      CHECK_FALSE((x + 1.0).requires_grad());
    }
    CHECK((x * x).requires_grad());
  }

  TEST_CASE("a step by hand changes the leaf") {
    Variable w(Tensor<double>{1, 2}, requires_grad);
    sum(w * w).backward();
    w.value().array() -= 0.5 * w.grad().array();
    w.zero_grad();
    CHECK(Tensor(w.value()) == Tensor<double>{0, 0});
  }

  TEST_CASE("compound assignment makes a new node") {
    Variable x(3.0, requires_grad), y = x;
    y *= x;
    y += x;
    y -= 1.0;
    y /= x;
    CHECK(y.item() == doctest::Approx(11.0 / 3));
    y.backward();
    CHECK(x.grad().item() == doctest::Approx(1 + 1.0 / 9));
  }

  TEST_CASE("numbers mix with variables on both sides") {
    const Variable x(Tensor<double>{2, 4}, requires_grad);
    const auto value = [](const Variable<double>& y) { return Tensor(y.value()); };
    CHECK(value(1.0 + x) == Tensor<double>{3, 5});
    CHECK(value(x + 1) == Tensor<double>{3, 5});
    CHECK(value(1 - x) == Tensor<double>{-1, -3});
    CHECK(value(x - 1) == Tensor<double>{1, 3});
    CHECK(value(3 * x) == Tensor<double>{6, 12});
    CHECK(value(x / 2) == Tensor<double>{1, 2});
    CHECK(value(8 / x) == Tensor<double>{4, 2});
    CHECK(value(-x) == Tensor<double>{-2, -4});
    CHECK(value(x + Tensor<double>{10, 20}) == Tensor<double>{12, 24});
    CHECK(value(Tensor<double>{10, 20} * x) == Tensor<double>{20, 80});
    sum(8 / x + 3 * x - (1 - x)).backward();
    CHECK(Tensor(x.grad()) == Tensor<double>{2, 3.5});
  }

  TEST_CASE("numbers of any type mix with variables of float, and no warning says so") {
    const Variable x(Tensor<float>{2});
    const int two = 2;
    const long double half = 0.5L;
    const auto value = [](const Variable<float>& y) { return y.value()(0); };
    CHECK(value(0.1 * x) == 0.1f * 2);
    CHECK(value(x * 0.1) == 0.1f * 2);
    CHECK(value(x + 0.1) == 0.1f + 2);
    CHECK(value(0.1 + x) == 0.1f + 2);
    CHECK(value(x - 0.1) == 2 - 0.1f);
    CHECK(value(0.1 - x) == 0.1f - 2);
    CHECK(value(x / 0.1) == 2 / 0.1f);
    CHECK(value(0.1 / x) == 0.1f / 2);
    CHECK(value(two * x) == 4);
    CHECK(value(x - two) == 0);
    CHECK(value(half * x) == 1);
    CHECK(value(add(x, 0.1)) == 0.1f + 2);
    CHECK(value(multiply(x, 0.1)) == 0.1f * 2);
    CHECK(value(pow(x, two)) == 4);
    CHECK(value(clamp(x, 0.1, 0.9)) == 0.9f);
    CHECK(value(maximum(x, 0.1)) == 2);
    CHECK(value(minimum(x, 0.1)) == 0.1f);
    CHECK(value(where(greater_than(x, 0.1), 0.1 * x, 0.1)) == 0.1f * 2);
    Variable y = x;
    y += 0.1;
    y -= 0.1;
    y *= 0.1;
    y /= 0.1;
    CHECK(value(y) == doctest::Approx(2));
    CHECK(Variable<float>(0.1).item() == 0.1f);
    static_assert(std::is_same_v<decltype(Variable(0.1f)), Variable<float>>);
    static_assert(std::is_same_v<decltype(Variable(0.1, requires_grad)), Variable<double>>);
  }

  TEST_CASE("value and gradient of a temporary are copies that live on") {
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

  TEST_CASE("shapes that do not broadcast are named") {
    const Variable<double> a(Tensor<double>(Shape{2, 3})), b(Tensor<double>(Shape{4}));
    CHECK(message_of<ShapeError>([&] { a + b; }) ==
          "add: shapes [2, 3] and [4], expected shapes that broadcast");
    CHECK(message_of<ShapeError>([&] { b / a; }) ==
          "divide: shapes [4] and [2, 3], expected shapes that broadcast");
  }
}

TEST_SUITE("grad") {
  TEST_CASE("grad returns gradients and touches nobody's own") {
    const Variable x(2.0, requires_grad), y(3.0, requires_grad), z = x * y, w = z * x;
    const auto gradients = grad(w, {x, z, y}, {.retain_graph = true});
    CHECK(gradients[0].item() == 12);  // also through z
    CHECK(gradients[1].item() == 2);
    CHECK(gradients[2].item() == 4);
    CHECK(x.grad().item() == 0);
    CHECK(y.grad().item() == 0);
    CHECK(grad(w, x).item() == 12);
    CHECK_THROWS_AS(grad(w, x), StateError);
  }

  TEST_CASE("an input on which the output does not depend has zeros, one that wants none is an error") {
    const Variable x(Tensor<double>{1, 2}, requires_grad), y(Tensor<double>{1, 2, 3}, requires_grad);
    CHECK(Tensor(grad(sum(x), y).value()) == Tensor<double>{0, 0, 0});
    const Variable c(1.0);
    CHECK(message_of<StateError>([&] {
            grad(sum(x), {x, c});
          }) == "grad: input 1 of shape [] does not require a gradient");
    CHECK(Tensor(grad(c, y).value()) == Tensor<double>{0, 0, 0});
  }

  TEST_CASE("an input may be named twice, and may be the output") {
    const Variable x(2.0, requires_grad);
    const auto gradients = grad(x * x, {x, x});
    CHECK(gradients[0].item() == 4);
    CHECK(gradients[1].item() == 4);
    CHECK(grad(x, x).item() == 1);
  }

  TEST_CASE("derivatives of any order") {
    const Variable x(2.0, requires_grad);
    Variable y = x * x * x * x;
    for (const double expected : {32.0, 48.0, 48.0, 24.0, 0.0}) {
      y = grad(y, x, {.create_graph = true});
      CHECK(y.item() == expected);
    }
  }

  TEST_CASE("the Hessian of a quadratic form is its matrix, and of the Rosenbrock function the known one") {
    const Tensor<double> a{{2, 1, 0}, {1, 5, -3}, {0, -3, 4}};
    const Variable x(Tensor<double>{{1}, {2}, {3}}, requires_grad);
    const Variable slope =
        grad(sum(x * matmul(Variable(a), x)) * 0.5, x, Variable(1.0), {.create_graph = true});
    for (Index i = 0; i < 3; ++i) {
      Tensor<double> unit(Shape{3, 1});
      unit(i, 0) = 1;
      const Variable row = grad(slope, x, Variable(unit), {.retain_graph = true});
      for (Index j = 0; j < 3; ++j) CHECK(row.value()(j, 0) == doctest::Approx(a(i, j)).epsilon(1e-15));
    }

    const Variable p(0.5, requires_grad), q(2.0, requires_grad);
    const Variable f = pow(1.0 - p, 2) + 100 * pow(q - p * p, 2);
    const auto first = grad(f, {p, q}, {.create_graph = true});
    const auto of_p = grad(first[0], {p, q}, {.retain_graph = true});
    const auto of_q = grad(first[1], {p, q});
    CHECK(of_p[0].item() == doctest::Approx(2 - 400 * (2 - 3 * 0.25)).epsilon(1e-14));
    CHECK(of_p[1].item() == doctest::Approx(-200.0).epsilon(1e-14));
    CHECK(of_q[0].item() == doctest::Approx(-200.0).epsilon(1e-14));
    CHECK(of_q[1].item() == doctest::Approx(200.0).epsilon(1e-14));
  }

  TEST_CASE("a penalty on the gradient trains through it") {
    const Variable w(Tensor<double>{1, 2}, requires_grad), x(Tensor<double>{3, 4}, requires_grad);
    const Variable slope = grad(sum(w * w * x), x, {.create_graph = true});
    sum(slope * slope).backward();  // |w^2|^2
    CHECK(Tensor(w.grad()) == Tensor<double>{4, 32});
  }
}

TEST_SUITE("memory") {
  TEST_CASE("a chain of a million additions needs no stack, forward, backward and when it dies") {
    const Variable x(1.0, requires_grad);
    {
      Variable y = x;
      for (int i = 0; i < 1'000'000; ++i) y = y + x;
      CHECK(y.item() == 1'000'001);
      y.backward();
      CHECK(x.grad().item() == 1'000'001);
    }
    Variable y = x;
    for (int i = 0; i < 1'000'000; ++i) y = y + x;
    y = x;  // dies without a backward
    const Variable t(Tensor<double>{1, 2}, requires_grad);
    Variable z = t;
    for (int i = 0; i < 100'000; ++i) z = z + t;
    sum(z).backward();
    CHECK(t.grad()(0) == 100'001);
  }

  TEST_CASE("backward lets go of every node that it has passed") {
    struct Counted {
      int* alive;
      std::vector<int>* seen;
      Counted(int* count, std::vector<int>* list) : alive(count), seen(list) { ++*alive; }
      Counted(const Counted& other) : alive(other.alive), seen(other.seen) { ++*alive; }
      Counted& operator=(const Counted&) = delete;
      ~Counted() { --*alive; }
      Tensor<double> forward(TensorView<const double> x) const { return Tensor<double>(x); }
      Variable<double> backward(const Variable<double>& dy, const Variable<double>&,
                                const Variable<double>&) const {
        seen->push_back(*alive);
        return dy;
      }
    };
    int alive = 0;
    std::vector<int> seen;
    {
      const Counted identity(&alive, &seen);
      Variable y(Tensor<double>{1, 2}, requires_grad);
      y = apply_function(Counted(identity), y * 1.0);
      y = apply_function(Counted(identity), y);
      y = sum(apply_function(Counted(identity), y));
      const int before = alive;
      CHECK(before == 4);
      y.backward();
      CHECK(alive == 1);  // though y is still here
    }
    CHECK(seen == std::vector<int>{4, 3, 2});
    CHECK(alive == 0);
  }
}

TEST_CASE("threads: independent graphs need no lock") {
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
