// SPDX-License-Identifier: MIT

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

#include "limits.hpp"
#include "operator_checks.hpp"

using namespace gradus;

namespace {

using test::same;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
using test::Inputs, test::Operators, test::OperatorsUnderTest, test::V;

const OperatorsUnderTest operators{Operators{
    {"exp", [](const Inputs& x) { return exp(x[0]); }},
    {"log", [](const Inputs& x) { return log(x[0]); }},
    {"sqrt", [](const Inputs& x) { return sqrt(x[0]); }},
    {"abs", [](const Inputs& x) { return abs(x[0]); }},
    {"tanh", [](const Inputs& x) { return tanh(x[0]); }},
    {"sigmoid", [](const Inputs& x) { return sigmoid(x[0]); }},
    {"relu", [](const Inputs& x) { return relu(x[0]); }},
    {"clamp", [](const Inputs& x) { return clamp(x[0], -0.5, 1); }},
}};

}  // namespace

TEST_CASE("elementwise: values, first and second derivatives are correct") {
  test::check_operators(operators);
}

TEST_CASE("elementwise: functions of one variable have the right values and derivatives at the limits") {
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
    // Every position of arrays of a few packs is tested, where vectorised code and the remainder meet.
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
