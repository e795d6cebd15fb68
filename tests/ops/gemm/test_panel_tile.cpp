// SPDX-License-Identifier: MIT

#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/ops/gemm/kernels.hpp>
#include <gradus/ops/gemm/pack_strips.hpp>
#include <gradus/ops/gemm/panel_tile.hpp>

#include "../../support/instruction_sets.hpp"
#include "gemm_reference.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::MatrixView;
using gradus::Shape;
using gradus::Tensor;
namespace detail = gradus::ops::detail;
namespace simd = gradus::simd;
namespace test = gradus::test;

namespace {

/// Multiplies `Rows` rows by `panels` panels of `Packs` packs, whose rows are contiguous in b.
template <class S, int Rows, int Packs>
bool tile_multiplies(Index terms, Index panels) {
  const Index n = test::lanes<S>(), columns = panels * Packs * n;
  if (Rows > n) return true;  // a strip does not have that many rows
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

TEST_CASE_TEMPLATE("PanelTile: computes every term once, over adjacent panels", S, float, double) {
  test::for_each_instruction_set([] {
    for (const Index terms : {1, 2, 3, 50}) {
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

TEST_CASE_TEMPLATE("PanelTile: a packed strip and rows in place give the same sums, bit for bit", S, float,
                   double) {
  Generator random(1);
  const auto& kernels = detail::kernels<S>();
  for (const Index depth : {Index{1}, Index{5}, detail::block_depth})
    for (Index rows = 1; rows <= kernels.tile_rows; ++rows)
      for (Index packs = 1; packs <= kernels.tile_packs; ++packs) {
        CAPTURE(depth);
        CAPTURE(rows);
        CAPTURE(packs);
        const Index columns = packs * kernels.lanes;
        const auto a = Tensor<S>::randn(Shape{rows, depth + 3}, random);
        const auto b = Tensor<S>::randn(Shape{depth, columns}, random);
        Tensor<S> in_place = Tensor<S>::randn(Shape{rows, columns}, random), packed = in_place,
                  expected = in_place;
        const MatrixView<const S> a_rows(a.data(), rows, depth, depth + 3, 1);
        const detail::PanelView<S> panel{b.data(), columns, kernels.lanes};
        const auto tile = kernels.panel_tiles.at(static_cast<std::size_t>(packs - 1))
                              .at(static_cast<std::size_t>(rows - 1));

        std::vector<S> strip(static_cast<std::size_t>(detail::strip_stride<S>(kernels.lanes)));
        kernels.pack_strips(a_rows, strip.data());
        tile(MatrixView<const S>(strip.data(), rows, depth, 1, kernels.lanes), panel,
             MatrixView<S>(packed.data(), rows, columns), true);
        tile(a_rows, panel, MatrixView<S>(in_place.data(), rows, columns), true);
        CHECK(in_place == packed);

        expected.matrix() += a.matrix().leftCols(depth) * b.matrix();
        CHECK(allclose(in_place, expected, S(1e-4), S(1e-4)));
        tile(a_rows, panel, MatrixView<S>(in_place.data(), rows, columns), false);
        expected.matrix() = a.matrix().leftCols(depth) * b.matrix();
        CHECK(allclose(in_place, expected, S(1e-4), S(1e-4)));
      }
}

TEST_CASE("PanelTile: one call computes several adjacent panels") {
  Generator random(2);
  const auto& kernels = detail::kernels<float>();
  const Index width = kernels.lanes * kernels.tile_packs, columns = 3 * width, rows = kernels.tile_rows,
              depth = 7;
  const auto a = Tensor<float>::randn(Shape{rows, depth}, random);
  const auto b = Tensor<float>::randn(Shape{depth, columns}, random);
  Tensor<float> c(Shape{rows, columns});
  kernels.panel_tiles.at(static_cast<std::size_t>(kernels.tile_packs - 1))
      .at(static_cast<std::size_t>(rows - 1))(MatrixView<const float>(a.data(), rows, depth, depth, 1),
                                              {b.data(), columns, kernels.lanes},
                                              MatrixView<float>(c.data(), rows, columns), false);
  const Tensor<float> expected = a.matrix() * b.matrix();
  CHECK(allclose(c, expected, 1e-4f, 1e-4f));
}
