// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/detail/sum.hpp>

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
double relative_error(Scalar got, long double expected) {
  return static_cast<double>(std::abs(static_cast<long double>(got) / expected - 1));
}

}  // namespace

TEST_SUITE("sum") {
  TEST_CASE_TEMPLATE("sum: integers are summed exactly, at every length around the blocks", Scalar, float,
                     double) {
    std::vector<Scalar> x;
    Index expected = 0;
    for (Index count = 0; count <= 600; ++count) {
      CAPTURE(count);
      REQUIRE(detail::sum(x.data(), count) == static_cast<Scalar>(expected));
      expected += (count * 37) % 101;
      x.push_back(static_cast<Scalar>((count * 37) % 101));
    }
  }

  TEST_CASE("sum: ten million equal numbers are accurate to 1e-6 in float and to the last digits in double") {
    const Index count = 10'000'000;
    for (const float number : {0.1f, 0.3f, -0.7f, 1 / 3.0f}) {
      const auto x = Tensor<float>::full({count}, number);
      const auto exact = static_cast<long double>(number) * static_cast<long double>(count);
      CHECK(relative_error(static_cast<float>(detail::sum(x.data(), count)), exact) <= 3e-7);
    }
    const auto x = Tensor<double>::full({count}, 0.1);
    CHECK(relative_error(detail::sum(x.data(), count), 0.1L * static_cast<long double>(count)) <= 1e-15);
  }

  TEST_CASE("sum: doubles that cancel lose no more than the rounding of their blocks") {
    Tensor<double> x(Shape{16'384});
    Generator random(1);
    for (double& number : x) number = random.uniform(0.0, 1.0);
    const Index last = x.size() - 256;
    for (Index i = 0; i < 256; i += 16)
      x.data()[i] = x.data()[last + i] = 0;  // so that the blocks consist of large numbers
    long double exact = 0;
    for (const double number : x) exact += number;
    x.data()[0] = 1e16;
    x.data()[last] = -1e16;
    CHECK(relative_error(detail::sum(x.data(), x.size()), exact) <= 1e-15);
  }

  TEST_CASE("sum: numbers added one by one keep their digits") {
    CHECK(relative_error(detail::sum_terms<double>(10'000'000, [](Index) { return 0.1; }), 1e6L) <= 1e-15);
    CHECK(relative_error(detail::sum_terms<float>(10'000'000, [](Index) { return 0.1f; }),
                         static_cast<long double>(0.1f) * 1e7L) <= 1e-9);
  }

  TEST_CASE_TEMPLATE("sum: does not depend on the address", Scalar, float, double) {
    Generator random(2);
    const Tensor<Scalar> x = Tensor<Scalar>::randn({1000}, random);
    Tensor<Scalar> memory(Shape{1100});
    for (Index shift = 0; shift < 32; ++shift) {
      std::copy_n(x.data(), 1000, memory.data() + shift);
      CHECK(detail::sum(memory.data() + shift, 1000) == detail::sum(x.data(), 1000));
    }
  }

  TEST_CASE_TEMPLATE("sum: NaN and infinities propagate from every position", Scalar, float, double) {
    for (const Index count : {1, 5, 31, 32, 33, 300}) {
      for (Index at = 0; at < count; ++at) {
        std::vector<Scalar> x(static_cast<std::size_t>(count), Scalar{1});
        Scalar& number = x[static_cast<std::size_t>(at)];
        number = test::not_a_number<Scalar>;
        REQUIRE(std::isnan(detail::sum(x.data(), count)));
        number = -test::infinity<Scalar>;
        REQUIRE(detail::sum(x.data(), count) == -test::infinity<Scalar>);
        x.push_back(test::infinity<Scalar>);
        REQUIRE(std::isnan(detail::sum(x.data(), count + 1)));
      }
    }
  }

  TEST_CASE("sum: doubles that overflow give infinity, not NaN; floats do not overflow") {
    const auto x = Tensor<double>::full({700}, test::largest<double>);
    CHECK(detail::sum(x.data(), x.size()) == test::infinity<double>);
    Tensor<float> y = Tensor<float>::full({700}, test::largest<float>);
    CHECK(detail::sum(y.data(), y.size()) == 700 * double{test::largest<float>});
    for (Index i = 0; i < 350; ++i) y.data()[i] = -test::largest<float>;
    CHECK(detail::sum(y.data(), y.size()) == 0);
  }

  TEST_CASE_TEMPLATE("sum: every instruction set gives the same bits", Scalar, float, double) {
    Generator random(3);
    for (const Index count : {1, 15, 17, 100, 255, 1000, 12'345}) {
      const Tensor<Scalar> x = Tensor<Scalar>::randn({count}, random);
      const auto expected = detail::sum(x.data(), count);
      test::for_each_instruction_set([&] { CHECK(detail::sum(x.data(), count) == expected); });
    }
  }
}
