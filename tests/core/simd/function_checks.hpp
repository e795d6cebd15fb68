// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/map.hpp>

#include "../../support/instruction_sets.hpp"
#include "../../support/limits.hpp"

/// Checks of the elementary functions of packs, against the C library in long double.
namespace gradus::test {

using Wide = long double;

/// A function of packs, the same function of a C array through simd::map, and its exact values in long
/// double.
template <class S>
struct Function {
  std::string name;
  void (*map)(Index, S*, const S*);
  void (*wide_packs)(const S*, S*);  ///< at N = 1, 4, 8 and 16, 16 elements each; may be null
  Wide (*exact)(Wide);
  double ulps;
  bool flushes = false;                                  ///< whether subnormal results become 0
  Wide highest = std::numeric_limits<Wide>::infinity();  ///< end of the domain
};

template <class F, class S, int N>
void run_at_width(const S* x, S* y) {
  for (int i = 0; i < 16; i += N) simd::store(y + i, F{}(simd::load<S, N>(x + i)));
}

template <class F, class S>
void run_at_all_widths(const S* x, S* y) {
  run_at_width<F, S, 1>(x, y);
  run_at_width<F, S, 4>(x, y + 16);
  run_at_width<F, S, 8>(x, y + 32);
  run_at_width<F, S, 16>(x, y + 48);
}

template <class F, class S>
void map_array(Index size, S* y, const S* x) {
  simd::map(F{}, size, y, x);
}

template <class F, class S>
Function<S> function(const char* name, Wide (*exact)(Wide), double ulps) {
  return {name, map_array<F, S>, run_at_all_widths<F, S>, exact, ulps};
}

/// Returns whether y is f(x) to within the function's error, with the right limits and the right sign of 0.
template <class S>
bool is_right(const Function<S>& f, S x, S y) {
  constexpr Wide smallest = std::numeric_limits<S>::min();
  const Wide exact = f.exact(x);
  if (f.flushes && std::abs(exact) < smallest * Wide(0.999)) return y == 0;
  if (f.flushes && std::abs(exact) < smallest * Wide(1.001) && y == 0) return true;
  if (exact == 0) return y == 0 && std::signbit(y) == std::signbit(exact);
  return is_close(y, exact, f.ulps);
}

/// Checks numbers at the limits at every position of arrays of about one and two packs, with every
/// instruction set.
template <class S>
void check_limits_at_every_place(const Function<S>& f) {
  for_each_instruction_set([&] {
    const Index n = lanes<S>();
    {
      CAPTURE(f.name);
      for (const S value : numbers_at_limits<S>()) {
        if (value > f.highest) continue;
        CAPTURE(value);
        S alone = 0;
        f.map(1, &alone, &value);
        for (Index size = 1; size <= 2 * n + 1; ++size) {
          std::vector<S> x(static_cast<std::size_t>(size), S(0.5)), y(x.size() + 1, S(-77));
          for (std::size_t place = 0; place < x.size(); ++place) {
            x[place] = value;
            f.map(size, y.data(), x.data());
            for (std::size_t i = 0; i < x.size(); ++i) {
              if (!is_right(f, x[i], y[i])) FAIL_CHECK("f(" << x[i] << ") is " << y[i] << " at " << i);
            }
            // the same bits at every position
            if (!(y[place] == alone || std::isnan(alone))) FAIL_CHECK(y[place] << " at " << place);
            if (y.back() != S(-77)) FAIL_CHECK("wrote past the end");
            x[place] = S(0.5);
          }
        }
      }
    }
  });
}

/// Checks the errors over the whole range with every instruction set.
template <class S>
void check_errors(const Function<S>& f) {
  for_each_instruction_set([&] {
    constexpr int count = 2000;
    {
      CAPTURE(f.name);
      // magnitudes of every order, then those in the range where most functions vary
      const Wide orders = std::log(Wide(std::numeric_limits<S>::max())) + 36;
      for (const S sign : {S(1), S(-1)}) {
        for (int part = 0; part < 4; ++part) {
          std::vector<S> x(count), y(count);
          for (int i = 0; i < count; ++i) {
            const Wide t = (i + Wide(0.37)) / count;
            const Wide ends[] = {0, 1.5, 20, sizeof(S) == 4 ? 106 : 750};
            const Wide magnitude = part == 0 ? std::exp((2 * t - 1) * orders) : t * ends[part];
            x[static_cast<std::size_t>(i)] = sign * static_cast<S>(std::min<Wide>(magnitude, f.highest));
          }
          f.map(count, y.data(), x.data());
          for (std::size_t i = 0; i < x.size(); ++i) {
            if (!is_right(f, x[i], y[i])) FAIL_CHECK("f(" << x[i] << ") is " << y[i]);
          }
        }
      }
    }
  });
}

/// Checks that packs of every width agree with each other.
template <class S>
void check_every_width(const Function<S>& f) {
  {
    if (f.wide_packs == nullptr) return;
    CAPTURE(f.name);
    const std::vector<S> values = numbers_at_limits<S>();
    for (std::size_t first = 0; first < values.size(); first += 16) {
      S x[16], y[64];
      for (std::size_t i = 0; i < 16; ++i) {
        const S value = values[std::min(first + i, values.size() - 1)];
        x[i] = value > f.highest ? S(1) : value;
      }
      f.wide_packs(x, y);
      for (std::size_t i = 0; i < 64; ++i) {
        CAPTURE(x[i % 16]);
        CHECK(is_right(f, x[i % 16], y[i]));
        CHECK((y[i] == y[i % 16] || std::isnan(y[i % 16])));
      }
    }
  }
}

/// Runs all of these checks.
template <class S>
void check_function(const Function<S>& f) {
  check_limits_at_every_place(f);
  check_errors(f);
  check_every_width(f);
}

}  // namespace gradus::test
