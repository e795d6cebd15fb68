#include <array>
#include <cstddef>

#include <doctest/doctest.h>

#include <gradus/core/simd/sum_packs.hpp>

using gradus::Index;
namespace simd = gradus::simd;

namespace {

struct Elements {
  const float* from;
  [[gnu::always_inline]] simd::Pack<float, 4> operator()(Index i) const {
    return simd::load<float, 4>(from + i);
  }
};

}  // namespace

TEST_CASE("sum_packs: adds every pack, across the ends of partial sums") {
  std::array<float, 4 * 40> x{};
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  for (const Index packs : {0, 1, 15, 16, 17, 40}) {
    const Index size = 4 * packs;
    const auto total = simd::detail::sum_packs<4, float>(size, Elements{x.data()});
    CHECK(simd::sum(total) == static_cast<double>(size * (size - 1) / 2));
  }
}
