// SPDX-License-Identifier: MIT

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/pack.hpp>

using gradus::Index;
using gradus::InstructionSet;
using namespace gradus::simd;

namespace {

constexpr InstructionSet all_sets[] = {InstructionSet::scalar, InstructionSet::sse2, InstructionSet::neon,
                                       InstructionSet::avx2, InstructionSet::avx512};

struct Combine {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const S* x, const S* y, S* z, Index size) {
    constexpr int n = Isa::template lanes<S>;
    Index i = 0;
    for (; i + n <= size; i += n) store(z + i, combine(load<S, n>(x + i), load<S, n>(y + i)));
    if (i < size)
      store_first(z + i, combine(load_first<S, n>(x + i, size - i), load_first<S, n>(y + i, size - i)),
                  size - i);
  }
  template <class S, int N>
  [[gnu::always_inline]] static Pack<S, N> combine(const Pack<S, N>& x, const Pack<S, N>& y) {
    const Pack<S, N> larger = max(x, y), smaller = min(x, y);
    return select(x < y, larger * broadcast<S, N>(2),
                  multiply_add(smaller, smaller, -y) / broadcast<S, N>(S(0.5)));
  }
};

struct Reduce {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const S* x, S* sums, S* largest, bool* negative, int* lanes) {
    constexpr int n = Isa::template lanes<S>;
    const Pack<S, n> pack = load<S, n>(x);
    *sums = sum(pack);
    *largest = max(pack);
    *negative = any(pack < broadcast<S, n>(0));
    *lanes = n;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("Pack: every instruction set computes the same as plain C++", S, float, double) {
  for (const InstructionSet set : all_sets) {
    const InstructionSet used = gradus::limit_instruction_set(set);
    CAPTURE(gradus::to_string(used));
    for (Index size = 0; size <= 40; ++size) {
      const std::size_t count = static_cast<std::size_t>(size);
      std::vector<S> x(count), y(count), z(count + 1, S(-77));
      for (std::size_t i = 0; i < count; ++i) x[i] = S(int(i * 7 % 11) - 5), y[i] = S(int(i * 5 % 7) - 3);
      dispatch<Combine>(static_cast<const S*>(x.data()), static_cast<const S*>(y.data()), z.data(), size);
      for (std::size_t i = 0; i < count; ++i) {
        const S low = std::min(x[i], y[i]), high = std::max(x[i], y[i]);
        CHECK(z[i] == (x[i] < y[i] ? high * 2 : (low * low - y[i]) * 2));
      }
      CHECK(z[count] == S(-77));
    }
  }
  gradus::limit_instruction_set(InstructionSet::avx512);
}

TEST_CASE_TEMPLATE("Pack: sums, maxima and masks cover every lane", S, float, double) {
  for (const InstructionSet set : all_sets) {
    gradus::limit_instruction_set(set);
    for (int place = 0; place < 16; ++place) {
      std::array<S, 16> x{};
      S sums = -1, largest = -1;
      bool negative = false;
      int lanes = 0;
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = S(1 << i % 8);
      x[static_cast<std::size_t>(place)] = 1000;
      dispatch<Reduce>(static_cast<const S*>(x.data()), &sums, &largest, &negative, &lanes);
      S expected = 0;
      for (int i = 0; i < lanes; ++i) expected += x[static_cast<std::size_t>(i)];
      CHECK(sums == expected);
      CHECK((largest == 1000) == (place < lanes));
      CHECK_FALSE(negative);
      x[static_cast<std::size_t>(place)] = -1;
      dispatch<Reduce>(static_cast<const S*>(x.data()), &sums, &largest, &negative, &lanes);
      CHECK(negative == (place < lanes));
    }
  }
  gradus::limit_instruction_set(InstructionSet::avx512);
}
