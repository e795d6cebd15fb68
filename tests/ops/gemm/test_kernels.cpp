// SPDX-License-Identifier: MIT

#include <cstddef>

#include <doctest/doctest.h>

#include <gradus/ops/gemm/kernels.hpp>

#include "../../support/instruction_sets.hpp"
#include "gemm_reference.hpp"

using gradus::Index;
using gradus::MatrixView;
namespace detail = gradus::ops::detail;
namespace test = gradus::test;

TEST_CASE_TEMPLATE("kernels: exist for each tile size up to the largest of the instruction set in use", S,
                   float, double) {
  test::for_each_instruction_set([] {
    const detail::Kernels<S>& kernels = detail::kernels<S>();
    CHECK(kernels.lanes == test::lanes<S>());
    for (int packs = 1; packs <= detail::Kernels<S>::most_packs; ++packs)
      for (int rows = 1; rows <= detail::Kernels<S>::most_rows; ++rows) {
        const bool exists = packs <= kernels.tile_packs && rows <= kernels.tile_rows;
        const auto panels = kernels.panel_tiles[packs - 1];
        CHECK((panels[rows - 1] != nullptr) == exists);
      }
    for (int rows = 1; rows <= detail::Kernels<S>::most_rows; ++rows)
      CHECK((kernels.dot_tiles[rows - 1] != nullptr) == (rows <= kernels.dot_rows));
  });
}

TEST_CASE_TEMPLATE("kernels: the entry of a size computes a tile of that size", S, float, double) {
  using test::Layout;
  test::for_each_instruction_set([] {
    const detail::Kernels<S>& kernels = detail::kernels<S>();
    for (Index terms = 1; terms <= detail::row_terms; ++terms) {
      CAPTURE(terms);
      const auto tile = kernels.row_tiles[terms - 1];
      CHECK(test::multiplies<S>(1, terms, 21, Layout::row_major, Layout::row_major, Layout::row_major, tile));
    }
    for (Index rows = 1; rows <= kernels.dot_rows; ++rows) {
      CAPTURE(rows);
      const auto tile = kernels.dot_tiles[rows - 1];
      for (Index columns = 1; columns <= kernels.dot_columns; ++columns)
        CHECK(test::multiplies<S>(rows, 37, columns, Layout::row_major, Layout::column_major,
                                  Layout::scattered, tile));
    }
    CHECK(test::multiplies<S>(1, 37, 9, Layout::row_major, Layout::column_major, Layout::row_major,
                              kernels.single_row));
  });
}
