// SPDX-License-Identifier: MIT

#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/sum_map.hpp>

#include "../../support/instruction_sets.hpp"

using gradus::Index;
namespace simd = gradus::simd;

namespace {

struct Same {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return x;
  }
};
struct Product {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& y) const {
    return x * y;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("sum_map: adds every term once", S, float, double) {
  gradus::test::for_each_instruction_set([] {
    for (std::size_t size = 0; size < 600; size += size < 70 ? 1 : 53) {
      std::vector<S> x(size), y(size);
      double expected = 0;
      for (std::size_t i = 0; i < size; ++i) {
        x[i] = S(i % 7) - 2, y[i] = S(i % 5);
        expected += double(x[i] * y[i]);
      }
      CHECK(simd::sum_map(Product{}, Index(size), x.data(), y.data()) == expected);
    }
  });
}

TEST_CASE("sum_map: the error does not grow with the length, and sums beyond float do not overflow") {
  gradus::test::for_each_instruction_set([] {
    const std::vector<float> tenths(1'000'001, 0.1f), large(100, std::numeric_limits<float>::max());
    const auto sum = [](const std::vector<float>& x) {
      return simd::sum_map(Same{}, Index(x.size()), x.data());
    };
    CHECK(sum(tenths) == doctest::Approx(double(0.1f) * 1'000'001).epsilon(5e-7));
    CHECK(sum(large) == doctest::Approx(100 * double(std::numeric_limits<float>::max())).epsilon(1e-7));
  });
}
