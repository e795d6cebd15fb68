// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/map.hpp>
#include <gradus/core/simd/math.hpp>

#include "../../support/instruction_sets.hpp"
#include "../../support/limits.hpp"

using gradus::Index;
using gradus::simd::Pack;
namespace simd = gradus::simd;
namespace test = gradus::test;

namespace {

using Wide = long double;

/// A function of packs, of a C array through simd::map, and in long double.
template <class S>
struct Function {
  std::string name;
  void (*map)(Index, S*, const S*);
  void (*wide_packs)(const S*, S*);  ///< at N = 1, 4, 8 and 16, 16 elements each
  Wide (*exact)(Wide);
  double ulps;
  bool flushes = false;                                  ///< subnormal results are 0
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
void map(Index size, S* y, const S* x) {
  simd::map(F{}, size, y, x);
}

struct Exp {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return exp(x);
  }
};
struct ExpFlushed {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return exp_flushed(x);
  }
};
struct Expm1 {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return expm1(x);
  }
};
struct Log {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return log(x);
  }
};
struct Log1p {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return log1p(x);
  }
};
struct Sqrt {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return sqrt(x);
  }
};
struct Tanh {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return tanh(x);
  }
};
struct Sigmoid {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return sigmoid(x);
  }
};

template <class F, class S>
Function<S> function(const char* name, Wide (*exact)(Wide), double ulps) {
  return {name, map<F, S>, run_at_all_widths<F, S>, exact, ulps};
}

template <class S>
std::vector<Function<S>> functions() {
  std::vector<Function<S>> all{function<Exp, S>(
                                   "exp", [](Wide x) { return std::exp(x); }, 1.1),
                               function<ExpFlushed, S>(
                                   "exp_flushed", [](Wide x) { return std::exp(x); }, 1.1),
                               function<Expm1, S>(
                                   "expm1", [](Wide x) { return std::expm1(x); }, 2),
                               function<Log, S>(
                                   "log", [](Wide x) { return std::log(x); }, 1),
                               function<Log1p, S>(
                                   "log1p", [](Wide x) { return std::log1p(x); }, 1),
                               function<Tanh, S>(
                                   "tanh", [](Wide x) { return std::tanh(x); }, 2),
                               function<Sigmoid, S>(
                                   "sigmoid", [](Wide x) { return 1 / (1 + std::exp(-x)); }, 3)};
  all[1].flushes = all[6].flushes = true;
  all[1].highest = sizeof(S) == 4 ? 88 : 709;
  // A square root has no wider packs than the instruction set.
  all.push_back({"sqrt", map<Sqrt, S>, nullptr, [](Wide x) { return std::sqrt(x); }, 0.5});
  return all;
}

/// Whether y is f(x) to within the function's error, with the right limits and the right sign of 0.
template <class S>
bool is_right(const Function<S>& f, S x, S y) {
  constexpr Wide smallest = std::numeric_limits<S>::min();
  const Wide exact = f.exact(x);
  if (f.flushes && std::abs(exact) < smallest * Wide(0.999)) return y == 0;
  if (f.flushes && std::abs(exact) < smallest * Wide(1.001) && y == 0) return true;
  if (exact == 0) return y == 0 && std::signbit(y) == std::signbit(exact);
  return test::is_close(y, exact, f.ulps);
}

}  // namespace

TEST_CASE_TEMPLATE("math: limits are right at every place of arrays around one and two packs", S, float,
                   double) {
  test::for_each_instruction_set([] {
    const Index n = test::lanes<S>();
    for (const auto& f : functions<S>()) {
      CAPTURE(f.name);
      for (const S value : test::numbers_at_limits<S>()) {
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
            // the same bits wherever it is
            if (!(y[place] == alone || std::isnan(alone))) FAIL_CHECK(y[place] << " at " << place);
            if (y.back() != S(-77)) FAIL_CHECK("wrote past the end");
            x[place] = S(0.5);
          }
        }
      }
    }
  });
}

TEST_CASE_TEMPLATE("math: errors stay within their bounds over the whole range", S, float, double) {
  test::for_each_instruction_set([] {
    constexpr int count = 2000;
    for (const auto& f : functions<S>()) {
      CAPTURE(f.name);
      // magnitudes of every order, then those at which most functions do something
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

TEST_CASE_TEMPLATE("math: packs of every width agree with each other", S, float, double) {
  for (const auto& f : functions<S>()) {
    if (f.wide_packs == nullptr) continue;
    CAPTURE(f.name);
    const std::vector<S> values = test::numbers_at_limits<S>();
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

TEST_CASE_TEMPLATE("math: tanh and sigmoid have their symmetries", S, float, double) {
  for (S x = 0; x < 30; x += S(0.0371)) {
    const S both[2] = {x, -x};
    S y[2];
    simd::map(Tanh{}, 2, y, both);
    CHECK(y[0] == -y[1]);
    CHECK(std::abs(y[0]) <= 1);
    simd::map(Sigmoid{}, 2, y, both);
    CHECK(y[0] + y[1] == doctest::Approx(1).epsilon(1e-6));
  }
}

TEST_CASE_TEMPLATE("math: subnormal numbers are flushed, others are kept", S, float, double) {
  using Limits = std::numeric_limits<S>;
  const auto flushed = [](S x) { return simd::flush_subnormal(Pack<S, 1>{x}).v; };
  for (const S sign : {S(1), S(-1)}) {
    CHECK(flushed(sign * Limits::denorm_min()) == 0);
    CHECK(flushed(sign * std::nextafter(Limits::min(), S(0))) == 0);
    CHECK(flushed(sign * Limits::min()) == sign * Limits::min());
    CHECK(flushed(sign * Limits::infinity()) == sign * Limits::infinity());
  }
  CHECK(std::isnan(flushed(Limits::quiet_NaN())));
}
