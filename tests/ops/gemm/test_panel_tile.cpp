// SPDX-License-Identifier: MIT

#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/dispatch.hpp>
#include <gradus/ops/gemm/panel_tile.hpp>

#include "../../support/instruction_sets.hpp"
#include "gemm_reference.hpp"

using gradus::Index;
using gradus::MatrixView;
namespace detail = gradus::ops::detail;
namespace simd = gradus::simd;
namespace test = gradus::test;

namespace {

/// Multiplies `Rows` rows by `panels` panels of `Packs` packs, whose rows are contiguous in b.
template <class S, int Rows, int Packs>
bool tile_multiplies(Index terms, Index panels) {
  const Index n = test::lanes<S>(), columns = panels * Packs * n;
  if (Rows > n) return true;  // a strip has no room for so many
  const auto multiply = [&](MatrixView<const S> a, MatrixView<const S> b, MatrixView<S> c, bool accumulate) {
    std::vector<S> strip(static_cast<std::size_t>(terms * n + Rows), S(0));
    for (Index k = 0; k < terms; ++k)
      for (Index i = 0; i < Rows; ++i) strip[static_cast<std::size_t>(k * n + i)] = a(i, k);
    const MatrixView<const S> rows(strip.data(), Rows, terms, 1, n);
    simd::dispatch<detail::PanelTile<Rows, Packs>>(rows, detail::PanelView<S>{b.data, b.row_stride, n}, c,
                                                   accumulate);
  };
  return test::multiplies<S>(Rows, terms, columns, test::Layout::row_major, test::Layout::row_major,
                             test::Layout::row_major, multiply);
}

}  // namespace

TEST_CASE_TEMPLATE("PanelTile: every term once, over panels side by side", S, float, double) {
  test::for_each_instruction_set([] {
    for (const Index terms : {0, 1, 2, 3, 50}) {
      for (const Index panels : {1, 2, 3}) {
        CAPTURE(terms);
        CAPTURE(panels);
        CHECK(tile_multiplies<S, 1, 1>(terms, panels));
        CHECK(tile_multiplies<S, 2, 1>(terms, panels));
        CHECK(tile_multiplies<S, 2, 2>(terms, panels));
        CHECK(tile_multiplies<S, 1, 3>(terms, panels));
      }
    }
  });
}

TEST_CASE_TEMPLATE("tile_rows, tile_packs: the sums and the operands fit into the registers", S, float,
                   double) {
  const auto check = []<class Isa>(Isa) {
    constexpr int rows = detail::tile_rows<Isa, S>, packs = detail::tile_packs<Isa, S>;
    CHECK(rows >= 1);
    CHECK(rows <= Isa::template lanes<S>);  // a strip has as many rows as a pack has lanes
    CHECK(rows * packs + packs + 1 <= Isa::registers);
  };
  check(simd::Portable{});
  check(simd::Sse2{});
  check(simd::Neon{});
  check(simd::Avx2{});
  check(simd::Avx512{});
}
