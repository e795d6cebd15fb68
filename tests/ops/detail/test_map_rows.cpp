// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/detail/map_rows.hpp>

#include "../../support/instruction_sets.hpp"

using namespace gradus;

namespace {

/// 100 i + weights[j], or 100 i + 3 if there are no weights.
template <class S>
struct Numbered {
  using Scalar = S;
  const S* weights;

  template <int N>
  [[gnu::always_inline]] simd::Pack<S, N> at(Index i, Index j) const {
    return simd::broadcast<S, N>(static_cast<S>(100 * i)) + ops::detail::load_or<N, S>(weights, j, S(3));
  }
};

}  // namespace

TEST_CASE_TEMPLATE("map_rows: computes every row and column once, also with null vectors", S, float, double) {
  test::for_each_instruction_set([] {
    const Index n = test::lanes<S>();
    for (const Index columns : {Index{0}, Index{1}, n - 1, n, n + 1, 2 * n + 3}) {
      for (const Index rows : {Index{0}, Index{1}, Index{3}}) {
        CAPTURE(rows);
        CAPTURE(columns);
        const Tensor<S> weights = Tensor<S>::arange(0, static_cast<S>(columns));
        for (const bool has_weights : {true, false}) {
          std::vector<S> y(static_cast<std::size_t>(rows * columns + 1), S(-7));
          ops::detail::map_rows(Numbered<S>{has_weights ? weights.data() : nullptr}, rows, columns, y.data());
          const S* at = y.data();
          for (Index i = 0; i < rows; ++i) {
            for (Index j = 0; j < columns; ++j)
              CHECK(*at++ == static_cast<S>(100 * i + (has_weights ? j : 3)));
          }
          CHECK(*at == -7);
        }
      }
    }
  });
}
