// SPDX-License-Identifier: MIT

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/sum_packs.hpp>

using gradus::Index;
namespace simd = gradus::simd;

namespace {

template <int N>
struct Elements {
  const float* from;
  [[gnu::always_inline]] simd::Pack<float, N> operator()(Index i) const {
    return simd::load<float, N>(from + i);
  }
};

template <int N>
double sum(const float* x, Index size) {
  return simd::detail::sum_packs<N, float>(size, Elements<N>{x});
}

}  // namespace

TEST_CASE("sum_packs: adds every pack, across the boundaries of partial sums") {
  std::array<float, 4 * 80> x{};
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  for (const Index packs : {0, 1, 3, 4, 5, 15, 16, 17, 40, 63, 64, 65, 80}) {
    const Index size = 4 * packs;
    CHECK(sum<4>(x.data(), size) == static_cast<double>(size * (size - 1) / 2));
  }
}

TEST_CASE("sum_packs: packs of every width give the same bits") {
  std::vector<float> x(16 * 40);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(std::sin(1.0 + static_cast<double>(i)));
  for (const Index packs : {1, 2, 16, 17, 40}) {
    const Index size = 16 * packs;
    CHECK(sum<4>(x.data(), size) == sum<16>(x.data(), size));
    CHECK(sum<8>(x.data(), size) == sum<16>(x.data(), size));
  }
}
