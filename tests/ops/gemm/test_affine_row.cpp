// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/ops/affine.hpp>
#include <gradus/ops/gemm/affine_row.hpp>

#include "../../support/instruction_sets.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::MatrixView;
using gradus::Shape;
using gradus::Tensor;
namespace detail = gradus::ops::detail;
namespace ops = gradus::ops;
namespace simd = gradus::simd;

namespace {

/// Returns integers in memory that ends with the last element, so that tools detect reads past it.
template <class S>
std::vector<S> integers(Index size, Index factor) {
  std::vector<S> x(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<S>((static_cast<Index>(i) * factor) % 9 - 4);
  return x;
}

template <class S>
std::vector<S> affine_row(const std::vector<S>& x, const std::vector<S>& w, const S* bias) {
  const auto in = static_cast<Index>(x.size()), out = static_cast<Index>(w.size()) / in;
  std::vector<S> y(static_cast<std::size_t>(out), S(-777));
  simd::dispatch<detail::AffineRow>(x.data(), MatrixView<const S>(w.data(), out, in), bias, y.data());
  return y;
}

}  // namespace

TEST_CASE_TEMPLATE("AffineRow: computes every term once, for every row width and number of outputs", S, float,
                   double) {
  gradus::test::for_each_instruction_set([] {
    for (Index in = 1; in <= 50; ++in)
      for (Index out = 1; out <= 35; ++out) {
        const std::vector<S> x = integers<S>(in, 5), w = integers<S>(in * out, 7), bias = integers<S>(out, 4);
        std::vector<S> products(static_cast<std::size_t>(out)), sums = bias;
        for (Index j = 0; j < out; ++j) {
          for (Index k = 0; k < in; ++k)
            products[static_cast<std::size_t>(j)] +=
                w[static_cast<std::size_t>(j * in + k)] * x[static_cast<std::size_t>(k)];
          sums[static_cast<std::size_t>(j)] += products[static_cast<std::size_t>(j)];
        }
        CAPTURE(in);
        CAPTURE(out);
        CHECK(affine_row<S>(x, w, nullptr) == products);
        CHECK(affine_row(x, w, bias.data()) == sums);
      }
  });
}

TEST_CASE_TEMPLATE("AffineRow: infinity and NaN in one row reach no other output", S, float, double) {
  gradus::test::for_each_instruction_set([] {
    const Index out = 21;
    for (const Index in : {1, 3, 7, 8, 15, 16, 20})
      for (const S wild : {std::numeric_limits<S>::infinity(), std::numeric_limits<S>::quiet_NaN()})
        for (Index row = 0; row < out; ++row) {
          std::vector<S> x = integers<S>(in, 5), w = integers<S>(in * out, 7);
          x[0] = 1;
          w[static_cast<std::size_t>(row * in)] = wild;
          const std::vector<S> y = affine_row<S>(x, w, nullptr);
          for (Index j = 0; j < out; ++j) CHECK(std::isfinite(y[static_cast<std::size_t>(j)]) == (j != row));
        }
  });
}

TEST_CASE_TEMPLATE("affine: one sample gives the same bits as in a small batch", S, float, double) {
  Generator random(1);
  for (const Index in : {32, 45, 784})
    for (const Index out : {10, 37}) {
      const auto x = Tensor<S>::randn(Shape{3, in}, random), w = Tensor<S>::randn(Shape{out, in}, random),
                 bias = Tensor<S>::randn(Shape{out}, random);
      Tensor<S> together(Shape{3, out}), alone(Shape{1, out});
      ops::affine<S>(x, w, bias, together.view());
      for (Index i = 0; i < 3; ++i) {
        ops::affine<S>(x.slice(i, i + 1), w, bias, alone.view());
        CHECK(alone == Tensor<S>(together.slice(i, i + 1)));
      }
    }
}
