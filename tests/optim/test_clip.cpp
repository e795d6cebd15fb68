// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/optim/clip.hpp>

namespace {

using gradus::ArgumentError;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
using gradus::nn::NamedParameter;
using gradus::nn::Parameter;
using gradus::optim::clip_grad_norm;
using gradus::optim::clip_grad_value;
using gradus::optim::grad_norm;

template <class Scalar>
struct TwoGradients {
  Parameter<Scalar> a{Tensor<Scalar>(Shape{2})};
  Parameter<Scalar> b{Tensor<Scalar>(Shape{1, 1})};

  TwoGradients(Scalar x, Scalar y, Scalar z) {
    a.grad() = Tensor<Scalar>{x, y};
    b.grad() = Tensor<Scalar>{{z}};
  }
  std::vector<NamedParameter<Scalar>> parameters() { return {{"a", &a}, {"b", &b}}; }
};

TEST_CASE_TEMPLATE("clip_grad_norm: scales all gradients by one factor and returns the norm", T, float,
                   double) {
  TwoGradients<T> gradients(2, -3, 6);
  CHECK(clip_grad_norm(gradients.parameters(), 3.5) == doctest::Approx(7));
  const double factor = 3.5 / (7 + 1e-6);
  CHECK(gradients.a.grad().data()[0] == doctest::Approx(2 * factor).epsilon(1e-7));
  CHECK(gradients.a.grad().data()[1] == doctest::Approx(-3 * factor).epsilon(1e-7));
  CHECK(gradients.b.grad().item() == doctest::Approx(6 * factor).epsilon(1e-7));
  CHECK(grad_norm(gradients.parameters()) < 3.5);
}

TEST_CASE("clip_grad_norm: adds PyTorch's 1e-6 to the norm that it divides by") {
  TwoGradients<double> gradients(2e-6, -3e-6, 6e-6);
  CHECK(clip_grad_norm(gradients.parameters(), 4e-6) * 1e6 == doctest::Approx(7));
  CHECK(gradients.b.grad().item() * 1e6 == doctest::Approx(3));
}

TEST_CASE("clip_grad_norm: leaves smaller gradients unchanged, bit for bit") {
  TwoGradients<float> gradients(0.1f, -0.3f, 0.7f);
  CHECK(clip_grad_norm(gradients.parameters(), 1) == doctest::Approx(std::sqrt(0.59)));
  CHECK(gradients.a.grad() == Tensor<float>{0.1f, -0.3f});
  CHECK(gradients.b.grad().item() == 0.7f);
}

TEST_CASE("clip_grad_norm: the norm of no parameters, of empty ones and of zeros is 0") {
  CHECK(clip_grad_norm(std::vector<NamedParameter<float>>{}, 1) == 0);
  Parameter<float> empty{Tensor<float>(Shape{0, 3})}, zero{Tensor<float>(Shape{3})};
  CHECK(clip_grad_norm(std::vector<NamedParameter<float>>{{"empty", &empty}, {"zero", &zero}}, 0) == 0);
  CHECK((zero.grad().array() == 0).all());
}

TEST_CASE("clip_grad_norm: squares do not overflow") {
  TwoGradients<float> large(3e30f, 0, -4e30f);
  CHECK(clip_grad_norm(large.parameters(), 5) == doctest::Approx(5e30));
  CHECK(large.a.grad().data()[0] == doctest::Approx(3));
  CHECK(large.b.grad().item() == doctest::Approx(-4));
  TwoGradients<float> small(3e-30f, 0, -4e-30f);
  CHECK(grad_norm(small.parameters()) * 1e30 == doctest::Approx(5));
}

TEST_CASE("grad_norm: sums every element") {
  for (const Index size : {1, 15, 4095, 4096, 4097, 100000}) {
    CAPTURE(size);
    Parameter<double> parameter{Tensor<double>(Shape{size})};
    double sum = 0;
    for (Index i = 0; i < size; ++i) {
      const double g = static_cast<double>(i % 17 - 8);
      parameter.grad().data()[i] = g;
      sum += g * g;
    }
    CHECK(grad_norm(std::vector<NamedParameter<double>>{{"w", &parameter}}) ==
          doctest::Approx(std::sqrt(sum)).epsilon(1e-13));
  }
}

TEST_CASE("clip_grad_norm: non-finite norms are returned and spread to all gradients") {
  const float infinity = std::numeric_limits<float>::infinity();
  TwoGradients<float> infinite(1, infinity, 2);
  CHECK(std::isinf(clip_grad_norm(infinite.parameters(), 1)));
  CHECK(infinite.a.grad().data()[0] == 0);
  CHECK(std::isnan(infinite.a.grad().data()[1]));
  CHECK(infinite.b.grad().item() == 0);

  TwoGradients<float> nan(1, 1, std::nanf(""));
  CHECK(std::isnan(clip_grad_norm(nan.parameters(), 1)));
  CHECK(nan.a.grad().array().isNaN().all());
  for (const bool nan_is_first : {true, false}) {
    TwoGradients<float> both(nan_is_first ? std::nanf("") : infinity, 1,
                             nan_is_first ? infinity : std::nanf(""));
    CHECK(std::isnan(clip_grad_norm(both.parameters(), 1)));
    CHECK(both.a.grad().array().isNaN().all());
    CHECK(both.b.grad().array().isNaN().all());
  }
}

TEST_CASE_TEMPLATE("clip_grad_norm: one NaN at any position makes the norm and all gradients NaN", T, float,
                   double) {
  const T infinity = std::numeric_limits<T>::infinity(), large = std::numeric_limits<T>::max();
  for (const T others : {T{0}, T{3}, large, infinity}) {
    for (Index at = 0; at < 40; ++at) {
      Parameter<T> first{Tensor<T>(Shape{7})}, second{Tensor<T>(Shape{3, 11})};
      first.grad().fill(others);
      second.grad().fill(others);
      (at < 7 ? first.grad().data()[at] : second.grad().data()[at - 7]) = std::numeric_limits<T>::quiet_NaN();
      const std::vector<NamedParameter<T>> parameters{{"first", &first}, {"second", &second}};
      CAPTURE(at);
      REQUIRE(std::isnan(grad_norm(parameters)));
      REQUIRE(std::isnan(clip_grad_norm(parameters, 1)));
      REQUIRE(first.grad().array().isNaN().all());
      REQUIRE(second.grad().array().isNaN().all());
    }
  }
}

TEST_CASE("clip_grad_norm: a norm beyond the largest float is accurate, and so are the clipped gradients") {
  for (const double limit : {1.0, 1e-5, 1e30}) {
    CAPTURE(limit);
    TwoGradients<float> gradients(3e38f, 3e38f, 0);
    CHECK(clip_grad_norm(gradients.parameters(), limit) / 1e38 == doctest::Approx(4.242640695).epsilon(1e-9));
    CHECK(static_cast<double>(gradients.a.grad().data()[0]) / limit ==
          doctest::Approx(std::sqrt(0.5)).epsilon(1e-7));
    CHECK(gradients.a.grad().data()[1] == gradients.a.grad().data()[0]);
    CHECK(gradients.b.grad().item() == 0);
  }
}

TEST_CASE("clip_grad_norm: scales doubles correctly whose squares or whose norm overflow") {
  TwoGradients<double> large(3e307, 0, -4e307);
  CHECK(clip_grad_norm(large.parameters(), 1) == doctest::Approx(5e307).epsilon(1e-15));
  CHECK(large.a.grad().data()[0] == doctest::Approx(0.6).epsilon(1e-15));
  CHECK(large.b.grad().item() == doctest::Approx(-0.8).epsilon(1e-15));
  TwoGradients<double> larger(1.5e308, -1.5e308, 0);
  CHECK(std::isinf(clip_grad_norm(larger.parameters(), 2)));
  CHECK(larger.a.grad().data()[0] == doctest::Approx(std::sqrt(2.0)).epsilon(1e-15));
  CHECK(larger.a.grad().data()[1] == doctest::Approx(-std::sqrt(2.0)).epsilon(1e-15));
  TwoGradients<double> almost(3e307, 0, -4e307);
  CHECK(clip_grad_norm(almost.parameters(), 6e307) == doctest::Approx(5e307).epsilon(1e-15));
  CHECK(almost.b.grad().item() == -4e307);
}

TEST_CASE("grad_norm: is exact for subnormal numbers") {
  constexpr double tiny = std::numeric_limits<double>::denorm_min();
  CHECK(grad_norm(TwoGradients<double>(300 * tiny, 0, -400 * tiny).parameters()) == 500 * tiny);
  constexpr float tiny_float = std::numeric_limits<float>::denorm_min();
  CHECK(grad_norm(TwoGradients<float>(3 * tiny_float, 0, -4 * tiny_float).parameters()) ==
        5 * static_cast<double>(tiny_float));
}

TEST_CASE("clip_grad_value: limits every element and keeps NaN") {
  TwoGradients<float> gradients(-2, 0.25f, std::nanf(""));
  clip_grad_value(gradients.parameters(), 0.5);
  CHECK(gradients.a.grad() == Tensor<float>{-0.5f, 0.25f});
  CHECK(std::isnan(gradients.b.grad().item()));
  TwoGradients<float> infinite(std::numeric_limits<float>::infinity(), 0, 0.75f);
  clip_grad_value(infinite.parameters(), 0.5);
  CHECK(infinite.a.grad() == Tensor<float>{0.5f, 0});
  CHECK(infinite.b.grad().item() == 0.5f);
}

TEST_CASE("clip_grad_norm, clip_grad_value: a limit that is negative or NaN is refused") {
  TwoGradients<float> gradients(1, 1, 1);
  CHECK_THROWS_WITH_AS(clip_grad_norm(gradients.parameters(), -1),
                       "clip_grad_norm: limit is -1, expected a number >= 0", ArgumentError);
  CHECK_THROWS_AS(clip_grad_norm(gradients.parameters(), std::nan("")), ArgumentError);
  CHECK_THROWS_AS(clip_grad_value(gradients.parameters(), -1), ArgumentError);
  CHECK_THROWS_WITH_AS(clip_grad_value(gradients.parameters(), -1e-9),
                       doctest::Contains("limit is -1e-09, expected"), ArgumentError);
}

}  // namespace
