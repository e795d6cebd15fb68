// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/any_module.hpp>

/// Derivatives by finite differences, to which hand-written ones are compared. The tests use their own code
/// instead of the library's gradient_check, so that the two are checked independently.
namespace gradus::test {

/// Returns the gradient of a function of x, which is modified and restored:
/// f'(x) = (f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)) / 12h + O(h^4)
template <class F>
Tensor<double> numerical_gradient(TensorView<double> x, F&& f) {
  Tensor<double> gradient(x.shape());
  for (Index i = 0; i < x.size(); ++i) {
    double& element = x.data()[i];
    const double before = element;
    const double step = 1e-3 * std::max(1.0, std::abs(before));
    const auto at = [&](double steps) {
      element = before + steps * step;
      return static_cast<double>(f());
    };
    gradient.data()[i] = (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * step);
    element = before;
  }
  return gradient;
}

/// Returns the largest |a - b| / (1e-8 + 1e-6 |b|), which is at most 1 for gradients that agree; NaN counts
/// as infinite.
inline double error_in_tolerances(TensorView<const double> a, TensorView<const double> b) {
  const double infinity = std::numeric_limits<double>::infinity();
  if (!(a.shape() == b.shape())) return infinity;
  double worst = 0;
  for (Index i = 0; i < a.size(); ++i) {
    const double error = std::abs(a.data()[i] - b.data()[i]) / (1e-8 + 1e-6 * std::abs(b.data()[i]));
    worst = std::max(worst, std::isnan(error) ? infinity : error);
  }
  return worst;
}

/// Returns points to differentiate at: normal numbers, none within ten steps of a kink at 0.
template <class Scalar = double>
Tensor<Scalar> away_from_zero(const Shape& shape, Generator& random) {
  Tensor<Scalar> x = Tensor<Scalar>::randn(shape, random);
  for (Scalar& element : x) element += element < 0 ? Scalar(-0.02) : Scalar(0.02);
  return x;
}

/// The worst error that a check found, in units of the tolerance.
struct GradientReport {
  double error = 0;
  std::string where = "nowhere";

  bool ok() const { return error <= 1; }
  void add(double other, const std::string& what) {
    if (other > error) {
      error = other;
      where = what;
    }
  }
};

/// Checks the gradients of L = sum(weights * module(x)) with respect to the input and every parameter, with
/// random weights. The input gradient must be overwritten, those of the parameters accumulated; without `dx`,
/// the parameter gradients must be the same.
template <class M>
GradientReport check_gradients(M original, Tensor<double> x, bool training = true) {
  nn::AnyModule<double> module(std::move(original));
  GradientReport report;
  Generator weights_random(7);
  nn::Context context;
  Tensor<double> y(module.output_shape(x.shape()));
  const Tensor<double> dy = Tensor<double>::randn(y.shape(), weights_random);

  // Every pass draws the same numbers, because dropout must drop the same elements.
  Generator random(1);
  const auto forward = [&] {
    random = Generator(1);
    context.begin({.training = training, .random = &random});
    module.forward(x, y, context);
  };
  const auto loss = [&] {
    forward();
    double sum = 0;
    for (Index i = 0; i < y.size(); ++i) sum += y.data()[i] * dy.data()[i];
    return sum;
  };

  const double before = 0.5;
  module.visit([&](std::string_view, nn::Parameter<double>& parameter) { parameter.grad().fill(before); });
  Tensor<double> dx = Tensor<double>::full(x.shape(), std::numeric_limits<double>::quiet_NaN());
  forward();
  module.accumulate(x, y, dy, dx, context);

  report.add(error_in_tolerances(dx, numerical_gradient(x, loss)), "input");
  module.visit([&](std::string_view name, nn::Parameter<double>& parameter) {
    Tensor<double> expected = numerical_gradient(parameter.value, loss);
    for (double& element : expected) element += before;
    report.add(error_in_tolerances(parameter.grad(), expected), std::string(name));
  });

  forward();
  Tensor<double> alone = Tensor<double>::full(x.shape(), std::numeric_limits<double>::quiet_NaN());
  module.backward(x, y, dy, alone, context);
  report.add(error_in_tolerances(alone, dx), "input, without the parameters");
  module.visit([&](std::string_view, nn::Parameter<double>& parameter) { parameter.grad().fill(before); });
  forward();
  module.accumulate(x, y, dy, TensorView<double>{}, context);
  module.visit([&](std::string_view name, nn::Parameter<double>& parameter) {
    Tensor<double> expected = numerical_gradient(parameter.value, loss);
    for (double& element : expected) element += before;
    report.add(error_in_tolerances(parameter.grad(), expected), std::string(name) + ", without the input");
  });
  return report;
}

/// Returns whether float agrees with double where each number is a sum of `terms` terms. The tolerance is 16
/// eps sqrt(terms) times the larger of 1 and the largest number.
inline bool float_agrees(TensorView<const float> single, TensorView<const double> reference,
                         Index terms = 1) {
  if (!(single.shape() == reference.shape())) return false;
  double scale = 1;
  for (const double element : reference) scale = std::max(scale, std::abs(element));
  const double tolerance =
      16 * 1.1920929e-7 * std::sqrt(static_cast<double>(std::max(terms, Index{1}))) * scale;
  return std::equal(single.begin(), single.end(), reference.begin(),
                    [&](float a, double b) { return std::abs(static_cast<double>(a) - b) <= tolerance; });
}

/// Returns whether a float and a double module with equal parameters agree on equal numbers, forward and
/// backward.
template <class Single, class Double>
bool float_agrees_with_double(Single single_module, Double double_module, const Tensor<double>& x,
                              Index terms = 1) {
  nn::AnyModule<float> single(std::move(single_module));
  nn::AnyModule<double> twice(std::move(double_module));
  const Tensor<float> x_single = x.cast<float>();
  const Tensor<double> x_double = x_single.cast<double>();
  Generator random(3);
  nn::Context context_single, context_double;
  Generator random_single(1), random_double(1);
  context_single.begin({.training = true, .random = &random_single});
  context_double.begin({.training = true, .random = &random_double});
  Tensor<float> y_single(single.output_shape(x.shape())), dx_single(x.shape());
  Tensor<double> y_double(twice.output_shape(x.shape())), dx_double(x.shape());
  const Tensor<float> dy_single = Tensor<float>::randn(y_single.shape(), random);
  const Tensor<double> dy_double = dy_single.cast<double>();

  single.forward(x_single, y_single, context_single);
  twice.forward(x_double, y_double, context_double);
  single.accumulate(x_single, y_single, dy_single, dx_single, context_single);
  twice.accumulate(x_double, y_double, dy_double, dx_double, context_double);
  bool agree = float_agrees(y_single, y_double, terms) && float_agrees(dx_single, dx_double, terms);

  std::vector<nn::Parameter<double>*> of_double;
  twice.visit([&](std::string_view, nn::Parameter<double>& parameter) { of_double.push_back(&parameter); });
  std::size_t at = 0;
  single.visit([&](std::string_view, nn::Parameter<float>& parameter) {
    agree = agree && float_agrees(parameter.grad(), of_double[at++]->grad(), std::max(terms, x.size()));
  });
  return agree;
}

}  // namespace gradus::test
