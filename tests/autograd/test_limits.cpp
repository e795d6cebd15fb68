// SPDX-License-Identifier: MIT

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

// Values and gradients at 0, at infinities and at NaN, where comparisons and products of 0 and infinity go
// wrong. Expected numbers are those of PyTorch 1.13 unless a comment says otherwise.

using namespace gradus;

namespace {

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

using V = Variable<double>;

bool same(double found, double expected) {
  return std::isnan(expected) ? std::isnan(found) : found == expected;
}

void check_same(TensorView<const double> found, const std::vector<double>& expected) {
  REQUIRE(found.size() == static_cast<Index>(expected.size()));
  for (Index i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CAPTURE(found.data()[i]);
    CHECK(same(found.data()[i], expected[static_cast<std::size_t>(i)]));
  }
}

}  // namespace

TEST_SUITE("limits") {
  TEST_CASE("max and min: NaN passes NaN to all that it was chosen from, to nobody else") {
    const std::vector<std::vector<double>> rows{
        {1, NaN, 2}, {NaN, 1, 1}, {NaN, NaN, NaN}, {infinity, NaN, -infinity}};
    for (const auto& row : rows) {
      for (const bool largest : {true, false}) {
        const V x(Tensor<double>(Shape{3}, row), requires_grad);
        const V y = largest ? max(x) : min(x);
        CHECK(std::isnan(y.item()));
        y.backward();
        check_same(x.grad(), {NaN, NaN, NaN});
      }
    }
    for (const bool largest : {true, false}) {
      const V x(Tensor<double>{{1, NaN, 2}, {4, 4, 4}}, requires_grad);
      sum(largest ? max(x, 1) : min(x, 1, keep_dims)).backward();
      const double third = 1.0 / 3;
      check_same(x.grad(), {NaN, NaN, NaN, third, third, third});
      const V z(Tensor<double>{{1, NaN}, {2, 3}}, requires_grad);
      sum(largest ? max(z, 0) : min(z, 0)).backward();
      check_same(z.grad(), {largest ? 0.0 : 1.0, NaN, largest ? 1.0 : 0.0, NaN});
    }
  }

  TEST_CASE("max and min: infinities tie like other numbers") {
    const V x(Tensor<double>{{infinity, infinity, 1}, {-infinity, -infinity, -infinity}}, requires_grad);
    sum(max(x, 1)).backward();
    check_same(x.grad(), {0.5, 0.5, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3});
  }

  TEST_CASE("maximum and minimum: both get the gradient where one is NaN") {
    struct Pair {
      double a, b, of_a, of_b;  // of the maximum; the minimum's are exchanged where they differ
    };
    for (const Pair& p : std::vector<Pair>{{NaN, 1, 1, 1},
                                           {1, NaN, 1, 1},
                                           {NaN, NaN, 1, 1},
                                           {1, 1, 0.5, 0.5},
                                           {1, 2, 0, 1},
                                           {2, 1, 1, 0},
                                           {infinity, infinity, 0.5, 0.5},
                                           {-infinity, infinity, 0, 1},
                                           {0, -0.0, 0.5, 0.5}}) {
      CAPTURE(p.a);
      CAPTURE(p.b);
      for (const bool largest : {true, false}) {
        const double of_a = largest ? p.of_a : p.of_b, of_b = largest ? p.of_b : p.of_a;
        const V a(p.a, requires_grad), b(p.b, requires_grad);
        const V y = largest ? maximum(a, b) : minimum(a, b);
        CHECK(std::isnan(y.item()) == (std::isnan(p.a) || std::isnan(p.b)));
        y.backward();
        check_same(a.grad(), {of_a});
        check_same(b.grad(), {of_b});
        const V c(Tensor<double>::full({5}, p.a), requires_grad),
            d(Tensor<double>::full({3, 5}, p.b), requires_grad);
        sum(largest ? maximum(c, d) : minimum(c, d)).backward();
        check_same(c.grad(), std::vector<double>(5, 3 * of_a));
        check_same(d.grad(), std::vector<double>(15, of_b));
      }
    }
  }

  TEST_CASE("functions of one variable: value, first and second derivative at the limits") {
    struct Row {
      std::string name;
      std::function<V(const V&)> f;
      double x, y, first, second;
    };
    const auto clamped = [](const V& x) { return clamp(x, -1, 1); };
    const auto from_below = [](const V& x) { return clamp(x, -1); };
    const auto absolute = [](const V& x) { return abs(x); };
    const auto rectified = [](const V& x) { return relu(x); };
    const auto root = [](const V& x) { return sqrt(x); };
    const auto logarithm = [](const V& x) { return log(x); };
    const std::vector<Row> rows{
        {"clamp", clamped, NaN, NaN, 0, 0},
        {"clamp", clamped, 1, 1, 1, 0},
        {"clamp", clamped, -1, -1, 1, 0},
        {"clamp", clamped, infinity, 1, 0, 0},
        {"clamp", clamped, -infinity, -1, 0, 0},
        {"clamp from below", from_below, NaN, NaN, 0, 0},
        {"clamp from below", from_below, infinity, infinity, 1, 0},
        {"clamp from below", from_below, -infinity, -1, 0, 0},
        {"abs", absolute, NaN, NaN, 0, 0},
        {"abs", absolute, 0, 0, 0, 0},
        {"abs", absolute, -0.0, 0, 0, 0},
        {"abs", absolute, infinity, infinity, 1, 0},
        {"abs", absolute, -infinity, infinity, -1, 0},
        {"relu", rectified, NaN, NaN, 1, 0},
        {"relu", rectified, 0, 0, 0, 0},
        {"relu", rectified, infinity, infinity, 1, 0},
        {"relu", rectified, -infinity, 0, 0, 0},
        {"sqrt", root, NaN, NaN, NaN, NaN},
        {"sqrt", root, 0, 0, infinity, -infinity},
        {"sqrt", root, -1, NaN, NaN, NaN},
        {"log", logarithm, NaN, NaN, NaN, NaN},
        {"log", logarithm, 0, -infinity, infinity, -infinity},
        {"log", logarithm, infinity, infinity, 0, 0},
        {"log", logarithm, -1, NaN, -1, -1},
        {"log", logarithm, 0x1p600, 600 * std::log(2), 0x1p-600, 0},
        {"log", logarithm, 0x1p-500, -500 * std::log(2), 0x1p500, -0x1p1000},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CAPTURE(row.x);
      // At every position of arrays of up to a few packets, where vectorised code and the remainder meet.
      for (Index size = 1; size <= 9; ++size) {
        for (Index at = 0; at < size; ++at) {
          Tensor<double> numbers = Tensor<double>::full({size}, 0.5);
          numbers(at) = row.x;
          const V x(numbers, requires_grad);
          const V y = row.f(x);
          const double tolerance = std::isfinite(row.y) ? 1e-14 * std::abs(row.y) : 0;
          const bool right = same(y.value()(at), row.y) || std::abs(y.value()(at) - row.y) <= tolerance;
          REQUIRE(right);
          const V first = grad(sum(y), std::vector{x}, {.create_graph = true})[0];
          REQUIRE(same(first.value()(at), row.first));
          if (!first.requires_grad()) continue;
          const V second = grad(sum(first), std::vector{x})[0];
          REQUIRE(same(second.value()(at), row.second));
        }
      }
    }
  }

  TEST_CASE("where: the untaken branch may be anything, its gradient is 0") {
    const V a(Tensor<double>{1, NaN, infinity}, requires_grad), b(Tensor<double>{NaN, 2, NaN}, requires_grad);
    const V y = where(Tensor<bool>{true, false, true}, a, b);
    check_same(y.value(), {1, 2, infinity});
    sum(y).backward();
    check_same(a.grad(), {1, 0, 1});
    check_same(b.grad(), {0, 1, 0});
    CHECK(greater_than(V(Tensor<double>{NaN, 1, NaN}), V(Tensor<double>{1, NaN, NaN})) ==
          Tensor<bool>{false, false, false});
  }

  TEST_CASE("norm: the gradient is 0 at 0, and NaN where the norm is") {
    const V x(Tensor<double>{{0, 0, 0}, {NaN, 0, 0}, {3, NaN, 4}, {0, 3, 4}}, requires_grad);
    const V y = norm(x, 1);
    check_same(y.value(), {0, NaN, NaN, 5});
    sum(y).backward();
    check_same(x.grad(), {0, 0, 0, NaN, NaN, NaN, NaN, NaN, NaN, 0, 3.0 / 5, 4.0 / 5});
    const V z(Tensor<double>{infinity, 1}, requires_grad);
    norm(z).backward();
    check_same(z.grad(), {NaN, 0});
  }

  TEST_CASE("divide: 0 times infinity does not appear where the quotient is 0") {
    struct Case {
      double a, b, value, of_a, of_b;
    };
    const double tiny = 1e-320;
    for (const Case& c : std::vector<Case>{{0, 0, NaN, infinity, NaN},
                                           {0, tiny, 0, infinity, 0},
                                           {1, 0, infinity, infinity, -infinity},
                                           {1, infinity, 0, 0, 0},
                                           {0, infinity, 0, 0, 0},
                                           {infinity, 2, infinity, 0.5, -infinity},
                                           {0x1p900, 0x1p900, 1, 0x1p-900, -0x1p-900}}) {
      CAPTURE(c.a);
      CAPTURE(c.b);
      const V a(c.a, requires_grad), b(c.b, requires_grad);
      const V y = a / b;
      y.backward();
      check_same(Tensor<double>{y.item(), a.grad().item(), b.grad().item()}, {c.value, c.of_a, c.of_b});
      const V s(Tensor<double>::full({3}, c.a), requires_grad),
          t(Tensor<double>::full({3}, c.b), requires_grad);
      sum(s / t).backward();
      check_same(s.grad(), std::vector<double>(3, c.of_a));
      check_same(t.grad(), std::vector<double>(3, c.of_b));
    }
  }
}
