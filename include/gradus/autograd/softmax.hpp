// SPDX-License-Identifier: MIT

#pragma once

#include <utility>

#include <gradus/autograd/arithmetic.hpp>
#include <gradus/autograd/elementwise.hpp>
#include <gradus/autograd/record.hpp>
#include <gradus/autograd/reduction.hpp>
#include <gradus/autograd/shape_ops.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/ops/softmax.hpp>

namespace gradus {

namespace detail {

/// Computes dL/dx_i = y_i (dL/dy_i - sum_j dL/dy_j y_j) as a recorded operation.
template <class Scalar>
Variable<Scalar> softmax_backward(const Variable<Scalar>& y, const Variable<Scalar>& dy) {
  auto dx = Value<Scalar>::uninitialized(y.shape());
  ops::softmax_backward<Scalar>(y.value(), dy.value(), dx.view());
  return record("softmax_backward", std::move(dx), y, dy, [](const Step<Scalar>& step) {
    const Variable<Scalar> p = step.input(0), up = step.input(1);
    const Variable<Scalar>& g = step.gradient();
    // with s = sum_j g_j y_j: d/dy_i = g_i (dy_i - sum_j dy_j y_j) - dy_i s
    if (step.wants(0)) {
      step.give(0, g * (up - sum(up * p, Axes(-1), keep_dims)) - up * sum(g * p, Axes(-1), keep_dims));
    }
    // the Jacobian of softmax is symmetric
    if (step.wants(1)) step.give(1, softmax_backward(p, g));
  });
}

/// Computes dL/dx_i = dL/dy_i - exp(y_i) sum_j dL/dy_j as a recorded operation.
template <class Scalar>
Variable<Scalar> log_softmax_backward(const Variable<Scalar>& y, const Variable<Scalar>& dy) {
  auto dx = Value<Scalar>::uninitialized(y.shape());
  ops::log_softmax_backward<Scalar>(y.value(), dy.value(), dx.view());
  return record("log_softmax_backward", std::move(dx), y, dy, [](const Step<Scalar>& step) {
    const Variable<Scalar> p = exp(step.input(0)), up = step.input(1);
    const Variable<Scalar>& g = step.gradient();
    // d/dy_i = -g_i exp(y_i) sum_j dy_j
    if (step.wants(0)) step.give(0, -(g * p * sum(up, Axes(-1), keep_dims)));
    // d/d(dy_j) = g_j - sum_i g_i exp(y_i)
    if (step.wants(1)) step.give(1, g - sum(g * p, Axes(-1), keep_dims));
  });
}

/// Applies f, which works along the last axis, along another axis by transposing before and after.
template <class Scalar, class F>
Variable<Scalar> along_last(const Variable<Scalar>& x, Index axis, F f) {
  axis = x.shape().normalize_axis(axis);
  if (axis == x.rank() - 1) return f(x);
  return transpose(f(transpose(x, axis, -1)), axis, -1);
}

}  // namespace detail

/// Returns exp(x_i) / sum_j exp(x_j) along an axis. Throws IndexError.
template <class Scalar>
Variable<Scalar> softmax(const Variable<Scalar>& logits, Index axis = -1) {
  return detail::along_last(logits, axis, [](const Variable<Scalar>& x) {
    auto y = detail::Value<Scalar>::uninitialized(x.shape());
    ops::softmax<Scalar>(x.value(), y.view());
    return detail::record("softmax", std::move(y), x, [](const detail::Step<Scalar>& step) {
      step.give(0, detail::softmax_backward(step.output(), step.gradient()));
    });
  });
}

/// Returns the logarithm of softmax along an axis, without loss of precision. Throws IndexError.
template <class Scalar>
Variable<Scalar> log_softmax(const Variable<Scalar>& logits, Index axis = -1) {
  return detail::along_last(logits, axis, [](const Variable<Scalar>& x) {
    auto y = detail::Value<Scalar>::uninitialized(x.shape());
    ops::log_softmax<Scalar>(x.value(), y.view());
    return detail::record("log_softmax", std::move(y), x, [](const detail::Step<Scalar>& step) {
      step.give(0, detail::log_softmax_backward(step.output(), step.gradient()));
    });
  });
}

}  // namespace gradus
