// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/autograd/arithmetic.hpp>
#include <gradus/autograd/grad.hpp>
#include <gradus/autograd/reduction.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/parameter.hpp>

namespace gradus {

/// Options of gradient_check.
struct GradientCheckOptions {
  double relative = 1e-6;  ///< tolerance: |analytic - numeric| <= absolute + relative |numeric|
  /// The absolute part of the tolerance.
  double absolute = 1e-8;
  double step = 1e-3;  ///< step of the difference quotient at x: step * max(1, |x|)
  int order = 1;       ///< 2 checks the gradient of the gradient
};

/// The result of a gradient check, with the element where analytic and numeric gradients differ most.
struct GradientCheck {
  /// Whether every element passed.
  bool passed = true;
  std::string where = {};         ///< "input 0", "input", "parameter weight"
  std::vector<Index> index = {};  ///< index of the worst element
  /// The computed derivative at the worst element.
  double analytic = 0;
  /// The finite-difference derivative at the worst element.
  double numeric = 0;
  double error = 0;  ///< |analytic - numeric| as a multiple of the tolerance; passes up to 1

  /// Returns whether every element passed.
  explicit operator bool() const { return passed; }
  /// Returns `failed: input 0, element (1, 2): analytic 3.0, numeric 2.0, 1e+06 times the tolerance`.
  std::string to_string() const {
    if (where.empty()) return "passed: nothing to check";
    std::string text = (passed ? "passed: worst at " : "failed: ") + where + ", element (";
    for (std::size_t i = 0; i < index.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(index[i]);
    const auto number = [](double x) { return format_general(x, 12); };
    return text + "): analytic " + number(analytic) + ", numeric " + number(numeric) + ", " + number(error) +
           " times the tolerance";
  }
};

namespace detail {

/// Returns df/dx by the fourth-order stencil (f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h; restores x.
template <class F>
double central_difference(const F& f, double& x, double step) {
  const double at = x, h = step * std::max(1.0, std::abs(at));
  const auto moved = [&](double by) {
    x = at + by;
    return f();
  };
  const double slope = (moved(-2 * h) - 8 * moved(-h) + 8 * moved(h) - moved(2 * h)) / (12 * h);
  x = at;
  return slope;
}

inline std::vector<Index> index_of(Index element, const Shape& shape) {
  std::vector<Index> index(to_size(shape.rank()));
  for (Index axis = shape.rank() - 1; axis >= 0; --axis) {
    index[to_size(axis)] = element % shape[axis];
    element /= shape[axis];
  }
  return index;
}

/// Compares one gradient tensor with difference quotients of f in each element of x.
template <class F>
void check_tensor(GradientCheck& check, const std::string& where, TensorView<double> x,
                  TensorView<const double> analytic, const F& f, const GradientCheckOptions& options) {
  for (Index i = 0; i < x.size(); ++i) {
    const double numeric = central_difference(f, x.data()[i], options.step);
    const double found = analytic.data()[i];
    double error = std::abs(found - numeric) / (options.absolute + options.relative * std::abs(numeric));
    if (!std::isfinite(error)) error = std::numeric_limits<double>::infinity();
    if (!check.where.empty() && error <= check.error) continue;
    check = {check.passed, where, index_of(i, x.shape()), found, numeric, error};
    check.passed = error <= 1;
  }
}

/// Returns weights for the elements of a result; the gradient of the weighted sum distinguishes them. It is a
/// template, like weighted_sum, so that programs that check no gradients do not compile the tape for double.
template <class Scalar>
Tensor<Scalar> random_weights(const Shape& shape, Generator& random) {
  return Tensor<Scalar>::uniform(shape, random, 0.5, 1.5);
}

/// Returns sum(weights * y) for fixed random weights.
template <class Scalar>
Variable<Scalar> weighted_sum(const Variable<Scalar>& y, std::uint64_t seed) {
  Generator random(seed);
  return sum(y * Variable<Scalar>(random_weights<Scalar>(y.shape(), random)));
}

}  // namespace detail

/// Compares the gradients of f with difference quotients in every element of its inputs. f takes one Variable
/// per input and returns one of any shape, which a fixed random weighted sum reduces to a scalar. With
/// `order` 2, does the same for the gradients of that sum.
///
///     CHECK(gradient_check([](auto a, auto b) { return a * b; },
///                          {Tensor<double>{1, 2}, Tensor<double>{3, 4}}));
///
/// f must be smooth within two steps of the inputs.
template <class F, std::size_t Count>
GradientCheck gradient_check(const F& f, const Tensor<double> (&inputs)[Count],
                             const GradientCheckOptions& options = {}) {
  std::vector<Variable<double>> variables;
  for (const Tensor<double>& input : inputs) variables.emplace_back(input, requires_grad);
  const auto call = [&]<std::size_t... I>(std::index_sequence<I...>) { return f(variables[I]...); };
  const auto first_order = [&] {
    return detail::weighted_sum<double>(call(std::make_index_sequence<Count>{}), 1);
  };
  const auto objective = [&](bool create_graph) -> Variable<double> {
    if (options.order < 2) return first_order();
    const auto gradients = grad(first_order(), variables, {.create_graph = create_graph});
    Variable<double> total(0.0);
    for (std::size_t i = 0; i < Count; ++i) total += detail::weighted_sum<double>(gradients[i], 2 + i);
    return total;
  };
  const auto analytic = grad(objective(true), variables);
  const auto evaluate = [&] { return objective(false).item(); };
  GradientCheck check;
  for (std::size_t i = 0; i < Count; ++i) {
    detail::check_tensor(check, "input " + std::to_string(i), variables[i].value(),
                         std::as_const(analytic[i]).value(), evaluate, options);
  }
  return check;
}
/// Checks the gradient with respect to one input.
template <class F>
requires(!nn::ModuleFor<F, double>) GradientCheck
    gradient_check(const F& f, const Tensor<double>& input, const GradientCheckOptions& options = {}) {
  const Tensor<double> inputs[] = {input};
  return gradient_check(f, inputs, options);
}

/// Compares a module's gradients with respect to its input and parameters with difference quotients. To tell
/// overwriting from adding, memory that backward must overwrite starts as infinity, and memory that it must
/// add to starts as numbers that are subtracted afterwards. Each pass starts with the same random numbers.
template <nn::ModuleFor<double> M>
GradientCheck gradient_check(M checked, Tensor<double> x, const GradientCheckOptions& options = {},
                             bool training = true) {
  using Parameter = nn::Parameter<double>;
  auto module = nn::adapt<double>(std::move(checked));
  constexpr double before = 0.75;
  const Shape shape = module.output_shape(x.shape());
  Generator random(1);
  const Tensor<double> dy = detail::random_weights<double>(shape, random);
  auto y = Tensor<double>::uninitialized(shape);
  auto dx = Tensor<double>::full(x.shape(), std::numeric_limits<double>::infinity());

  nn::Context context;
  const auto forward = [&] {
    Generator draws(2);
    context.begin({.training = training, .random = &draws});
    module.forward(x.view(), y.view(), context);
  };
  const auto objective = [&] {
    forward();
    return ops::detail::sum_terms<double>(y.size(), [&](Index i) { return y.data()[i] * dy.data()[i]; });
  };

  std::vector<std::pair<std::string, Parameter*>> parameters;
  nn::visit_parameters(module, [&](std::string_view name, Parameter& parameter) {
    if (!parameter.requires_grad) return;
    parameter.grad() = Tensor<double>::full(parameter.value.shape(), before);
    parameters.emplace_back(name, &parameter);
  });
  forward();
  const TensorView<const double> in = std::as_const(x).view(), out = std::as_const(y).view();
  nn::accumulate<double>(module, in, out, dy, dx, context);

  GradientCheck check;
  detail::check_tensor(check, "input", x.view(), dx.view(), objective, options);
  for (const auto& [name, parameter] : parameters) {
    Tensor<double> analytic = parameter->grad();
    analytic.array() -= before;
    detail::check_tensor(check, "parameter " + name, parameter->value.view(), analytic.view(), objective,
                         options);
  }
  return check;
}

}  // namespace gradus
