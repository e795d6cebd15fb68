// SPDX-License-Identifier: MIT

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/detail/column_sums.hpp>

#include "../../support/extremes.hpp"
#include "../../support/instruction_sets.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
namespace detail = gradus::ops::detail;
namespace test = gradus::test;

namespace {

template <class Scalar>
detail::MatrixTerm<Scalar> term(const Tensor<Scalar>& x) {
  return {x.data(), x.shape()[1]};
}

template <class Scalar>
Tensor<Scalar> column_sums(const Tensor<Scalar>& x) {
  Tensor<Scalar> sums(Shape{x.shape()[1]});
  const auto store = [&](Index j, auto sum) { sums(j) = static_cast<Scalar>(sum); };
  detail::sum_columns(x.shape()[0], x.shape()[1], store, term(x));
  return sums;
}

}  // namespace

TEST_SUITE("column sums") {
  TEST_CASE_TEMPLATE("sum_columns: integers are summed exactly, for every size around the blocks", Scalar,
                     float, double) {
    for (const Index rows : {0, 1, 7, 8, 9, 63, 64, 65, 200}) {
      for (const Index columns : {1, 3, 31, 32, 33, 1023, 1024, 1025, 2100}) {
        Tensor<Scalar> x(Shape{rows, columns}), expected(Shape{columns});
        for (Index i = 0; i < rows; ++i) {
          for (Index j = 0; j < columns; ++j) {
            x(i, j) = static_cast<Scalar>((i * 31 + j * 17) % 101);
            expected(j) += x(i, j);
          }
        }
        CAPTURE(rows);
        CAPTURE(columns);
        CHECK(column_sums(x) == expected);
        Tensor<Scalar> first(Shape{columns}), second(Shape{columns});
        Tensor<Scalar> doubled = x;
        doubled.array() *= 2;
        const auto store = [&](Index j, auto sum, auto other) {
          first(j) = static_cast<Scalar>(sum);
          second(j) = static_cast<Scalar>(other);
        };
        detail::sum_columns(rows, columns, store, term(x), term(doubled));
        CHECK(first == expected);
        CHECK((second.array() == 2 * expected.array()).all());
      }
    }
  }

  TEST_CASE("sum_columns: millions of equal rows are summed to 1e-6") {
    for (const Index columns : {1, 2, 5, 10, 32, 40}) {
      const Index rows = 10'000'000 / columns;
      const Tensor<float> sums = column_sums(Tensor<float>::full({rows, columns}, 0.1f));
      for (const float sum : sums)
        CHECK(std::abs(static_cast<double>(sum) / (double{0.1f} * static_cast<double>(rows)) - 1) <= 3e-7);
    }
    for (const double sum : column_sums(Tensor<double>::full({3'000'000, 3}, 0.1)))
      CHECK(std::abs(sum / 3e5 - 1) <= 1e-15);
  }

  TEST_CASE_TEMPLATE("sum_columns: NaN affects only its column, in every row", Scalar, float, double) {
    for (Index at = 0; at < 70; ++at) {
      Tensor<Scalar> x = Tensor<Scalar>::ones({70, 37});
      x(at, at / 2) = test::not_a_number<Scalar>;
      const Tensor<Scalar> sums = column_sums(x);
      for (Index j = 0; j < 37; ++j) REQUIRE(std::isnan(sums(j)) == (j == at / 2));
    }
  }

  TEST_CASE("sum_columns: floats do not overflow before their sum does") {
    Tensor<float> x = Tensor<float>::full({100, 37}, test::largest<float>);
    for (Index i = 0; i < 100; ++i) x(i, 5) = i < 50 ? test::largest<float> : -test::largest<float>;
    detail::sum_columns(
        100, 37,
        [&](Index j, double sum) { CHECK(sum == (j == 5 ? 0 : 100 * double{test::largest<float>})); },
        term(x));
  }

  TEST_CASE_TEMPLATE("sum_columns: every instruction set gives the same sums", Scalar, float, double) {
    Generator random(3);
    for (const Index columns : {1, 7, 37, 100}) {
      const Tensor<Scalar> x = Tensor<Scalar>::randn({1000, columns}, random), expected = column_sums(x);
      test::for_each_instruction_set([&] { CHECK(column_sums(x) == expected); });
    }
  }
}
