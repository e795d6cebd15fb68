// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include <gradus/core/eigen.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/map.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/nn/dense_layer.hpp>
#include <gradus/ops/activation.hpp>
#include <gradus/ops/elu.hpp>
#include <gradus/ops/gelu.hpp>
#include <gradus/ops/leaky_relu.hpp>
#include <gradus/ops/silu.hpp>
#include <gradus/ops/softplus.hpp>

/// Kernels for a single sample. Weights are stored in panels of n outputs, one pack: the weights for input 0,
/// then for input 1, and so on. The panels of a group are interleaved, so that memory is read sequentially.
/// Outputs and biases are padded to whole panels.
namespace gradus::nn::detail {

/// The most panels multiplied at the same time; independent sums hide the latency of multiply-add.
inline constexpr int most_panels = 8;

/// Returns the number of panels in the next group when `rest` panels are left: a power of two.
constexpr Index group_panels(Index rest) { return rest >= 8 ? 8 : rest >= 4 ? 4 : rest >= 2 ? 2 : 1; }

/// Computes y = W x + b for one group of `panels`. Each output is accumulated in `chains` partial sums.
template <int n, int panels, int chains, class S, int... P, int... T>
[[gnu::always_inline]] inline void multiply_group(const S* w, const S* bias, const S* x, Index in, S* y,
                                                  std::integer_sequence<int, P...>,
                                                  std::integer_sequence<int, T...>) {
  using Pack = simd::Pack<S, n>;
  // sums[T] belongs to panel T % panels and chain T / panels.
  Pack sums[] = {(T < panels ? simd::load<S, n>(bias + T % panels * n) : simd::broadcast<S, n>(S(0)))...};
  Index k = 0;
  for (; k + chains <= in; k += chains, w += chains * panels * n)
    ((sums[T] = multiply_add(simd::broadcast<S, n>(x[k + T / panels]), simd::load<S, n>(w + T * n), sums[T])),
     ...);
  for (; k < in; ++k, w += panels * n)
    ((sums[P] = multiply_add(simd::broadcast<S, n>(x[k]), simd::load<S, n>(w + P * n), sums[P])), ...);
  for (int chain = 1; chain < chains; ++chain) ((sums[P] = sums[P] + sums[chain * panels + P]), ...);
  (simd::store(y + P * n, sums[P]), ...);
}

/// y = W x + b for all panels of a layer.
struct DenseProduct {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const S* w, const S* bias, const S* x, Index in, Index panels,
                                         S* y) {
    constexpr int n = Isa::template lanes<S>;
    while (panels > 0) {
      const Index size = group_panels(panels);
      if (size == 8)
        group<n, 8, 1>(w, bias, x, in, y);
      else if (size == 4)
        group<n, 4, 2>(w, bias, x, in, y);
      else if (size == 2)
        group<n, 2, 4>(w, bias, x, in, y);
      else
        group<n, 1, 4>(w, bias, x, in, y);
      w += size * n * in;
      bias += size * n;
      y += size * n;
      panels -= size;
    }
  }

 private:
  template <int n, int panels, int chains, class S>
  [[gnu::always_inline]] static void group(const S* w, const S* bias, const S* x, Index in, S* y) {
    multiply_group<n, panels, chains>(w, bias, x, in, y, std::make_integer_sequence<int, panels>{},
                                      std::make_integer_sequence<int, panels * chains>{});
  }
};

/// y = f(y) for whole panels.
template <class F>
struct ActivatePanels {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(S* y, Index panels, const F& f) {
    constexpr int n = Isa::template lanes<S>;
    for (Index i = 0; i < panels * n; i += n) simd::store(y + i, f(simd::load<S, n>(y + i)));
  }
};

/// y = low where x < low, high where x > high, x elsewhere
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
  else
    return ops::detail::Softplus<S>{first, second};
}

/// y = exp(y - max) / sum for the first `size` elements.
struct SoftmaxInPlace {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(S* y, Index panels, Index size) {
    constexpr int n = Isa::template lanes<S>;
    S largest = y[0];
    // NaN compares false and is passed over, so its exponential below is NaN.
    for (Index i = 1; i < size; ++i) largest = y[i] > largest ? y[i] : largest;
    for (Index i = 0; i < panels * n; i += n)
      simd::store(y + i, exp(simd::load<S, n>(y + i) - simd::broadcast<S, n>(largest)));
    S sum = 0;
    for (Index i = 0; i < size; ++i) sum += y[i];
    for (Index i = 0; i < panels * n; i += n)
      simd::store(y + i, simd::load<S, n>(y + i) / simd::broadcast<S, n>(sum));
  }
};

/// y = f(y) in place, for `panels` whole panels, of which the first `size` elements are valid.
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

/// A packed layer, as the kernels read it.
template <class S>
struct PanelLayer {
  Index bias = 0;    ///< offset of the bias in the network's memory, padded to whole panels
  Index weight = 0;  ///< offset of the groups of panels
  Index in = 0;
  Index out = 0;
  Index panels = 0;
  Activation activation = Activation::identity;
  S first = 0, second = 0;
};

/// y = f(W x + b), padded to whole panels.
struct DenseForward {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const PanelLayer<S>& layer, const S* memory, const S* x, S* y) {
    DenseProduct::run<Isa>(memory + layer.weight, memory + layer.bias, x, layer.in, layer.panels, y);
    Activate::run<Isa>(y, layer.panels, layer.out, layer.activation, layer.first, layer.second);
  }
};

}  // namespace gradus::nn::detail
