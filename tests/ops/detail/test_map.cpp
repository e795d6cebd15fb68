// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/core/simd/operators.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/ops/detail/map.hpp>

#include "../../support/instruction_sets.hpp"

using namespace gradus;

namespace {

struct AddTwice {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& z) const {
    return x + z + z;
  }
};

}  // namespace

TEST_CASE_TEMPLATE("map: computes every element of views of any shape and touches nothing else", S, float,
                   double) {
  test::for_each_instruction_set([] {
    const Index n = test::lanes<S>();
    for (const Index size : {Index{0}, Index{1}, n - 1, n, n + 1, 3 * n + 1}) {
      CAPTURE(size);
      Tensor<S> x = Tensor<S>::arange(0, static_cast<S>(2 * size)), y = Tensor<S>::full({2 * size + 2}, -7);
      const Tensor<S> z = Tensor<S>::full({2, size}, 10);
      ops::detail::map(AddTwice{}, TensorView<S>(y.data() + 1, {2, size}),
                       TensorView<const S>(x.data(), {2, size}), z.view());
      for (Index i = 0; i < 2 * size; ++i) CHECK(y(i + 1) == static_cast<S>(i + 20));
      CHECK(y(0) == -7);
      CHECK(y(2 * size + 1) == -7);
    }
  });
}
