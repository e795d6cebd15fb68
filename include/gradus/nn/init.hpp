// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

#include <gradus/core/error.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/parameter.hpp>

/// Parameter initialisation as in `torch.nn.init`, with the same numbers for the same seed. A weight has
/// shape `[fan_out, fan_in]`.
namespace gradus::nn::init {

namespace detail {

struct Fans {
  double in, out;
};

inline Fans fans(const char* initialiser, const Shape& weight) {
  if (weight.rank() < 2) {
    throw ShapeError(std::string(initialiser) + ": weight has shape " + weight.to_string() +
                     ", expected [fan_out, fan_in]");
  }
  const Index receptive = weight.empty() ? 0 : weight.size() / (weight[0] * weight[1]);
  return {static_cast<double>(weight[1] * receptive), static_cast<double>(weight[0] * receptive)};
}

/// Returns gain / sqrt(fan), or 0 for a layer without inputs, which has nothing to draw.
inline double over_root(double gain, double fan) { return fan > 0 ? gain / std::sqrt(fan) : 0; }

/// Returns the gain that preserves the variance of activations through a leaky ReLU of this slope. Uses
/// std::fma, because the last digit would otherwise depend on whether the compiler fuses the product and the
/// sum.
inline double leaky_relu_gain(double slope) { return std::sqrt(2 / std::fma(slope, slope, 1)); }

/// Returns Glorot and Bengio's standard deviation, with PyTorch's order of operations.
inline double xavier_deviation(double gain, Fans fans) {
  const double sum = fans.in + fans.out;
  return sum > 0 ? gain * std::sqrt(2 / sum) : 0;
}

template <class Scalar>
void uniform_of_deviation(TensorView<Scalar> weight, Generator& random, double deviation) {
  const double bound = std::sqrt(3.0) * deviation;
  random.fill_uniform(weight.span(), -bound, bound);
}

}  // namespace detail

/// Sets every element to `value`.
template <class Scalar>
void constant(TensorView<Scalar> x, std::type_identity_t<Scalar> value) {
  for (Scalar& element : x) element = value;
}
/// Sets every element to 0.
template <class Scalar>
void zeros(TensorView<Scalar> x) {
  constant(x, Scalar{0});
}

/// Draws uniformly from [from, to).
template <class Scalar>
void uniform(TensorView<Scalar> x, Generator& random, double from = 0, double to = 1) {
  random.fill_uniform(x.span(), from, to);
}
/// Draws from N(mean, std^2).
template <class Scalar>
void normal(TensorView<Scalar> x, Generator& random, double mean = 0, double std = 1) {
  random.fill_normal(x.span(), mean, std);
}

/// Draws from a uniform distribution with variance 2 gain^2 / (fan_in + fan_out): Glorot and Bengio, 2010.
/// Throws ShapeError unless the weight has at least 2 axes.
template <class Scalar>
void xavier_uniform(TensorView<Scalar> weight, Generator& random, double gain = 1) {
  const double deviation = detail::xavier_deviation(gain, detail::fans("xavier_uniform", weight.shape()));
  detail::uniform_of_deviation(weight, random, deviation);
}
/// Draws from a normal distribution with variance 2 gain^2 / (fan_in + fan_out): Glorot and Bengio, 2010.
/// Throws ShapeError unless the weight has at least 2 axes.
template <class Scalar>
void xavier_normal(TensorView<Scalar> weight, Generator& random, double gain = 1) {
  normal(weight, random, 0, detail::xavier_deviation(gain, detail::fans("xavier_normal", weight.shape())));
}

/// The values whose variance is preserved: `in` for activations in forward, `out` for gradients in backward.
enum class Fan { in, out };

/// Draws from a uniform distribution with variance 2 / ((1 + slope^2) fan): He et al., 2015. `slope` is that
/// of the leaky ReLU that follows, for x < 0. Throws ShapeError unless the weight has at least 2 axes.
template <class Scalar>
void kaiming_uniform(TensorView<Scalar> weight, Generator& random, double slope = 0, Fan fan = Fan::in) {
  const auto [in, out] = detail::fans("kaiming_uniform", weight.shape());
  detail::uniform_of_deviation(weight, random,
                               detail::over_root(detail::leaky_relu_gain(slope), fan == Fan::in ? in : out));
}
/// Draws from a normal distribution with variance 2 / ((1 + slope^2) fan): He et al., 2015. Throws ShapeError
/// unless the weight has at least 2 axes.
template <class Scalar>
void kaiming_normal(TensorView<Scalar> weight, Generator& random, double slope = 0, Fan fan = Fan::in) {
  const auto [in, out] = detail::fans("kaiming_normal", weight.shape());
  normal(weight, random, 0, detail::over_root(detail::leaky_relu_gain(slope), fan == Fan::in ? in : out));
}

/// Calls `f(view)` for each weight matrix of a network, in order, and leaves biases unchanged:
/// `init::weights(net, [&](auto w) { init::normal(w, random, 0, 0.01); })`.
template <class Net, class F>
void weights(Net& net, F&& f) {
  net.visit([&](std::string_view, auto& parameter) {
    if (parameter.value.rank() >= 2) f(parameter.value.view());
  });
}

/// Sets every bias of a network to zero: each parameter below rank 2 whose name ends with `bias`.
template <class Net>
void zero_biases(Net& net) {
  net.visit([&](std::string_view name, auto& parameter) {
    if (parameter.value.rank() < 2 && name.ends_with("bias")) zeros(parameter.value.view());
  });
}

}  // namespace gradus::nn::init
