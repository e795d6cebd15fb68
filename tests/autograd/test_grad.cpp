// SPDX-License-Identifier: MIT

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

using namespace gradus;

namespace {

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

TEST_SUITE("grad") {
  TEST_CASE("grad: returns gradients and leaves those of the parameters unchanged") {
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

  TEST_CASE("grad: is zero for an unrelated input; an input that requires no gradient is an error") {
    const Variable x(Tensor<double>{1, 2}, requires_grad), y(Tensor<double>{1, 2, 3}, requires_grad);
    CHECK(Tensor(grad(sum(x), y).value()) == Tensor<double>{0, 0, 0});
    const Variable c(1.0);
    CHECK(message_of<StateError>([&] {
            grad(sum(x), {x, c});
          }) ==
          "grad: input 1 of shape [] does not require a gradient, expected a leaf that does or a result of "
          "one");
    CHECK(Tensor(grad(c, y).value()) == Tensor<double>{0, 0, 0});
  }

  TEST_CASE("grad: an input may be repeated, and may be the output itself") {
    const Variable x(2.0, requires_grad);
    const auto gradients = grad(x * x, {x, x});
    CHECK(gradients[0].item() == 4);
    CHECK(gradients[1].item() == 4);
    CHECK(grad(x, x).item() == 1);
  }

  TEST_CASE("grad: derivatives of any order are correct") {
    const Variable x(2.0, requires_grad);
    Variable y = x * x * x * x;
    for (const double expected : {32.0, 48.0, 48.0, 24.0, 0.0}) {
      y = grad(y, x, {.create_graph = true});
      CHECK(y.item() == expected);
    }
  }

  TEST_CASE("grad: the Hessians of a quadratic form and of the Rosenbrock function are right") {
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

  TEST_CASE("grad: a gradient penalty can be trained") {
    const Variable w(Tensor<double>{1, 2}, requires_grad), x(Tensor<double>{3, 4}, requires_grad);
    const Variable slope = grad(sum(w * w * x), x, {.create_graph = true});
    sum(slope * slope).backward();  // |w^2|^2
    CHECK(Tensor(w.grad()) == Tensor<double>{4, 32});
  }
}
