// SPDX-License-Identifier: MIT

#include <array>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

using namespace gradus;
using V = Variable<double>;

namespace {

struct Cube {
  Tensor<double> forward(TensorView<const double> x) const {
    Tensor<double> y(x.shape());
    y.array() = x.array().cube();
    return y;
  }
  V backward(const V& dy, const V&, const V& x) const { return dy * 3 * x * x; }
};

struct Hypotenuse {
  Tensor<double> forward(TensorView<const double> a, TensorView<const double> b) const {
    Tensor<double> y(a.shape());
    y.array() = (a.array().square() + b.array().square()).sqrt();
    return y;
  }
  std::array<V, 2> backward(const V& dy, const V& y, const V& a, const V& b) const {
    return {dy * a / y, dy * b / y};
  }
};

struct FirstOrderOnly {
  Tensor<double> forward(TensorView<const double> x) const { return Tensor<double>(x); }
  Tensor<double> backward(const V& dy, const V&, const V&) const { return Tensor<double>(dy.value()); }
};

struct WrongShape {
  Tensor<double> forward(TensorView<const double> x) const { return Tensor<double>(x); }
  V backward(const V& dy, const V&, const V&) const { return sum(dy); }
};

}  // namespace

TEST_SUITE("function") {
  TEST_CASE("apply_function: a user-defined function can be differentiated once, twice and three times") {
    const V x(Tensor<double>{1, -2}, requires_grad);
    V y = apply_function(Cube{}, x);
    for (const auto& expected : {Tensor<double>{3, 12}, Tensor<double>{6, -12}, Tensor<double>{6, 6}}) {
      y = grad(sum(y), x, {.create_graph = true});
      CHECK(Tensor(y.value()) == expected);
    }
    CHECK(gradient_check([](const V& v) { return apply_function(Cube{}, v); }, Tensor<double>{1, -2},
                         {.order = 2}));
  }

  TEST_CASE("apply_function: backward of a function of two inputs gets the result") {
    const auto f = [](const V& a, const V& b) { return apply_function(Hypotenuse{}, a, b); };
    CHECK(gradient_check(f, {Tensor<double>{3, 1}, Tensor<double>{4, 2}}));
    CHECK(gradient_check(f, {Tensor<double>{3, 1}, Tensor<double>{4, 2}}, {.order = 2}));
  }

  TEST_CASE("apply_function: a composite function needs no backward") {
    const auto swish = [](const V& x) { return x * sigmoid(x); };
    CHECK(gradient_check(swish, Tensor<double>{-1, 0, 2}));
  }

  TEST_CASE("apply_function: a backward that returns tensors allows only first-order gradients") {
    const V x(Tensor<double>{1, 2}, requires_grad);
    sum(apply_function(FirstOrderOnly{}, x)).backward();
    CHECK(Tensor(x.grad()) == Tensor<double>{1, 1});
    CHECK_THROWS_WITH_AS(grad(sum(apply_function(FirstOrderOnly{}, x)), x, {.create_graph = true}),
                         "grad: the gradient of function cannot be differentiated again; compute it with "
                         "operators on Variables",
                         StateError);
  }

  TEST_CASE("apply_function: a gradient with a different shape from its input is an error") {
    const V x(Tensor<double>{1, 2}, requires_grad);
    CHECK_THROWS_WITH_AS(sum(apply_function(WrongShape{}, x)).backward(),
                         "backward: gradient for leaf has shape [], expected [2]", ShapeError);
  }
}
