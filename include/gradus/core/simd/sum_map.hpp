// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/simd/wide_sum.hpp>

/// Sums of functions of packs, with an error that does not grow with the number of elements.
///
/// Term i belongs to lane i mod 16. Blocks of 16 terms per lane are added in the type of the terms, and the
/// block sums in a wider type. The order of the additions is the same for every instruction set.
namespace gradus::simd {

/// Partial sums of terms of type T, one per lane, and their accumulated rounding errors.
template <class T>
struct LaneSums {
  static constexpr int lanes = 16;  ///< number of partial sums

  alignas(64) std::array<Wide<T>, lanes> sums{};    ///< the partial sums
  alignas(64) std::array<Wide<T>, lanes> errors{};  ///< used only if sums of T are corrected

  /// Returns the sum of all lanes, corrected by the errors.
  Wide<T> total() const {
    const Wide<T> sum = pairwise(sums);
    // the error of an infinite sum is NaN
    if constexpr (is_corrected<T>) return std::isfinite(sum) ? sum + pairwise(errors) : sum;
    return sum;
  }

 private:
  static Wide<T> pairwise(std::array<Wide<T>, lanes> x) {
    for (std::size_t half = lanes / 2; half > 0; half /= 2) {
      for (std::size_t k = 0; k < half; ++k) x[k] += x[k + half];
    }
    return x[0];
  }
};

namespace detail {

/// How terms are added to the lane sums: blocks in the type of the terms, or each term in the wider type.
enum class Blocks { own, wide };

struct SumMap {
  template <class Isa, class F, class T, class S, class... Inputs>
  [[gnu::always_inline]] static void run(F f, Blocks blocks, LaneSums<T>* to, Index size, const S* first,
                                         const Inputs*... others) {
    constexpr int N = std::min(LaneSums<T>::lanes, Isa::template lanes<T>);
    const Terms<F, T, N, S, sizeof...(Inputs) + 1> terms{f, {first, others...}};
    const Index whole = blocks == Blocks::own ? add_blocks<Isa>(terms, *to, size) : 0;
    const Index rest = size % LaneSums<T>::lanes;
    add_rows<Isa>(terms, blocks, *to, whole, size - rest);
    if (rest > 0) add_rest(terms, *to, size - rest, rest);
  }

 private:
  /// The terms of the sum: f applied to the packs at element i of each array.
  template <class F, class T_, int N_, class S, std::size_t count>
  struct Terms {
    using T = T_;
    static constexpr int N = N_, lanes = LaneSums<T>::lanes;
    using Arrays = std::array<const S*, count>;

    [[gnu::always_inline]] Pack<T, N> operator()(Index i) const {
      return at(x, i, std::make_index_sequence<count>{});
    }
    [[gnu::always_inline]] Pack<T, N> four_rows(Index i) const {
      return ((*this)(i) + (*this)(i + lanes)) +
             ((*this)(i + Index{2} * lanes) + (*this)(i + Index{3} * lanes));
    }
    template <std::size_t... I>
    [[gnu::always_inline]] Pack<T, N> at(const Arrays& arrays, Index i, std::index_sequence<I...>) const {
      return f(load<S, N>(arrays[I] + i)...);
    }

    F f;
    Arrays x;
  };

  /// Adds the full blocks and returns the number of their terms.
  template <class Isa, class Terms>
  [[gnu::always_inline]] static Index add_blocks(const Terms& terms, LaneSums<typename Terms::T>& to,
                                                 Index size) {
    constexpr int rows = 16, lanes = Terms::lanes;
    constexpr Index block = Index{rows} * lanes;
    const Index whole = size - size % block;
    for (Index i = 0; i < whole; i += block) {
      for (int k = 0; k < lanes; k += Terms::N) {
        auto sum = terms.four_rows(i + k);
        for (int row = 4; row < rows; row += 4) sum += terms.four_rows(i + k + Index{row} * lanes);
        add_wide<Isa>(sum, to.sums.data() + k, to.errors.data() + k);
      }
    }
    return whole;
  }

  /// Adds the terms [i, end), in full rows of one term per lane.
  template <class Isa, class Terms>
  [[gnu::always_inline]] static void add_rows(const Terms& terms, Blocks blocks,
                                              LaneSums<typename Terms::T>& to, Index i, Index end) {
    if (i == end) return;
    constexpr int lanes = Terms::lanes;
    for (int k = 0; k < lanes; k += Terms::N) {
      auto sum = terms(i + k);
      for (Index row = i + lanes; row < end; row += lanes) {
        if (blocks == Blocks::wide) {
          add_wide<Isa>(sum, to.sums.data() + k, to.errors.data() + k);
          sum = terms(row + k);
        } else {
          sum += terms(row + k);
        }
      }
      add_wide<Isa>(sum, to.sums.data() + k, to.errors.data() + k);
    }
  }

  /// Adds the last terms, fewer than `lanes`, without reading past the arrays.
  template <class F, class T, int N, class S, std::size_t count>
  [[gnu::always_inline]] static void add_rest(const Terms<F, T, N, S, count>& terms, LaneSums<T>& to,
                                              Index first, Index rest) {
    constexpr int lanes = LaneSums<T>::lanes;
    S buffer[count][lanes];
    std::array<const S*, count> inputs;
    for (std::size_t input = 0; input < count; ++input) {
      for (Index k = 0; k < lanes; ++k) buffer[input][k] = terms.x[input][first + (k < rest ? k : 0)];
      inputs[input] = buffer[input];
    }
    T last[lanes];
    for (int k = 0; k < lanes; k += N)
      store(last + k, terms.at(inputs, k, std::make_index_sequence<count>{}));
    for (Index k = 0; k < rest; ++k) to.sums[to_size(k)] += static_cast<Wide<T>>(last[k]);
  }
};

}  // namespace detail

/// The type of f(x, ...) for numbers x of type S.
template <class F, class S, class... Inputs>
using MapResult =
    typename std::invoke_result_t<const F&, const Pack<S, 1>&, const Pack<Inputs, 1>&...>::Scalar;

/// Adds f(x_i, ...) over `size` elements of each array to the lanes. f is as in map but may return packs of
/// another type.
template <class F, class T, class S, class... Inputs>
void add_map(LaneSums<T>& to, const F& f, Index size, const S* first, const Inputs*... others) {
  dispatch<detail::SumMap>(f, detail::Blocks::own, &to, size, first, others...);
}

/// Returns the sum of f(x_i, ...) over `size` elements of each array; f is as in add_map. A sum of floats
/// overflows only if a term does, not because a partial sum exceeds the largest float.
template <class F, class S, class... Inputs>
Wide<MapResult<F, S, Inputs...>> sum_map(const F& f, Index size, const S* first, const Inputs*... others) {
  static_assert((std::is_same_v<S, Inputs> && ...));
  using T = MapResult<F, S, Inputs...>;
  LaneSums<T> sums;
  add_map(sums, f, size, first, others...);
  const Wide<T> total = sums.total();
  if (is_corrected<T> || std::isfinite(total)) return total;
  LaneSums<T> wide_sums;
  dispatch<detail::SumMap>(f, detail::Blocks::wide, &wide_sums, size, first, others...);
  return wide_sums.total();
}

}  // namespace gradus::simd
