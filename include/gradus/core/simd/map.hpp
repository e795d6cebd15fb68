// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/pack.hpp>

/// Applies functions of packs to arrays of any length.
///
/// The elements after the last full pack are computed as one more pack with the same instructions. A result
/// therefore depends only on its own arguments, not on its position or the address of the array.
namespace gradus::simd {

namespace detail {

/// Copies `count` elements, 0 < count <= N, and repeats the first one up to N.
template <int N, class S>
[[gnu::always_inline]] inline void fill_buffer(S* buffer, const S* from, Index count) {
  store(buffer, load_first<S, N>(from, count, *from));
}

struct Map {
  template <class Isa, class F, class S, class... Inputs>
  [[gnu::always_inline]] static void run(F f, Index size, S* y, const Inputs*... x) {
    std::array<const S*, sizeof...(Inputs)> inputs{x...};
    run<Isa::template lanes<S>>(f, size, y, inputs, std::index_sequence_for<Inputs...>{});
  }

  template <int N, class F, class S, std::size_t count, std::size_t... I>
  [[gnu::always_inline]] static void run(const F& f, Index size, S* y, std::array<const S*, count>& x,
                                         std::index_sequence<I...>) {
    S buffer[count + 1][N];
    S* const begin = y;
    const Index rest = size % N;
    for (Index whole = size - rest;; whole = N) {
      for (Index i = 0; i < whole; i += N) store(y + i, f(load<S, N>(x[I] + i)...));
      if (rest == 0 || y == buffer[count]) break;
      // once more for the remaining elements
      (fill_buffer<N>(buffer[I], x[I] + whole, rest), ...);
      ((x[I] = buffer[I]), ...);
      y = buffer[count];
    }
    if (rest > 0) store_first(begin + (size - rest), load<S, N>(y), rest);
  }
};

struct Update {
  template <class Isa, class F, class S, class... States>
  [[gnu::always_inline]] static void run(F f, Index size, S* y, const S* x, States*... states) {
    run<Isa::template lanes<S>, S, sizeof...(States)>(f, size, y, x, {states...},
                                                      std::index_sequence_for<States...>{});
  }

  template <int N, class S, std::size_t count, class F, std::size_t... I>
  [[gnu::always_inline]] static void run(const F& f, Index size, S* y, const S* x, std::array<S*, count> z,
                                         std::index_sequence<I...>) {
    S y_buffer[N], x_buffer[N];
    [[maybe_unused]] S z_buffer[count + 1][N];
    S* const y_begin = y;
    [[maybe_unused]] const std::array<S*, count> z_begin = z;
    const Index rest = size % N;
    for (Index whole = size - rest;; whole = N) {
      for (Index i = 0; i < whole; i += N) {
        Pack<S, N> y_pack = load<S, N>(y + i), x_pack = load<S, N>(x + i);
        Pack<S, N> packs[count + 1] = {(z[I] == nullptr ? broadcast<S, N>(0) : load<S, N>(z[I] + i))...};
        f(y_pack, x_pack, packs[I]...);
        store(y + i, y_pack);
        ((z[I] == nullptr ? void() : store(z[I] + i, packs[I])), ...);
      }
      if (rest == 0 || y == y_buffer) break;
      // once more for the remaining elements
      fill_buffer<N>(y_buffer, y + whole, rest);
      fill_buffer<N>(x_buffer, x + whole, rest);
      ((z[I] == nullptr ? void() : fill_buffer<N>(z_buffer[I], z[I] + whole, rest)), ...);
      y = y_buffer;
      x = x_buffer;
      ((z[I] = z[I] == nullptr ? nullptr : z_buffer[I]), ...);
    }
    if (rest == 0) return;
    const Index whole = size - rest;
    store_first(y_begin + whole, load<S, N>(y_buffer), rest);
    ((z[I] == nullptr ? void() : store_first(z_begin[I] + whole, load<S, N>(z_buffer[I]), rest)), ...);
  }
};

}  // namespace detail

/// Computes y_i = f(x_i, ...) for `size` elements of each array. y may be one of the inputs. `f` takes and
/// returns packs of any size, `template <class S, int N> Pack<S, N> operator()(const Pack<S, N>& x) const`,
/// and must be always-inline.
template <class F, class S, class... Inputs>
void map(const F& f, Index size, S* y, const Inputs*... x) {
  static_assert((std::is_same_v<S, Inputs> && ...));
  dispatch<detail::Map>(f, size, y, x...);
}

/// Calls f(y_i, x_i, z_i, ...) for `size` elements of each array. `f` takes references to packs and may
/// assign to them; the packs of y and z, ... are stored. An array z may be null; its packs are then 0. Arrays
/// must not overlap.
template <class F, class S, class... States>
void update(const F& f, Index size, S* y, const S* x, States*... z) {
  static_assert((std::is_same_v<S, States> && ...));
  dispatch<detail::Update>(f, size, y, x, z...);
}

}  // namespace gradus::simd
