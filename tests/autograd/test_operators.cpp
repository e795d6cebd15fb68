// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

// Every operator, against PyTorch's values and gradients, against difference quotients, and once more for the
// gradients of its gradients.

using namespace gradus;

namespace {

struct Row {
  std::string name;
  std::vector<Shape> shapes;
  double low, high;
  Shape result;
  std::vector<double> values;
  std::vector<std::vector<double>> gradients;
};

constexpr double infinity = std::numeric_limits<double>::infinity();

#include "../reference/autograd.inc"

using V = Variable<double>;
using Inputs = std::vector<V>;
using Operator = std::function<V(const Inputs&)>;
using Operators = std::map<std::string, Operator>;

V rounded(const V& x) {
  Tensor<double> rest(x.value());
  for (double& element : rest) element -= std::nearbyint(element);
  return x - rest;
}

void add_reductions(Operators& operators, const std::string& name,
                    const std::function<V(const V&, const Axes&, KeepDims)>& reduce) {
  operators[name + " all"] = [=](const Inputs& x) { return reduce(x[0], Axes::all(), KeepDims::no); };
  operators[name + " 0"] = [=](const Inputs& x) { return reduce(x[0], 0, KeepDims::no); };
  operators[name + " -1 kept"] = [=](const Inputs& x) { return reduce(x[0], -1, keep_dims); };
  operators[name + " 0 2"] = [=](const Inputs& x) { return reduce(x[0], {0, 2}, KeepDims::no); };
  operators[name + " 1 2 kept"] = [=](const Inputs& x) { return reduce(x[0], {1, 2}, keep_dims); };
}

Operators make_operators() {
  static const std::vector<Index> labels{2, 0, 3, 2};
  static const std::vector<double> class_weights{0.5, 1, 2, 1.5};
  Tensor<double> target(Shape{4, 3});
  for (Index i = 0; i < 12; ++i) target.data()[i] = static_cast<double>(i) / 12;
  Operators operators{
      {"add", [](const Inputs& x) { return x[0] + x[1]; }},
      {"subtract", [](const Inputs& x) { return x[0] - x[1]; }},
      {"multiply", [](const Inputs& x) { return x[0] * x[1]; }},
      {"divide", [](const Inputs& x) { return x[0] / x[1]; }},
      {"maximum", [](const Inputs& x) { return maximum(x[0], x[1]); }},
      {"minimum", [](const Inputs& x) { return minimum(x[0], x[1]); }},
      {"power", [](const Inputs& x) { return pow(x[0], x[1]); }},
      {"where", [](const Inputs& x) { return where(greater_than(x[0], x[1]), x[0] * 2, x[1] * 3); }},
      {"negate", [](const Inputs& x) { return -x[0]; }},
      {"add number", [](const Inputs& x) { return 2 + x[0] - 0.5; }},
      {"multiply number", [](const Inputs& x) { return 3 * x[0] * 0.7; }},
      {"divide number", [](const Inputs& x) { return x[0] / 3; }},
      {"number minus", [](const Inputs& x) { return 2 - x[0]; }},
      {"number divided", [](const Inputs& x) { return 2 / x[0]; }},
      {"exp", [](const Inputs& x) { return exp(x[0]); }},
      {"log", [](const Inputs& x) { return log(x[0]); }},
      {"sqrt", [](const Inputs& x) { return sqrt(x[0]); }},
      {"pow 3", [](const Inputs& x) { return pow(x[0], 3); }},
      {"pow -0.5", [](const Inputs& x) { return pow(x[0], -0.5); }},
      {"pow 0", [](const Inputs& x) { return pow(x[0], 0); }},
      {"abs", [](const Inputs& x) { return abs(x[0]); }},
      {"tanh", [](const Inputs& x) { return tanh(x[0]); }},
      {"sigmoid", [](const Inputs& x) { return sigmoid(x[0]); }},
      {"relu", [](const Inputs& x) { return relu(x[0]); }},
      {"clamp", [](const Inputs& x) { return clamp(x[0], -0.5, 1); }},
      {"expand", [](const Inputs& x) { return expand(x[0], x[0].shape().prepend(2)); }},
      {"reshape", [](const Inputs& x) { return reshape(x[0], {-1}); }},
      {"sum", [](const Inputs& x) { return sum(x[0]); }},
      {"norm", [](const Inputs& x) { return norm(x[0]); }},
      {"matmul", [](const Inputs& x) { return matmul(x[0], x[1]); }},
      {"permute",
       [](const Inputs& x) {
         return permute(x[0], {2, 0, 1});
       }},
      {"transpose", [](const Inputs& x) { return transpose(x[0], 0, 2); }},
      {"transpose last", [](const Inputs& x) { return transpose(x[0]); }},
      {"permute empty",
       [](const Inputs& x) {
         return permute(x[0], {2, 0, 1});
       }},
      {"slice", [](const Inputs& x) { return slice_along(x[0], 0, 1, 4); }},
      {"slice step", [](const Inputs& x) { return slice_along(x[0], 1, 1, -1, 2); }},
      {"slice nothing", [](const Inputs& x) { return slice_along(x[0], 0, 2, 2); }},
      {"index_select",
       [](const Inputs& x) {
         return index_select(x[0], 0, {3, 0, 3, 3, 1});
       }},
      {"index_select last",
       [](const Inputs& x) {
         return index_select(x[0], 1, {2, 2, 0});
       }},
      {"index_select none", [](const Inputs& x) { return index_select(x[0], 1, {}); }},
      {"gather 0",
       [](const Inputs& x) {
         return gather(x[0], 0, Tensor<Index>{{2, 0}, {2, 2}});
       }},
      {"gather 1",
       [](const Inputs& x) {
         return gather(x[0], 1, Tensor<Index>{{2, 2, 0, 1}, {1, 1, 1, 1}});
       }},
      {"sum_to",
       [](const Inputs& x) {
         return sum_to(x[0], Shape{1, 3});
       }},
      {"softmax", [](const Inputs& x) { return softmax(x[0]); }},
      {"softmax 0", [](const Inputs& x) { return softmax(x[0], 0); }},
      {"softmax middle", [](const Inputs& x) { return softmax(x[0], 1); }},
      {"softmax empty", [](const Inputs& x) { return softmax(x[0]); }},
      {"log_softmax", [](const Inputs& x) { return log_softmax(x[0]); }},
      {"log_softmax 0", [](const Inputs& x) { return log_softmax(x[0], 0); }},
      {"cross_entropy", [](const Inputs& x) { return cross_entropy(x[0], labels); }},
      {"cross_entropy sum",
       [](const Inputs& x) { return cross_entropy(x[0], labels, {.reduction = Reduction::sum}); }},
      {"cross_entropy options",
       [](const Inputs& x) {
         return cross_entropy(x[0], labels,
                              {.label_smoothing = 0.2, .class_weights = class_weights, .ignore_index = 0});
       }},
      {"mse", [=](const Inputs& x) { return mse(x[0], target); }},
      {"mse both", [](const Inputs& x) { return mean_squared_error(x[0], x[1]); }},
      {"binary_cross_entropy", [=](const Inputs& x) { return binary_cross_entropy(x[0], target); }},
      {"concatenate", [](const Inputs& x) { return concatenate(x); }},
      {"concatenate last",
       [](const Inputs& x) {
         return concatenate({x[0], x[1]}, -1);
       }},
      {"stack",
       [](const Inputs& x) {
         return stack_along({x[0], x[1], x[2]});
       }},
      {"stack last", [](const Inputs& x) { return stack_along(x, -1); }},
      {"stack scalars", [](const Inputs& x) { return stack_along(x); }},
  };
  add_reductions(operators, "sum", [](const V& x, const Axes& a, KeepDims k) { return sum(x, a, k); });
  add_reductions(operators, "mean", [](const V& x, const Axes& a, KeepDims k) { return mean(x, a, k); });
  add_reductions(operators, "max", [](const V& x, const Axes& a, KeepDims k) { return max(x, a, k); });
  add_reductions(operators, "min", [](const V& x, const Axes& a, KeepDims k) { return min(x, a, k); });
  add_reductions(operators, "norm", [](const V& x, const Axes& a, KeepDims k) { return norm(x, a, k); });
  add_reductions(operators, "logsumexp",
                 [](const V& x, const Axes& a, KeepDims k) { return logsumexp(x, a, k); });
  add_reductions(operators, "max of ties",
                 [](const V& x, const Axes& a, KeepDims k) { return max(rounded(x), a, k); });
  return operators;
}

/// The inputs of a row, as the script drew them, and the weights of the sum that is differentiated.
struct Drawn {
  explicit Drawn(std::size_t number) {
    const Row& row = rows[number];
    Generator random(number);
    for (const Shape& shape : row.shapes) {
      inputs.push_back(Tensor<double>::uniform(shape, random, row.low, row.high));
    }
    weights = Tensor<double>::uniform(row.result, random, 0.5, 1.5);
  }
  std::vector<Tensor<double>> inputs;
  Tensor<double> weights;
};

/// The largest difference as a multiple of the reference, or of a millionth of the largest one beside it.
double relative_error(TensorView<const double> got, const std::vector<double>& expected) {
  if (got.size() != static_cast<Index>(expected.size())) return infinity;
  double largest = 0, worst = 0;
  for (const double x : expected) {
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  }
  for (Index i = 0; i < got.size(); ++i) {
    const double wanted = expected[static_cast<std::size_t>(i)], found = got.data()[i];
    if (std::isinf(wanted) && found == wanted) continue;
    const double scale = std::max({std::abs(wanted), 1e-6 * largest, 1e-300});
    const double error = std::abs(found - wanted) / scale;
    worst = std::max(worst, std::isnan(error) ? infinity : error);
  }
  return worst;
}

double compare_with_pytorch() {
  const Operators operators = make_operators();
  double worst = 0;
  for (std::size_t number = 0; number < rows.size(); ++number) {
    const Row& row = rows[number];
    CAPTURE(number);
    CAPTURE(row.name);
    const Drawn drawn(number);
    Inputs inputs;
    for (const Tensor<double>& input : drawn.inputs) inputs.emplace_back(input, requires_grad);
    const V y = operators.at(row.name)(inputs);
    REQUIRE(y.shape() == row.result);
    worst = std::max(worst, relative_error(y.value(), row.values));
    sum(y * drawn.weights).backward();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const double error = relative_error(inputs[i].grad(), row.gradients[i]);
      CHECK(error < 1e-12);
      worst = std::max(worst, error);
    }
  }
  return worst;
}

