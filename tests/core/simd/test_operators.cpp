// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <gradus/core/simd/operators.hpp>

using gradus::simd::Pack;
namespace simd = gradus::simd;

namespace {

template <class S>
struct Lanes {
  explicit Lanes(const Pack<S, 4>& x) { simd::store(at, x); }
  S at[4];
};

template <class S>
constexpr S numbers[] = {S(-6), S(-0.5), S(3), S(8)};

/// Checks an operation between packs and one number against the same operation on numbers.
template <class S, class F>
void check_operation(const F& f) {
  const Lanes<S> found(f(simd::load<S, 4>(numbers<S>)));
  for (int i = 0; i < 4; ++i) CHECK(found.at[i] == f(numbers<S>[i]));
}

}  // namespace

TEST_CASE_TEMPLATE("simd operators: a number on either side acts on every lane", S, float, double) {
  check_operation<S>([](const auto& x) { return x + S(2); });
  check_operation<S>([](const auto& x) { return S(2) + x; });
  check_operation<S>([](const auto& x) { return x - S(2); });
  check_operation<S>([](const auto& x) { return S(2) - x; });
  check_operation<S>([](const auto& x) { return x * S(4); });
  check_operation<S>([](const auto& x) { return S(4) * x; });
  check_operation<S>([](const auto& x) { return x / S(4); });
  check_operation<S>([](const auto& x) { return S(4) / x; });
}

TEST_CASE_TEMPLATE("simd operators: compound assignment changes the left side", S, float, double) {
  const auto check = [](const auto& assign) {
    check_operation<S>([&](const auto& x) {
      auto y = x;
      assign(y);
      return y;
    });
  };
  check([](auto& x) { x += x * S(3); });
  check([](auto& x) { x -= x * S(3); });
  check([](auto& x) { x *= x + S(1); });
  check([](auto& x) { x *= S(3); });
  check([](auto& x) { x /= x + S(2); });
}

TEST_CASE_TEMPLATE("simd operators: comparisons with a number choose between lanes", S, float, double) {
  const auto x = simd::load<S, 4>(numbers<S>);
  const auto check = [](const Pack<S, 4>& chosen, bool a, bool b, bool c, bool d) {
    const Lanes<S> found(chosen);
    const bool expected[] = {a, b, c, d};
    for (int i = 0; i < 4; ++i) CHECK(found.at[i] == (expected[i] ? S(1) : numbers<S>[i]));
  };
  check(select(x < S(3), S(1), x), true, true, false, false);
  check(select(x <= S(3), S(1), x), true, true, true, false);
  check(select(x > S(3), S(1), x), false, false, false, true);
  check(select(x >= S(3), S(1), x), false, false, true, true);
  check(select(x < S(3), x, S(1)), false, false, true, true);
}

TEST_CASE_TEMPLATE("simd operators: min and max with a number keep NaN", S, float, double) {
  constexpr S nan = std::numeric_limits<S>::quiet_NaN(), infinity = std::numeric_limits<S>::infinity();
  const S in[] = {nan, -infinity, S(0), infinity};
  const Lanes<S> low(min(S(1), simd::load<S, 4>(in))), high(max(S(-1), simd::load<S, 4>(in)));
  CHECK(std::isnan(low.at[0]));
  CHECK(low.at[1] == -infinity);
  CHECK(low.at[2] == 0);
  CHECK(low.at[3] == 1);
  CHECK(std::isnan(high.at[0]));
  CHECK(high.at[1] == -1);
  CHECK(high.at[2] == 0);
  CHECK(high.at[3] == infinity);
}
