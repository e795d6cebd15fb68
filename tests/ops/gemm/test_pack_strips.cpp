// SPDX-License-Identifier: MIT

#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/dispatch.hpp>
#include <gradus/ops/gemm/pack_strips.hpp>

#include "../../support/instruction_sets.hpp"
#include "gemm_reference.hpp"

using gradus::Index;
using gradus::MatrixView;
namespace detail = gradus::ops::detail;
namespace test = gradus::test;

TEST_CASE_TEMPLATE("PackStrips: stores each strip column by column and fills missing rows with zeros", S,
                   float, double) {
  test::for_each_instruction_set([] {
    const Index n = test::lanes<S>(), stride = detail::strip_stride<S>(n);
    for (const test::Layout layout : test::all_layouts) {
      for (const Index rows : {Index{1}, n - 1, n, n + 1, 3 * n + 1}) {
        for (const Index columns : {Index{1}, n - 1, n, n + 1, detail::block_depth}) {
          if (rows == 0 || columns == 0) continue;
          CAPTURE(rows);
          CAPTURE(columns);
          const test::IntegerMatrix<S> m(rows, columns, layout, 1);
          const Index strips = (rows + n - 1) / n;
          std::vector<S> packed(static_cast<std::size_t>(strips * stride), S(-777));
          gradus::simd::dispatch<detail::PackStrips>(m.view(), packed.data());
          bool is_right = true;
          for (Index strip = 0; strip < strips; ++strip)
            for (Index k = 0; k < stride / n; ++k)
              for (Index r = 0; r < n; ++r) {
                const Index row = strip * n + r;
                const S expected = k >= columns ? S(-777) : row < rows ? m.view()(row, k) : S(0);
                is_right =
                    is_right && packed[static_cast<std::size_t>(strip * stride + k * n + r)] == expected;
              }
          CHECK(is_right);
        }
      }
    }
  });
}