bool has_ties(const Row& row) { return row.name.find("ties") != row.name.npos; }

bool has_kinks(const Row& row) {
  for (const char* kinked : {"max", "min", "abs", "relu", "clamp", "where"}) {
    if (row.name.find(kinked) != row.name.npos) return true;
  }
  return false;
}

/// Whether all numbers, and where functions have their kinks, are ten steps of a difference quotient apart.
bool keeps_clear_of_kinks(const std::vector<Tensor<double>>& inputs) {
  std::vector<double> numbers{-0.5, 0, 1};
  for (const Tensor<double>& input : inputs) numbers.insert(numbers.end(), input.begin(), input.end());
  std::ranges::sort(numbers);
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] - numbers[i - 1] < 0.02) return false;
  }
  return true;
}

/// The inputs of a row, or others of its kind that difference quotients can work with.
std::vector<Tensor<double>> inputs_for_check(std::size_t number) {
  const Row& row = rows[number];
  std::vector<Tensor<double>> inputs = Drawn(number).inputs;
  for (std::uint64_t seed = 0; has_kinks(row) && !keeps_clear_of_kinks(inputs); ++seed) {
    Generator random(seed);
    for (Tensor<double>& input : inputs) random.fill_uniform(input.span(), row.low, row.high);
  }
  return inputs;
}

