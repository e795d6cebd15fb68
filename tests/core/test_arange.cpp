// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>

namespace {

using gradus::ArgumentError;
using gradus::Index;
using gradus::Tensor;

}  // namespace

TEST_CASE_TEMPLATE("arange: exact up to the limits of every integer type", Scalar, std::int8_t, std::uint8_t,
                   std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t) {
  using Limits = std::numeric_limits<Scalar>;
  const Scalar most = Limits::max(), least = Limits::min(), three = 3;
  const auto below = [&](int n) { return static_cast<Scalar>(most - static_cast<Scalar>(n)); };
  CHECK(Tensor<Scalar>::arange(below(3), most) == Tensor<Scalar>{below(3), below(2), below(1)});
  CHECK(Tensor<Scalar>::arange(below(6), most, three) == Tensor<Scalar>{below(6), below(3)});
  CHECK(Tensor<Scalar>::arange(below(7), most, three) == Tensor<Scalar>{below(7), below(4), below(1)});
  CHECK(Tensor<Scalar>::arange(below(1), most, most) == Tensor<Scalar>{below(1)});
  CHECK(Tensor<Scalar>::arange(most, most).empty());
  CHECK(Tensor<Scalar>::arange(most, least).empty());
  CHECK(
      Tensor<Scalar>::arange(least, most, most) ==
      (Limits::is_signed ? Tensor<Scalar>{least, static_cast<Scalar>(-1), below(1)} : Tensor<Scalar>{least}));
  if constexpr (Limits::is_signed) {
    const Scalar minus_two = -2;
    CHECK(Tensor<Scalar>::arange(static_cast<Scalar>(least + 4), least, minus_two) ==
          Tensor<Scalar>{static_cast<Scalar>(least + 4), static_cast<Scalar>(least + 2)});
    CHECK(Tensor<Scalar>::arange(most, least, least) == Tensor<Scalar>{most, static_cast<Scalar>(-1)});
    CHECK(Tensor<Scalar>::arange(static_cast<Scalar>(-1), least, least) ==
          Tensor<Scalar>{static_cast<Scalar>(-1)});
  }
}

TEST_CASE("arange: beyond 2^53 no element is added and none is rounded") {
  const std::int64_t begin = std::int64_t{1} << 53;
  CHECK(Tensor<std::int64_t>::arange(begin, begin + 3) == Tensor<std::int64_t>{begin, begin + 1, begin + 2});
  CHECK(Tensor<std::int64_t>::arange(begin + 1, begin + 2) == Tensor<std::int64_t>{begin + 1});
  const Index step = Index{1} << 61;
  CHECK(Tensor<Index>::arange(-step - 1, 2 * step, step) ==
        Tensor<Index>{-step - 1, -1, step - 1, 2 * step - 1});
  CHECK(Tensor<float>::arange(16777216, 16777220) ==
        Tensor<float>{16777216, 16777216, 16777218, 16777220});  // rounded to the nearest float
}

TEST_CASE("arange: a length that no tensor can have is an error") {
  using Limits = std::numeric_limits<std::int64_t>;
  CHECK_THROWS_AS(Tensor<std::int64_t>::arange(Limits::min(), Limits::max()), ArgumentError);
  CHECK_THROWS_AS(Tensor<std::int64_t>::arange(Limits::max(), Limits::min(), -1), ArgumentError);
  CHECK_THROWS_AS(Tensor<std::uint64_t>::arange(std::uint64_t{1} << 63), ArgumentError);
  CHECK_THROWS_AS(Tensor<double>::arange(0, 0x1p63), ArgumentError);
  CHECK_THROWS_WITH_AS(
      Tensor<double>::arange(0, 1, 1e-300),
      "arange: begin is 0, end is 1 and step is 1e-300, expected finite numbers that give at most "
      "9223372036854775807 elements",
      ArgumentError);
  CHECK_THROWS_AS(Tensor<int>::arange(0, 1, 0), ArgumentError);
}

TEST_CASE_TEMPLATE("arange: non-finite arguments are errors, the largest finite ones are not", Scalar, float,
                   double) {
  using Limits = std::numeric_limits<Scalar>;
  const Scalar inf = Limits::infinity(), nan = Limits::quiet_NaN(), most = Limits::max();
  for (const Scalar bad : {inf, -inf, nan}) {
    CHECK_THROWS_AS(Tensor<Scalar>::arange(0, bad), ArgumentError);
    CHECK_THROWS_AS(Tensor<Scalar>::arange(bad, 0), ArgumentError);
    CHECK_THROWS_AS(Tensor<Scalar>::arange(0, 1, bad), ArgumentError);
  }
  CHECK(Tensor<Scalar>::arange(-most, most, most) == Tensor<Scalar>{-most, 0});
  CHECK(Tensor<Scalar>::arange(most, -most, -most) == Tensor<Scalar>{most, 0});
  CHECK(Tensor<Scalar>::arange(0, Limits::denorm_min(), most) == Tensor<Scalar>{0});
  CHECK(Tensor<Scalar>::arange(0, 1, most) == Tensor<Scalar>{0});
}
