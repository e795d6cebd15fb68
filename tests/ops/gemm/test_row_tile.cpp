// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/core/simd/dispatch.hpp>
#include <gradus/ops/gemm/row_tile.hpp>

#include "../../support/instruction_sets.hpp"
#include "gemm_reference.hpp"

using gradus::Index;
using gradus::MatrixView;
namespace detail = gradus::ops::detail;
namespace test = gradus::test;

namespace {

template <class S, int Terms>
bool tile_multiplies(Index columns, test::Layout a_layout) {
  const auto multiply = [](MatrixView<const S> a, MatrixView<const S> b, MatrixView<S> c, bool accumulate) {
    gradus::simd::dispatch<detail::RowTile<Terms>>(a, b, c, accumulate);
  };
  return test::multiplies<S>(1, Terms, columns, a_layout, test::Layout::row_major, test::Layout::row_major,
                             multiply);
}

}  // namespace

TEST_CASE_TEMPLATE("RowTile: handles any number of columns, without reading or writing past them", S, float,
                   double) {
  test::for_each_instruction_set([] {
    const Index n = test::lanes<S>();
    for (const Index columns : {Index{1}, n - 1, n, n + 1, 2 * n, 3 * n + 1}) {
      if (columns == 0) continue;
      CAPTURE(columns);
      for (const test::Layout layout : test::all_layouts) {
        CHECK(tile_multiplies<S, 1>(columns, layout));
        CHECK(tile_multiplies<S, 3>(columns, layout));
        CHECK(tile_multiplies<S, detail::row_terms>(columns, layout));
      }
    }
  });
}
