// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <gradus/core/index.hpp>

namespace gradus::detail {

/// The operations of an exported network.
enum class CKind {
  dense,       ///< y = W x + b
  one_hot,     ///< an x with a count becomes that many elements: 1 at index x, 0 elsewhere
  scale,       ///< y = w x + b, element by element
  layer_norm,  ///< y = w (x - mean) / sqrt(variance + a) + b
  softmax,
  relu,
  sigmoid,
  tanh,
  elu,         ///< a is alpha
  leaky_relu,  ///< a is the slope
  silu,
  gelu,
  gelu_tanh,
  softplus,  ///< a is beta, b the threshold
  clip       ///< to [a, b]
};

/// A step of an exported network. All numbers are in double until they are written.
struct CStep {
  CKind kind = CKind::dense;
  Index in = 0, out = 0;
  std::vector<double> weight = {}, bias = {};
  double a = 0, b = 0;
  std::vector<Index> counts = {};  ///< categories of each input of one_hot, 0 for one that is copied

  /// Returns whether the step writes its outputs to another buffer instead of over its inputs.
  bool makes_output() const { return kind == CKind::dense || kind == CKind::one_hot; }
};

/// Runs the steps on x in type T, with the operations of the exported program in the same order.
template <class T>
std::vector<T> run_c_steps(const std::vector<CStep>& steps, std::vector<T> x);

namespace c_steps {

// Without a default case, so that the compiler warns if a kind is missing.
template <class T>
T activation(const CStep& step, T x) {
  const auto a = static_cast<T>(step.a), b = static_cast<T>(step.b);
  switch (step.kind) {
    case CKind::relu:
      return x < 0 ? T{0} : x;
    case CKind::sigmoid:
      return 1 / (1 + std::exp(-x));
    case CKind::tanh:
      return std::tanh(x);
    case CKind::elu:
      return x > 0 ? x : a * std::expm1(x);
    case CKind::leaky_relu:
      return x > 0 ? x : a * x;
    case CKind::silu:
      return x / (1 + std::exp(-x));
    case CKind::gelu:
      return x * (1 + std::erf(x * static_cast<T>(std::sqrt(0.5)))) / 2;
    case CKind::gelu_tanh:
      return x *
             (1 +
              std::tanh(static_cast<T>(0.79788456080286536) * (x + static_cast<T>(0.044715) * x * x * x))) /
             2;
    case CKind::softplus:
      return a * x > b ? x : (x > 0 ? x : T{0}) + std::log1p(std::exp(-std::abs(a * x))) / a;
    case CKind::clip:
      return x < a ? a : x > b ? b : x;
    case CKind::dense:
    case CKind::one_hot:
    case CKind::scale:
    case CKind::layer_norm:
    case CKind::softmax:
      break;
  }
  return x;
}

template <class T>
std::vector<T> dense(const CStep& step, const std::vector<T>& x) {
  std::vector<T> y(to_size(step.out));
  for (Index o = 0; o < step.out; ++o) {
    T sum = static_cast<T>(step.bias[to_size(o)]);
    for (Index i = 0; i < step.in; ++i)
      sum += static_cast<T>(step.weight[to_size(o * step.in + i)]) * x[to_size(i)];
    y[to_size(o)] = sum;
  }
  return y;
}

template <class T>
std::vector<T> one_hot(const CStep& step, const std::vector<T>& x) {
  std::vector<T> y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (step.counts[i] == 0) y.push_back(x[i]);
    for (Index k = 0; k < step.counts[i]; ++k) {
      const auto number = static_cast<T>(k);
      y.push_back(x[i] >= number && x[i] <= number ? T{1} : T{0});
    }
  }
  return y;
}

template <class T>
void layer_norm(const CStep& step, std::vector<T>& x) {
  const auto n = static_cast<T>(x.size());
  T mean = 0, variance = 0;
  for (const T v : x) mean += v;
  mean /= n;
  for (const T v : x) variance += (v - mean) * (v - mean);
  const T r = 1 / std::sqrt(variance / n + static_cast<T>(step.a));
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<T>(step.weight[i]) * (x[i] - mean) * r + static_cast<T>(step.bias[i]);
}

template <class T>
void softmax(std::vector<T>& x) {
  const T largest = *std::ranges::max_element(x);
  T sum = 0;
  for (T& v : x) sum += v = std::exp(v - largest);
  for (T& v : x) v /= sum;
}

}  // namespace c_steps

template <class T>
std::vector<T> run_c_steps(const std::vector<CStep>& steps, std::vector<T> x) {
  for (const CStep& step : steps) {
    if (step.kind == CKind::dense) {
      x = c_steps::dense(step, x);
    } else if (step.kind == CKind::one_hot) {
      x = c_steps::one_hot(step, x);
    } else if (step.kind == CKind::layer_norm) {
      c_steps::layer_norm(step, x);
    } else if (step.kind == CKind::softmax) {
      c_steps::softmax(x);
    } else if (step.kind == CKind::scale) {
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<T>(step.weight[i]) * x[i] + static_cast<T>(step.bias[i]);
    } else {
      for (T& v : x) v = c_steps::activation(step, v);
    }
  }
  return x;
}

}  // namespace gradus::detail
