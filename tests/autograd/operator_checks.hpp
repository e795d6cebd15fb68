// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

/// Checks of operators and of their second derivatives against PyTorch and against finite differences.
namespace gradus::test {

struct OperatorRow {
  std::string name;
  std::vector<Shape> shapes;
  double low, high;
  Shape result;
  std::vector<double> values;
  std::vector<std::vector<double>> gradients;
};

namespace operator_table {

using Row = OperatorRow;
constexpr double infinity = std::numeric_limits<double>::infinity();

#include "../reference/autograd.inc"

}  // namespace operator_table

/// PyTorch's values and gradients for every operator.
using operator_table::rows;

using V = Variable<double>;
using Inputs = std::vector<V>;
using Operator = std::function<V(const Inputs&)>;
using Operators = std::map<std::string, Operator>;

/// The names of the operators that test files declare: see test_operators.cpp.
inline std::set<std::string>& operators_under_test() {
  static std::set<std::string> names;
  return names;
}

/// Operators that are registered as tested under the names of their rows in the table.
class OperatorsUnderTest {
 public:
  OperatorsUnderTest(Operators operators) : operators_(std::move(operators)) {
    for (const auto& [name, f] : operators_) operators_under_test().insert(name);
  }
  bool has(const std::string& name) const { return operators_.contains(name); }
  const Operator& at(const std::string& name) const { return operators_.at(name); }
  std::size_t size() const { return operators_.size(); }

 private:
  Operators operators_;
};

/// The inputs of a row as the script drew them, and the weights of the sum that is differentiated.
struct Drawn {
  explicit Drawn(std::size_t number) {
    const OperatorRow& row = rows[number];
    Generator random(number);
    for (const Shape& shape : row.shapes) {
      inputs.push_back(Tensor<double>::uniform(shape, random, row.low, row.high));
    }
    weights = Tensor<double>::uniform(row.result, random, 0.5, 1.5);
  }
  std::vector<Tensor<double>> inputs;
  Tensor<double> weights;
};

/// Returns the largest difference relative to the reference, where a reference below a millionth of the
/// largest one counts as a millionth of it.
inline double relative_error(TensorView<const double> got, const std::vector<double>& expected) {
  if (got.size() != static_cast<Index>(expected.size())) return operator_table::infinity;
  double largest = 0, worst = 0;
  for (const double x : expected) {
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  }
  for (Index i = 0; i < got.size(); ++i) {
    const double wanted = expected[static_cast<std::size_t>(i)], found = got.data()[i];
    if (std::isinf(wanted) && found == wanted) continue;
    const double scale = std::max({std::abs(wanted), 1e-6 * largest, 1e-300});
    const double error = std::abs(found - wanted) / scale;
    worst = std::max(worst, std::isnan(error) ? operator_table::infinity : error);
  }
  return worst;
}

inline bool has_ties(const OperatorRow& row) { return row.name.find("ties") != row.name.npos; }

inline bool has_kinks(const OperatorRow& row) {
  for (const char* kinked : {"max", "min", "abs", "relu", "clamp", "where"}) {
    if (row.name.find(kinked) != row.name.npos) return true;
  }
  return false;
}

/// Returns whether all numbers, and the kinks of the functions, are at least ten difference steps apart.
inline bool keeps_clear_of_kinks(const std::vector<Tensor<double>>& inputs) {
  std::vector<double> numbers{-0.5, 0, 1};
  for (const Tensor<double>& input : inputs) numbers.insert(numbers.end(), input.begin(), input.end());
  std::ranges::sort(numbers);
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] - numbers[i - 1] < 0.02) return false;
  }
  return true;
}

/// Returns the inputs of a row, or similar ones that suit finite differences.
inline std::vector<Tensor<double>> inputs_for_check(std::size_t number) {
  const OperatorRow& row = rows[number];
  std::vector<Tensor<double>> inputs = Drawn(number).inputs;
  for (std::uint64_t seed = 0; has_kinks(row) && !keeps_clear_of_kinks(inputs); ++seed) {
    Generator random(seed);
    for (Tensor<double>& input : inputs) random.fill_uniform(input.span(), row.low, row.high);
  }
  return inputs;
}

/// Checks values and gradients against PyTorch's to 1e-12.
inline void check_against_pytorch(const OperatorsUnderTest& operators) {
  std::set<std::string> seen;
  for (std::size_t number = 0; number < rows.size(); ++number) {
    const OperatorRow& row = rows[number];
    if (!operators.has(row.name)) continue;
    seen.insert(row.name);
    CAPTURE(number);
    CAPTURE(row.name);
    const Drawn drawn(number);
    Inputs inputs;
    for (const Tensor<double>& input : drawn.inputs) inputs.emplace_back(input, requires_grad);
    const V y = operators.at(row.name)(inputs);
    REQUIRE(y.shape() == row.result);
    CHECK(relative_error(y.value(), row.values) < 1e-12);
    sum(y * drawn.weights).backward();
    for (std::size_t i = 0; i < inputs.size(); ++i)
      CHECK(relative_error(inputs[i].grad(), row.gradients[i]) < 1e-12);
  }
  CHECK(seen.size() == operators.size());
}

/// Checks gradients, or second derivatives, against finite differences.
inline void check_against_differences(const OperatorsUnderTest& operators, int order) {
  for (std::size_t number = 0; number < rows.size(); ++number) {
    const OperatorRow& row = rows[number];
    if (!operators.has(row.name)) continue;
    if (has_ties(row) || row.result.empty() || !std::isfinite(row.values[0])) continue;
    CAPTURE(number);
    CAPTURE(row.name);
    const std::vector<Tensor<double>> x = inputs_for_check(number);
    const Operator& f = operators.at(row.name);
    const GradientCheckOptions options{.order = order};
    GradientCheck check;
    if (x.size() == 1)
      check = gradient_check([&](const V& a) { return f({a}); }, x[0], options);
    else if (x.size() == 2)
      check = gradient_check([&](const V& a, const V& b) { return f({a, b}); }, {x[0], x[1]}, options);
    else
      check = gradient_check(
          [&](const V& a, const V& b, const V& c) {
            return f({a, b, c});
          },
          {x[0], x[1], x[2]}, options);
    CHECK_MESSAGE(check.passed, check.to_string());
  }
}

/// Runs all of these checks.
inline void check_operators(const OperatorsUnderTest& operators) {
  check_against_pytorch(operators);
  check_against_differences(operators, 1);
  check_against_differences(operators, 2);
}

}  // namespace gradus::test
