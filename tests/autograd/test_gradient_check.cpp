// SPDX-License-Identifier: MIT

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>
#include <gradus/nn/linear.hpp>

#include "../support/comma_locale.hpp"

using namespace gradus;
using V = Variable<double>;

namespace {

// Each fault planted in a hand-written backward must be caught, and the worst element named.

enum class Fault { none, scaled, lost, transposed, sign };

struct MatrixProduct {
  Fault fault;
  Tensor<double> forward(TensorView<const double> a, TensorView<const double> b) const {
    return Tensor<double>((a.matrix() * b.matrix()).eval());
  }
  std::array<V, 2> backward(const V& dy, const V&, const V& a, const V& b) const {
    V da = matmul(dy, fault == Fault::transposed ? b : transpose(b)), db = matmul(transpose(a), dy);
    if (fault == Fault::scaled) da = da * 1.001;
    if (fault == Fault::lost) db = db * Tensor<double>{{1, 1, 1}, {1, 1, 1}, {1, 1, 0}};
    if (fault == Fault::sign) db = -db;
    return {da, db};
  }
};

struct NoBroadcastSum {
  Tensor<double> forward(TensorView<const double> x) const {
    Tensor<double> y(Shape{2, x.shape()[0]});
    for (Index i = 0; i < 2; ++i) y[i].array() = x.array();
    return y;
  }
  V backward(const V& dy, const V&, const V& x) const { return reshape(slice_along(dy, 0, 0, 1), x.shape()); }
};

enum class LinearFault { none, overwrites, adds_to_input_gradient, halved_bias };

struct FaultyLinear : nn::Linear<double> {
  FaultyLinear(Index in, Index out, LinearFault planted) : nn::Linear<double>(in, out), fault(planted) {}
  LinearFault fault;

  void gradient(TensorView<const double> x, TensorView<const double> dy, nn::Context& context) {
    if (fault == LinearFault::overwrites) weight.grad().fill(0);
    nn::Linear<double>::gradient(x, dy, context);
    if (fault == LinearFault::halved_bias) bias.grad().array() *= 0.5;
  }
  void backward(TensorView<const double> x, TensorView<const double> y, TensorView<const double> dy,
                TensorView<double> dx, nn::Context& context) const {
    const Tensor<double> before(dx);
    nn::Linear<double>::backward(x, y, dy, dx, context);
    if (fault == LinearFault::adds_to_input_gradient) dx.array() += before.array();
  }
};

Tensor<double> uniform(const Shape& shape, std::uint64_t seed) {
  Generator random(seed);
  return Tensor<double>::uniform(shape, random, -1, 1);
}

GradientCheck check_product(Fault fault, int order = 1) {
  return gradient_check([=](const V& a, const V& b) { return apply_function(MatrixProduct{fault}, a, b); },
                        {uniform({3, 3}, 1), uniform({3, 3}, 2)}, {.order = order});
}

}  // namespace

TEST_SUITE("gradient_check") {
  TEST_CASE("gradient_check: a correct backward passes, for first and second derivatives") {
    CHECK(check_product(Fault::none));
    CHECK(check_product(Fault::none, 2));
  }

  TEST_CASE("gradient_check: planted faults are caught, however small") {
    CHECK_FALSE(check_product(Fault::scaled));
    CHECK_FALSE(check_product(Fault::lost));
    CHECK_FALSE(check_product(Fault::transposed));
    CHECK_FALSE(check_product(Fault::sign));
    CHECK_FALSE(
        gradient_check([](const V& x) { return apply_function(NoBroadcastSum{}, x); }, uniform({3}, 3)));
  }

  TEST_CASE("gradient_check: the worst element is named, with both values") {
    const GradientCheck check = check_product(Fault::lost);
    CHECK(check.where == "input 1");
    CHECK(check.index == std::vector<Index>{2, 2});
    CHECK(check.analytic == 0);
    CHECK(check.numeric != 0);
    CHECK(check.error > 1);
    CHECK(check.to_string().find("failed: input 1, element (2, 2): analytic ") == 0);
  }

  TEST_CASE("gradient_check: modules that add instead of overwriting, or the other way round, are caught") {
    const Tensor<double> x = uniform({2, 3}, 4);
    CHECK(gradient_check(FaultyLinear(3, 2, LinearFault::none), x));
    CHECK(gradient_check(FaultyLinear(3, 2, LinearFault::overwrites), x).where == "parameter weight");
    CHECK(gradient_check(FaultyLinear(3, 2, LinearFault::adds_to_input_gradient), x).where == "input");
    const GradientCheck bias = gradient_check(FaultyLinear(3, 2, LinearFault::halved_bias), x);
    CHECK_FALSE(bias);
    CHECK(bias.where == "parameter bias");
  }

  TEST_CASE("gradient_check: a gradient that is not a number fails") {
    CHECK_FALSE(gradient_check([](const V& x) { return sqrt(x); }, Tensor<double>{-1}));
  }
}

TEST_CASE("gradient_check: the report does not depend on the locale") {
  gradus::GradientCheck check{false, "input", {1234567}, 1234.5, -1e-9, 1e6};
  const gradus::test::CommaLocale comma;
  CHECK(check.to_string() ==
        "failed: input, element (1234567): analytic 1234.5, numeric -1e-09, 1000000 times the tolerance");
}