void check_rows(int order) {
  const auto operators = make_operators();
  for (std::size_t number = 0; number < rows.size(); ++number) {
    const Row& row = rows[number];
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

}  // namespace

TEST_SUITE("operators") {
  TEST_CASE("values and gradients are PyTorch's, to 1e-12 in double") {
    CHECK(rows.size() > 200);
    const double worst = compare_with_pytorch();
    CHECK(worst < 1e-12);
    MESSAGE("worst relative difference ", worst);
  }

  TEST_CASE_TEMPLATE("norm: NaN, infinities and numbers whose squares leave the range", Scalar, float,
                     double) {
    using Limits = std::numeric_limits<Scalar>;
    const auto gradient_of_norm = [](const Tensor<Scalar>& values) -> Tensor<Scalar> {
      const Variable<Scalar> x(values, requires_grad);
      norm(x).backward();
      return Tensor<Scalar>(x.grad());
    };
    for (const Scalar unit : {Limits::denorm_min() * 64, Limits::min(), Limits::max() / 16}) {
      CAPTURE(unit);
      const Tensor<Scalar> x{3 * unit, 0, -4 * unit};
      CHECK(static_cast<double>(norm(Variable<Scalar>(x)).item() / unit) == doctest::Approx(5).epsilon(1e-6));
      const Tensor<Scalar> gradient = gradient_of_norm(x);
      CHECK(static_cast<double>(gradient(0)) == doctest::Approx(0.6).epsilon(1e-6));
      CHECK(gradient(1) == 0);
      CHECK(static_cast<double>(gradient(2)) == doctest::Approx(-0.8).epsilon(1e-6));
    }
    CHECK(gradient_of_norm(Tensor<Scalar>{0, 0}) == Tensor<Scalar>{0, 0});
    for (Index at = 0; at < 40; ++at) {
      Tensor<Scalar> x(Shape{40});
      x(at) = Limits::quiet_NaN();
      x((at + 1) % 40) = Limits::infinity();
      REQUIRE(std::isnan(norm(Variable<Scalar>(x)).item()));
      REQUIRE(gradient_of_norm(x).array().isNaN().all());
    }
  }

  TEST_CASE("sum and mean of ten million numbers, and their gradients") {
    const Variable<float> x(Tensor<float>::full({10'000'000}, 0.1f), requires_grad);
    CHECK(std::abs(static_cast<double>(sum(x).item()) / (double{0.1f} * 1e7) - 1) <= 3e-7);
    CHECK(mean(x).item() == 0.1f);
    mean(x).backward();
    CHECK((x.grad().array() == 1e-7f).all());
    CHECK(mean(Variable<float>(Tensor<float>{3e38f, 3e38f})).item() == 3e38f);
  }

  TEST_CASE("the gradient of a broadcast operand is a sum that keeps its digits") {
    const Variable<float> bias(Tensor<float>{0, 0}, requires_grad),
        factor(Tensor<float>(Shape{}), requires_grad);
    const Variable<float> x(Tensor<float>::full({5'000'000, 2}, 0.1f));
    sum((x * factor + bias) * 0.1f).backward();
    for (const float gradient : bias.grad())
      CHECK(std::abs(static_cast<double>(gradient) / (double{0.1f} * 5e6) - 1) <= 3e-7);
    const double exact = double{0.1f} * double{0.1f} * 1e7;
    CHECK(std::abs(static_cast<double>(factor.grad().item()) / exact - 1) <= 3e-7);
  }

  TEST_CASE("every operator's gradient agrees with difference quotients") { check_rows(1); }

  TEST_CASE("every operator's second derivatives agree with difference quotients of its gradients") {
    check_rows(2);
  }
}
