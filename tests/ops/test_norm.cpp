// SPDX-License-Identifier: MIT

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/norm.hpp>

#include "../support/extremes.hpp"

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
namespace ops = gradus::ops;
namespace test = gradus::test;

namespace {

template <class Scalar>
Scalar norm_of(const Tensor<Scalar>& x) {
  Tensor<Scalar> y(Shape{});
  ops::norm_to<Scalar>(x, y.view());
  return y.item();
}

template <class Scalar>
ops::ScaledNorm scaled_norm_of(const Tensor<Scalar>& x) {
  return ops::scaled_norm<Scalar>([&](const auto& f) { f(x.data(), x.size()); });
}

}  // namespace

TEST_SUITE("norm") {
  TEST_CASE_TEMPLATE("norm_to: is right for 3-4-5 triangles along every axis", Scalar, float, double) {
    const Tensor<Scalar> x{{{3, 0}, {4, 5}}, {{0, 8}, {0, 6}}};
    Tensor<Scalar> first(Shape{1, 2, 2}), middle(Shape{2, 1, 2}), last(Shape{2, 2, 1}), all(Shape{1, 1, 1});
    ops::norm_to<Scalar>(x, first.view());
    ops::norm_to<Scalar>(x, middle.view());
    ops::norm_to<Scalar>(x, last.view());
    ops::norm_to<Scalar>(x, all.view());
    CHECK(first(0, 0, 0) == 3);
    CHECK(first(0, 0, 1) == 8);
    CHECK(middle == Tensor<Scalar>{{{5, 5}}, {{0, 10}}});
    CHECK(last(1, 1, 0) == 6);
    CHECK(static_cast<double>(all(0, 0, 0)) == doctest::Approx(std::sqrt(150.0)).epsilon(1e-7));
    Tensor<Scalar> wrong(Shape{3});
    CHECK_THROWS_AS(ops::norm_to<Scalar>(x, wrong.view()), ShapeError);
  }

  TEST_CASE_TEMPLATE("norm_to: NaN at every position, alone or next to an infinity, makes the norm NaN",
                     Scalar, float, double) {
    for (const Index count : {1, 4, 9, 33, 300}) {
      for (Index at = 0; at < count; ++at) {
        for (const Scalar others : {Scalar{0}, Scalar{3}, test::largest<Scalar>, test::infinity<Scalar>,
                                    std::numeric_limits<Scalar>::denorm_min()}) {
          auto x = Tensor<Scalar>::full({count}, others);
          x(at) = test::not_a_number<Scalar>;
          REQUIRE(std::isnan(norm_of(x)));
          REQUIRE(std::isnan(scaled_norm_of(x).norm()));
        }
        Tensor<Scalar> x(Shape{count});
        x(at) = -test::infinity<Scalar>;
        REQUIRE(norm_of(x) == test::infinity<Scalar>);
        REQUIRE(scaled_norm_of(x).norm() == test::infinity<double>);
      }
    }
  }

  TEST_CASE_TEMPLATE("norm_to: is accurate for numbers whose squares overflow or underflow", Scalar, float,
                     double) {
    const Scalar tiny = std::numeric_limits<Scalar>::denorm_min(), small = std::numeric_limits<Scalar>::min(),
                 large = test::largest<Scalar> / 8;
    for (const Scalar unit : {tiny, 1000 * tiny, small, Scalar(1e-20), Scalar(1), Scalar(1e20), large}) {
      CAPTURE(unit);
      const Tensor<Scalar> x{3 * unit, 0, -4 * unit};
      CHECK(static_cast<double>(norm_of(x) / unit) == doctest::Approx(5).epsilon(1e-7));
      CHECK(scaled_norm_of(x).norm() / static_cast<double>(unit) ==
            doctest::Approx(5).epsilon(2 * double{test::epsilon<Scalar>}));
    }
    CHECK(norm_of(Tensor<Scalar>(Shape{5})) == 0);
    CHECK(norm_of(Tensor<Scalar>(Shape{0})) == 0);
  }

  TEST_CASE("norm_to: large and small rows do not affect each other") {
    const Tensor<double> x{{3e300, 4e300}, {3e-320, 4e-320}, {3, 4}, {0, 0}, {test::infinity<double>, 1e300}};
    Tensor<double> rows(Shape{5, 1});
    ops::norm_to<double>(x, rows.view());
    CHECK(rows(0, 0) == doctest::Approx(5e300).epsilon(1e-15));
    CHECK(rows(1, 0) / 5e-320 == doctest::Approx(1).epsilon(1e-3));  // subnormal numbers have few digits
    CHECK(rows(2, 0) == 5);
    CHECK(rows(3, 0) == 0);
    CHECK(rows(4, 0) == test::infinity<double>);
  }

  TEST_CASE("norm_to: a norm beyond the largest double keeps its digits") {
    const ops::ScaledNorm norm = scaled_norm_of(Tensor<double>{1.5e308, -1.5e308});
    CHECK(norm.norm() == test::infinity<double>);
    CHECK(std::ldexp(norm.value, norm.exponent - 10) ==
          doctest::Approx(1.5e308 / 1024 * std::sqrt(2.0)).epsilon(1e-15));
    CHECK(scaled_norm_of(Tensor<float>{3e38f, 3e38f}).norm() == doctest::Approx(4.2426406e38));
  }

  TEST_CASE("norm_to: ten million times 0.1f is accurate") {
    const auto x = Tensor<float>::full({10'000'000}, 0.1f);
    const double exact = double{0.1f} * std::sqrt(1e7);
    CHECK(std::abs(static_cast<double>(norm_of(x)) / exact - 1) <= 1e-7);
    CHECK(std::abs(scaled_norm_of(x).norm() / exact - 1) <= 1e-14);
  }
}
