#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <gradus/core/eigen.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/pack.hpp>

/// Functions of packs, applied to arrays of any length.
///
/// The elements after the last whole pack are computed as one more pack, by the same instructions. So a
/// result depends on its own arguments alone, not on its place in the array or on the array's address.
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
      // once more, for the rest
      (fill_buffer<N>(buffer[I], x[I] + whole, rest), ...);
      ((x[I] = buffer[I]), ...);
      y = buffer[count];
    }
    if (rest > 0) store_first(begin + (size - rest), load<S, N>(y), rest);
  }
};

/// Where to store an array's packs, null for one that is only read.
template <class S>
constexpr S* writable(S* array) {
  return array;
}
template <class S>
constexpr S* writable(const S*) {
  return nullptr;
}

struct Update {
  template <class Isa, class F, class S, class... Arrays>
  [[gnu::always_inline]] static void run(F f, Index size, S* first, Arrays*... others) {
    using Scalar = std::remove_const_t<S>;
    constexpr std::size_t count = sizeof...(Arrays) + 1;
    run<Isa::template lanes<Scalar>, Scalar, count>(f, size, {first, others...},
                                                    {writable<Scalar>(first), writable<Scalar>(others)...},
                                                    std::make_index_sequence<count>{});
  }

  template <int N, class S, std::size_t count, class F, std::size_t... I>
  [[gnu::always_inline]] static void run(const F& f, Index size, std::array<const S*, count> from,
                                         std::array<S*, count> to, std::index_sequence<I...>) {
    S buffer[count][N];
    const std::array<S*, count> begin = to;
    const Index rest = size % N;
    for (Index whole = size - rest;; whole = N) {
      for (Index i = 0; i < whole; i += N) {
        Pack<S, N> packs[count] = {(from[I] == nullptr ? broadcast<S, N>(0) : load<S, N>(from[I] + i))...};
        f(packs[I]...);
        ((to[I] == nullptr ? void() : store(to[I] + i, packs[I])), ...);
      }
      if (rest == 0 || from[0] == buffer[0]) break;
      // once more, for the rest
      ((from[I] == nullptr ? void() : fill_buffer<N>(buffer[I], from[I] + whole, rest)), ...);
      ((from[I] = from[I] == nullptr ? nullptr : buffer[I]), ...);
      ((to[I] = to[I] == nullptr ? nullptr : buffer[I]), ...);
    }
    if (rest == 0) return;
    ((to[I] == nullptr ? void() : store_first(begin[I] + (size - rest), load<S, N>(buffer[I]), rest)), ...);
  }
};

}  // namespace detail

/// y_i = f(x_i, ...) for `size` elements of each array. y may be one of the inputs. `f` takes and returns
/// packs of any size, `template <class S, int N> Pack<S, N> operator()(const Pack<S, N>& x) const`, and must
/// be always-inline.
template <class F, class S, class... Inputs>
void map(const F& f, Index size, S* y, const Inputs*... x) {
  static_assert((std::is_same_v<S, Inputs> && ...));
  dispatch<detail::Map>(f, size, y, x...);
}

/// f(x_i, ...) for `size` elements of each array, where `f` takes references to packs and may assign to them;
/// those of arrays of const are not stored. The first array must not be null; the packs of others that are
/// null are 0. Arrays must not overlap.
template <class F, class S, class... Arrays>
void update(const F& f, Index size, S* first, Arrays*... others) {
  static_assert((std::is_same_v<std::remove_const_t<S>, std::remove_const_t<Arrays>> && ...));
  dispatch<detail::Update>(f, size, first, others...);
}

}  // namespace gradus::simd
