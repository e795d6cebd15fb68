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
    S* rest_of_y = nullptr;
    Index rest = 0;
    for (;;) {
      const Index whole = size - size % N;
      for (Index i = 0; i < whole; i += N) store(y + i, f(load<S, N>(x[I] + i)...));
      if (whole == size) break;
      // once more, for the rest
      rest = size - whole;
      (fill_buffer<N>(buffer[I], x[I] + whole, rest), ...);
      ((x[I] = buffer[I]), ...);
      rest_of_y = y + whole;
      y = buffer[count];
      size = N;
    }
    if (rest > 0) store_first(rest_of_y, load<S, N>(y), rest);
  }
};

struct Update {
  template <class Isa, class F, class S, class... Arrays>
  [[gnu::always_inline]] static void run(F f, Index size, S* first, Arrays*... others) {
    std::array<S*, sizeof...(Arrays) + 1> arrays{first, others...};
    run<Isa::template lanes<S>>(f, size, arrays, std::make_index_sequence<sizeof...(Arrays) + 1>{});
  }

  template <int N, class F, class S, std::size_t count, std::size_t... I>
  [[gnu::always_inline]] static void run(const F& f, Index size, std::array<S*, count>& x,
                                         std::index_sequence<I...>) {
    S buffer[count][N];
    const std::array<S*, count> begin = x;
    const Index all = size;
    for (;;) {
      const Index whole = size - size % N;
      for (Index i = 0; i < whole; i += N) {
        Pack<S, N> packs[count] = {(x[I] == nullptr ? broadcast<S, N>(0) : load<S, N>(x[I] + i))...};
        f(packs[I]...);
        ((x[I] == nullptr ? void() : store(x[I] + i, packs[I])), ...);
      }
      if (whole == size) break;
      ((x[I] == nullptr ? void() : fill_buffer<N>(buffer[I], x[I] + whole, size - whole)), ...);
      ((x[I] = x[I] == nullptr ? nullptr : buffer[I]), ...);
      size = N;
    }
    const Index rest = all % N;
    if (rest > 0)
      ((begin[I] == nullptr ? void() : store_first(begin[I] + (all - rest), load<S, N>(buffer[I]), rest)),
       ...);
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

/// f(x_i, ...) for `size` elements of each array, where `f` takes references to packs and may assign to them.
/// Arrays must not overlap. The packs of a null array are 0, and are not stored.
template <class F, class S, class... Arrays>
void update(const F& f, Index size, S* first, Arrays*... others) {
  static_assert((std::is_same_v<S, Arrays> && ...));
  dispatch<detail::Update>(f, size, first, others...);
}

}  // namespace gradus::simd
