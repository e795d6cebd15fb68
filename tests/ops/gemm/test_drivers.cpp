// SPDX-License-Identifier: MIT

#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/ops/gemm/drivers.hpp>

#include "../../support/instruction_sets.hpp"
#include "gemm_reference.hpp"

using gradus::Index;
using gradus::MatrixView;
namespace detail = gradus::ops::detail;
namespace test = gradus::test;
using test::Layout;

namespace {

template <class S>
auto by_panels(bool pack_b) {
  return [pack_b](MatrixView<const S> a, MatrixView<const S> b, MatrixView<S> c, bool accumulate) {
    std::vector<S> memory(static_cast<std::size_t>(detail::GemmWorkspace<S>::size));
    detail::PanelDriver<S>(a, b, c, pack_b, detail::GemmWorkspace<S>(memory.data())).multiply(accumulate);
  };
}

struct Sizes {
  Index rows, terms, columns;
};

/// Sizes around the edges of tiles, and one with more terms than a block.
template <class S>
std::vector<Sizes> sizes() {
  const Index n = test::lanes<S>();
  return {{1, 1, 1},
          {n, 3, n},
          {n + 1, 33, n - 1},
          {3 * n + 2, 31, 6 * n + 1},
          {5, detail::block_depth + 7, 3 * n}};
}

}  // namespace

TEST_CASE("even_part: gives the fewest equal parts, each except the last a multiple of the grain") {
  for (Index total = 1; total <= 100; ++total)
    for (const Index limit : {1, 3, 8, 64})
      for (const Index grain : {1, 2, 8}) {
        const Index part = detail::even_part(total, limit, grain), parts = (total + limit - 1) / limit;
        CAPTURE(total);
        CHECK(part % grain == 0);
        CHECK(part * parts >= total);
        CHECK((part - grain) * parts < total);
      }
}

TEST_CASE_TEMPLATE("PanelDriver: integers are exact, with b packed or in place, for all layouts", S, float,
                   double) {
  test::for_each_instruction_set([] {
    for (const Sizes& size : sizes<S>()) {
      const Index rows = size.rows, terms = size.terms, columns = size.columns;
      if (columns < 1) continue;
      CAPTURE(rows);
      CAPTURE(columns);
      for (const Layout layout : test::all_layouts) {
        CHECK(test::multiplies<S>(rows, terms, columns, layout, layout, layout, by_panels<S>(true)));
        CHECK(test::multiplies<S>(rows, terms, columns, layout, Layout::row_major, layout,
                                  by_panels<S>(false)));
      }
    }
  });
}

TEST_CASE_TEMPLATE("multiply_rows: handles any number of rows and terms, including blocks of both", S, float,
                   double) {
  test::for_each_instruction_set([] {
    for (const Sizes& size :
         std::vector<Sizes>{{1, 1, 1}, {1, 40, 5}, {2, 17, 513}, {3, 16, 512}, {5, 9, 33}}) {
      const Index rows = size.rows, terms = size.terms, columns = size.columns;
      CAPTURE(rows);
      for (const Layout layout : test::all_layouts)
        CHECK(test::multiplies<S>(rows, terms, columns, layout, Layout::row_major, Layout::row_major,
                                  detail::multiply_rows<S>));
    }
  });
}

TEST_CASE_TEMPLATE("multiply_dots: handles any number of rows and columns, and more terms than a block", S,
                   float, double) {
  test::for_each_instruction_set([] {
    const Index lanes = detail::dot_lanes<S>;
    for (const Sizes& size : std::vector<Sizes>{
             {1, lanes, 1}, {1, lanes + 1, 9}, {2, 50, 7}, {7, 33, 5}, {16, 800, 3}, {1, 33'000, 2}}) {
      const Index rows = size.rows, terms = size.terms, columns = size.columns;
      CAPTURE(rows);
      CAPTURE(terms);
      for (const Layout layout : test::all_layouts)
        CHECK(test::multiplies<S>(rows, terms, columns, Layout::row_major, Layout::column_major, layout,
                                  detail::multiply_dots<S>));
    }
  });
}
