// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/map.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/nn/dense_layer.hpp>
#include <gradus/nn/dense_product.hpp>
#include <gradus/ops/detail/activation_functions.hpp>

/// Activations and whole layers for a single sample, in the panels of dense_product.hpp.
namespace gradus::nn::detail {

/// Computes y = f(y) for whole panels.
template <class F>
struct ActivatePanels {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(S* y, Index panels, const F& f) {
    constexpr int n = Isa::template lanes<S>;
    for (Index i = 0; i < panels * n; i += n) simd::store(y + i, f(simd::load<S, n>(y + i)));
  }
};

/// Computes y = low where x < low, high where x > high, x elsewhere
template <class S>
struct ClipTo {
  S low, high;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return select(x < low, low, select(x > high, high, x));
  }
};

/// Returns the function of an activation with its two parameters.
template <Activation activation, class S>
[[gnu::always_inline]] inline auto activation_function([[maybe_unused]] S first, [[maybe_unused]] S second) {
  if constexpr (activation == Activation::relu)
    return ops::detail::Relu{};
  else if constexpr (activation == Activation::sigmoid)
    return ops::detail::Sigmoid{};
  else if constexpr (activation == Activation::tanh)
    return ops::detail::Tanh{};
  else if constexpr (activation == Activation::elu)
    return ops::detail::Elu<S>{first};
  else if constexpr (activation == Activation::leaky_relu)
    return ops::detail::LeakyRelu<S>{first};
  else if constexpr (activation == Activation::silu)
    return ops::detail::Silu{};
  else if constexpr (activation == Activation::gelu_tanh)
    return ops::detail::GeluTanh{};
  else if constexpr (activation == Activation::clip)
    return ClipTo<S>{first, second};
  else if constexpr (activation == Activation::softplus)
    return ops::detail::Softplus<S>{first, second};
}

/// Computes y = exp(y - max) / sum for the first `size` elements.
struct SoftmaxInPlace {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(S* y, Index panels, Index size) {
    constexpr int n = Isa::template lanes<S>;
    S largest = y[0];
    // NaN compares false and is skipped, so its exponential below is NaN.
    for (Index i = 1; i < size; ++i) largest = y[i] > largest ? y[i] : largest;
    for (Index i = 0; i < panels * n; i += n)
      simd::store(y + i, exp(simd::load<S, n>(y + i) - simd::broadcast<S, n>(largest)));
    S sum = 0;
    for (Index i = 0; i < size; ++i) sum += y[i];
    for (Index i = 0; i < panels * n; i += n)
      simd::store(y + i, simd::load<S, n>(y + i) / simd::broadcast<S, n>(sum));
  }
};

/// Computes y = f(y) in place, for `panels` whole panels, of which the first `size` elements are valid.
struct Activate {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(S* y, Index panels, Index size, Activation activation, S first,
                                         S second) {
    switch (activation) {
      case Activation::identity:
        return;
      case Activation::relu:
        return map<Isa, Activation::relu>(y, panels, first, second);
      case Activation::sigmoid:
        return map<Isa, Activation::sigmoid>(y, panels, first, second);
      case Activation::tanh:
        return map<Isa, Activation::tanh>(y, panels, first, second);
      case Activation::elu:
        return map<Isa, Activation::elu>(y, panels, first, second);
      case Activation::leaky_relu:
        return map<Isa, Activation::leaky_relu>(y, panels, first, second);
      case Activation::silu:
        return map<Isa, Activation::silu>(y, panels, first, second);
      case Activation::gelu_tanh:
        return map<Isa, Activation::gelu_tanh>(y, panels, first, second);
      case Activation::softplus:
        return map<Isa, Activation::softplus>(y, panels, first, second);
      case Activation::clip:
        return map<Isa, Activation::clip>(y, panels, first, second);
      case Activation::gelu:
        for (Index i = 0; i < size; ++i) y[i] = ops::detail::exact_gelu(y[i]);
        return;
      case Activation::softmax:
        return SoftmaxInPlace::run<Isa>(y, panels, size);
    }
  }

 private:
  template <class Isa, Activation activation, class S>
  [[gnu::always_inline]] static void map(S* y, Index panels, S first, S second) {
    const auto f = activation_function<activation>(first, second);
    ActivatePanels<decltype(f)>::template run<Isa>(y, panels, f);
  }
};

/// Computes y = f(W h(x) + b), padded to whole panels.
struct DenseForward {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const PanelLayer<S>& layer, const S* memory, const S* x, S* y) {
    if (layer.categories.empty())
      DenseProduct::run<Isa>(memory + layer.weight, memory + layer.bias, x, layer.in, layer.panels, y);
    else
      CategoricalProduct::run<Isa>(layer, memory, x, y);
    Activate::run<Isa>(y, layer.panels, layer.out, layer.activation, layer.first, layer.second);
  }
};

}  // namespace gradus::nn::detail
