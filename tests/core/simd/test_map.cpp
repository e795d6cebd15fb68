// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/simd/map.hpp>
#include <gradus/core/simd/operators.hpp>

#include "../../support/instruction_sets.hpp"

using gradus::Index;
namespace simd = gradus::simd;

namespace {

struct Affine {
  float slope;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& y, const P& z) const {
    return slope * x + y * z;
  }
};

struct Move {
  template <class P>
  [[gnu::always_inline]] void operator()(P& w, P& g, P& v, P& missing) const {
    g += v;
    v = v + 1.0f;
    w -= g * 2.0f;
    missing = w;
  }
};

}  // namespace

TEST_CASE("map: computes every element once and touches nothing else") {
  gradus::test::for_each_instruction_set([] {
    for (std::size_t size = 0; size < 70; ++size) {
      std::vector<float> x(size), y(size), z(size), to(size + 1, -7);
      for (std::size_t i = 0; i < size; ++i) x[i] = float(i), y[i] = float(2 * i), z[i] = float(i % 5);
      const auto* const in = x.data();
      simd::map(Affine{3}, Index(size), to.data(), in, static_cast<const float*>(y.data()),
                static_cast<const float*>(z.data()));
      for (std::size_t i = 0; i < size; ++i) CHECK(to[i] == 3 * x[i] + y[i] * z[i]);
      CHECK(to[size] == -7);
      // in place
      simd::map(Affine{2}, Index(size), x.data(), in, in, static_cast<const float*>(z.data()));
      for (std::size_t i = 0; i < size; ++i) CHECK(x[i] == float(2 * i + i * (i % 5)));
    }
  });
}

TEST_CASE("update: changes all arrays except the second one and null ones") {
  gradus::test::for_each_instruction_set([] {
    for (std::size_t size = 0; size < 70; ++size) {
      std::vector<float> w(size + 1, 5), v(size + 1, -7);
      const std::vector<float> g(size + 1, 3);
      for (std::size_t i = 0; i < size; ++i) w[i] = float(10 * i), v[i] = float(i);
      simd::update(Move{}, Index(size), w.data(), g.data(), v.data(), static_cast<float*>(nullptr));
      for (std::size_t i = 0; i < size; ++i) {
        CHECK(v[i] == float(i + 1));
        CHECK(w[i] == float(10 * i) - float(2 * (i + 3)));
        CHECK(g[i] == 3);
      }
      CHECK(w[size] == 5);
      CHECK(v[size] == -7);
    }
  });
}
