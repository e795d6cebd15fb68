// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/dispatch.hpp>
#include <gradus/ops/gemm/dot_tile.hpp>

#include "../../support/instruction_sets.hpp"

namespace {

using gradus::Index;
using gradus::MatrixView;
namespace detail = gradus::ops::detail;
namespace simd = gradus::simd;

/// Runs a kernel with packs as wide as those of `As`, compiled for any instruction set that has them.
template <class Kernel, class As>
struct WithWidth {
  template <class Isa, class... Arguments>
  [[gnu::always_inline]] static void run(const Arguments&... arguments) {
    if constexpr (As::template lanes<float> <= Isa::template lanes<float>)
      Kernel::template run<As>(arguments...);
  }
};

template <class S>
std::vector<S> waves(Index size, double phase) {
  std::vector<S> x(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<S>(std::sin(phase + static_cast<double>(i)));
  return x;
}

/// Returns the product of `rows` rows and one column, computed by a kernel with packs of As.
template <class Kernel, class As, class S>
std::vector<S> products(Index rows, Index depth) {
  const std::vector<S> a = waves<S>(rows * depth, 1), b = waves<S>(depth, 2);
  std::vector<S> c(static_cast<std::size_t>(rows), S(3));
  simd::dispatch<WithWidth<Kernel, As>>(MatrixView<const S>(a.data(), rows, depth, depth, 1),
                                        MatrixView<const S>(b.data(), depth, 1, 1, depth),
                                        MatrixView<S>(c.data(), rows, 1, 1, 1), true);
  return c;
}

/// Returns the products computed one element at a time. Checks that packs of every width that the instruction
/// set in use supports give the same bits.
template <class Kernel, class S>
std::vector<S> same_products(Index rows, Index depth) {
  const std::vector<S> one_by_one = products<Kernel, simd::Portable, S>(rows, depth);
  const Index lanes = gradus::test::lanes<float>();
  if (lanes >= 4) CHECK(products<Kernel, simd::Sse2, S>(rows, depth) == one_by_one);
  if (lanes >= 8) CHECK(products<Kernel, simd::Avx2, S>(rows, depth) == one_by_one);
  if (lanes >= 16) CHECK(products<Kernel, simd::Avx512, S>(rows, depth) == one_by_one);
  return one_by_one;
}

}  // namespace

TEST_CASE_TEMPLATE("DotTile, SingleRow: packs of every width give the same bits", S, float, double) {
  const Index lanes = detail::dot_lanes<S>;
  for (const Index depth : {lanes, lanes + 1, 2 * lanes - 1, 4 * lanes, 5 * lanes + 3, Index{784}}) {
    CAPTURE(depth);
    const std::vector<S> tile = same_products<detail::DotTile<3>, S>(3, depth);
    const std::vector<S> row = same_products<detail::SingleRow, S>(1, depth);
    for (Index i = 0; i < 3; ++i) {
      const std::vector<S> a = waves<S>(3 * depth, 1), b = waves<S>(depth, 2);
      double expected = 3;
      for (Index k = 0; k < depth; ++k)
        expected +=
            double{a[static_cast<std::size_t>(i * depth + k)]} * double{b[static_cast<std::size_t>(k)]};
      CHECK(tile[static_cast<std::size_t>(i)] == doctest::Approx(expected).epsilon(1e-5));
      if (i == 0) CHECK(row[0] == doctest::Approx(expected).epsilon(1e-5));
    }
  }
}
