// SPDX-License-Identifier: MIT

#include <type_traits>

#include <doctest/doctest.h>

#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/wide_sum.hpp>

#include "../../support/instruction_sets.hpp"

namespace simd = gradus::simd;
using gradus::Index;

namespace {

static_assert(std::is_same_v<simd::Wide<float>, double> && std::is_same_v<simd::Wide<double>, double>);
static_assert(std::is_same_v<simd::Wide<int>, int>);
static_assert(!simd::is_corrected<float> && simd::is_corrected<double> && !simd::is_corrected<int>);

/// Adds packs of 16 terms to 16 sums.
struct AddPacks {
  template <class Isa, class T>
  [[gnu::always_inline]] static void run(const T* x, Index packs, simd::Wide<T>* sums,
                                         simd::Wide<T>* errors) {
    constexpr int lanes = Isa::template lanes<T>;
    for (Index i = 0; i < packs; ++i)
      for (int lane = 0; lane < 16; lane += lanes)
        simd::add_wide<Isa>(simd::load<T, lanes>(x + 16 * i + lane), sums + lane, errors + lane);
  }
};

}  // namespace

TEST_CASE("add_corrected: the sum and the error together are exact") {
  double sum = 1, error = 0;
  for (int i = 0; i < 1000; ++i) simd::add_corrected(sum, error, 0x1p-60);
  CHECK(sum == 1);
  CHECK(error == 1000 * 0x1p-60);
  simd::add_corrected(sum, error, 0x1p70);
  simd::add_corrected(sum, error, -0x1p70);
  CHECK(sum + error == 1 + 1000 * 0x1p-60);
}

TEST_CASE_TEMPLATE("add_wide: adds each lane to its own sum without loss", T, float, double) {
  gradus::test::for_each_instruction_set([] {
    // 1 and small terms that a sum in T would drop
    constexpr Index packs = 64;
    const T small = sizeof(T) == 4 ? T(0x1p-30) : T(0x1p-58);
    T x[16 * packs];
    for (int i = 0; i < 16 * packs; ++i) x[i] = i < 16 ? T(i + 1) : small * T(i % 16 + 1);
    simd::Wide<T> sums[16] = {}, errors[16] = {};
    simd::dispatch<AddPacks>(static_cast<const T*>(x), packs, static_cast<simd::Wide<T>*>(sums),
                             static_cast<simd::Wide<T>*>(errors));
    for (int lane = 0; lane < 16; ++lane) {
      const simd::Wide<T> k = lane + 1, rest = (packs - 1) * simd::Wide<T>(small) * k;
      CHECK((sums[lane] - k) + errors[lane] == rest);
    }
  });
}
