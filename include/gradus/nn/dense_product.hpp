// SPDX-License-Identifier: MIT

#pragma once

#include <utility>
#include <vector>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/nn/categorical_column.hpp>
#include <gradus/nn/dense_layer.hpp>

/// Matrix products for a single sample. Weights are stored in panels of n outputs, one pack: the weights for
/// input 0, then for input 1, and so on. The panels of a group are interleaved, so that memory is read
/// sequentially. Outputs and biases are padded to whole panels.
namespace gradus::nn::detail {

/// The largest number of panels multiplied at the same time; independent sums hide the latency of
/// multiply-add.
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

/// Computes y = W x + b for all panels of a layer.
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

/// A layer in panels, as kernels read it.
template <class S>
struct PanelLayer {
  Index bias = 0;    ///< where the bias begins in the network's memory, padded to whole panels
  Index weight = 0;  ///< where the groups of panels begin
  Index in = 0;
  Index out = 0;
  Index panels = 0;
  Activation activation = Activation::identity;
  S first = 0, second = 0;
  std::vector<CategoricalColumn> categories = {};  ///< as in DenseLayer
};

/// Computes y = W h(x) + b for all panels of a layer, where h replaces columns of categories as OneHot does.
/// h(x) is not stored: a category selects a row of the weights, and a value that is no category selects none.
struct CategoricalProduct {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const PanelLayer<S>& layer, const S* memory, const S* x, S* y) {
    constexpr int n = Isa::template lanes<S>;
    const S *w = memory + layer.weight, *bias = memory + layer.bias;
    for (Index rest = layer.panels, size = 0; rest > 0; rest -= size) {
      size = group_panels(rest);
      if (size == 8)
        group<n>(layer, w, bias, x, y, std::make_integer_sequence<int, 8>{});
      else if (size == 4)
        group<n>(layer, w, bias, x, y, std::make_integer_sequence<int, 4>{});
      else if (size == 2)
        group<n>(layer, w, bias, x, y, std::make_integer_sequence<int, 2>{});
      else
        group<n>(layer, w, bias, x, y, std::make_integer_sequence<int, 1>{});
      w += size * n * layer.in;
      bias += size * n;
      y += size * n;
    }
  }

 private:
  template <int n, class S, int... P>
  [[gnu::always_inline]] static void group(const PanelLayer<S>& layer, const S* w, const S* bias, const S* x,
                                           S* y, std::integer_sequence<int, P...>) {
    constexpr Index row = Index{sizeof...(P)} * n;
    const S* const end = w + row * layer.in;
    simd::Pack<S, n> sums[] = {simd::load<S, n>(bias + P * n)...};
    const auto add = [&](S factor, const S* weights) {
      ((sums[P] = multiply_add(simd::broadcast<S, n>(factor), simd::load<S, n>(weights + P * n), sums[P])),
       ...);
    };
    Index column = 0;
    for (const CategoricalColumn& each : layer.categories) {
      for (; column < each.column; ++column, w += row) add(*x++, w);
      const Index k = category(*x++, each.count);
      if (k >= 0) add(S(1), w + k * row);
      w += each.count * row;
      ++column;
    }
    for (; w != end; w += row) add(*x++, w);
    (simd::store(y + P * n, sums[P]), ...);
  }

  /// Returns the category with this number, or -1 if there is none.
  template <class S>
  [[gnu::always_inline]] static Index category(S value, Index count) {
    if (!(value >= S(0) && value < static_cast<S>(count))) return -1;
    const auto k = static_cast<Index>(value);
    return static_cast<S>(k) < value ? -1 : k;
  }
};

}  // namespace gradus::nn::detail
