// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/nn/init.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/sequential.hpp>

using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::TensorView;
using gradus::nn::Linear;
using gradus::nn::Sequential;
namespace init = gradus::nn::init;

namespace {

struct Moments {
  double mean = 0, variance = 0, largest = 0;
};

template <class Scalar>
Moments moments(const Tensor<Scalar>& x) {
  Moments m;
  const double n = static_cast<double>(x.size());
  for (const Scalar element : x) m.mean += static_cast<double>(element) / n;
  for (const Scalar element : x) {
    const double deviation = static_cast<double>(element) - m.mean;
    m.variance += deviation * deviation / n;
    m.largest = std::max(m.largest, std::abs(static_cast<double>(element)));
  }
  return m;
}

// [out, in]; four standard errors of the sample variance are 4 sqrt(2/n) = 0.015.
const Shape weight_shape{200, 500};

template <class Scalar, class F>
Moments moments_of(F&& initialise) {
  Generator random(1);
  Tensor<Scalar> weight(weight_shape);
  initialise(weight.view(), random);
  return moments(weight);
}

void check(const Moments& m, double deviation, bool is_uniform) {
  CHECK(std::abs(m.mean) <= 4 * deviation / std::sqrt(1e5));
  CHECK(m.variance == doctest::Approx(deviation * deviation).epsilon(0.02));
  const double bound = std::sqrt(3.0) * deviation;
  if (is_uniform) {
    CHECK(m.largest <= bound * (1 + 1e-6));
    CHECK(m.largest >= bound * 0.999);
  } else {
    CHECK(m.largest >= 3.5 * deviation);
    CHECK(m.largest <= 6 * deviation);
  }
}

}  // namespace

TEST_SUITE("init") {
  TEST_CASE_TEMPLATE("init: variances and bounds are those of the papers", Scalar, float, double) {
    using View = TensorView<Scalar>;
    check(moments_of<Scalar>([](View w, Generator& r) { init::normal(w, r, 0, 0.01); }), 0.01, false);
    check(moments_of<Scalar>([](View w, Generator& r) { init::uniform(w, r, -0.3, 0.3); }),
          0.3 / std::sqrt(3), true);
    check(moments_of<Scalar>([](View w, Generator& r) { init::xavier_uniform(w, r); }), std::sqrt(2 / 700.0),
          true);
    check(moments_of<Scalar>([](View w, Generator& r) { init::xavier_normal(w, r, 2); }),
          2 * std::sqrt(2 / 700.0), false);
    check(moments_of<Scalar>([](View w, Generator& r) { init::kaiming_uniform(w, r); }), std::sqrt(2 / 500.0),
          true);
    check(moments_of<Scalar>([](View w, Generator& r) { init::kaiming_normal(w, r); }), std::sqrt(2 / 500.0),
          false);
    check(moments_of<Scalar>([](View w, Generator& r) { init::kaiming_normal(w, r, 1, init::Fan::out); }),
          std::sqrt(1 / 200.0), false);
    check(moments_of<Scalar>([](View w, Generator& r) { init::kaiming_uniform(w, r, 2, init::Fan::out); }),
          std::sqrt(2 / 5.0 / 200.0), true);
  }

  TEST_CASE("init::normal: accepts a mean other than 0") {
    const Moments m =
        moments_of<double>([](TensorView<double> w, Generator& r) { init::normal(w, r, 5, 2); });
    CHECK(m.mean == doctest::Approx(5).epsilon(0.01));
    CHECK(m.variance == doctest::Approx(4).epsilon(0.02));
  }

  TEST_CASE("init: zeros and constant set every element") {
    Tensor<float> x = Tensor<float>::ones({3, 4});
    init::zeros(x.view());
    CHECK(x == Tensor<float>(Shape{3, 4}));
    init::constant(x.view(), 0.5);
    CHECK(x == Tensor<float>::full({3, 4}, 0.5f));
  }

  TEST_CASE("init: the receptive field of a convolution counts towards the inputs") {
    Generator random(1);
    Tensor<double> weight(Shape{16, 8, 5, 5});
    init::xavier_uniform(weight.view(), random);
    CHECK(moments(weight).largest <= std::sqrt(6.0 / (8 * 25 + 16 * 25)));
    CHECK(moments(weight).largest >= 0.99 * std::sqrt(6.0 / (8 * 25 + 16 * 25)));
  }

  TEST_CASE("init: a weight without inputs or outputs draws nothing") {
    Generator random(1);
    for (const Shape& shape : {Shape{3, 0}, Shape{0, 3}, Shape{0, 0}}) {
      Tensor<float> weight(shape);
      CHECK_NOTHROW(init::xavier_uniform(weight.view(), random));
      CHECK_NOTHROW(init::xavier_normal(weight.view(), random));
      CHECK_NOTHROW(init::kaiming_uniform(weight.view(), random));
      CHECK_NOTHROW(init::kaiming_normal(weight.view(), random, 0, init::Fan::out));
    }
  }

  TEST_CASE("init: a vector has no fan-in and fan-out") {
    Generator random(1);
    Tensor<float> vector(Shape{3});
    CHECK_THROWS_WITH_AS(init::xavier_uniform(vector.view(), random),
                         "xavier_uniform: weight has shape [3], expected [fan_out, fan_in]", ShapeError);
    CHECK_THROWS_AS(init::xavier_normal(vector.view(), random), ShapeError);
    CHECK_THROWS_AS(init::kaiming_uniform(vector.view(), random), ShapeError);
    CHECK_THROWS_AS(init::kaiming_normal(vector.view(), random), ShapeError);
  }

  TEST_CASE("init::weights: sets every weight of a network and no bias") {
    Sequential net{Linear<float>{3, 4}, Sequential<float>{Linear<float>{4, 2}}};
    Sequential before = net;
    init::weights(net, [](auto weight) { init::constant(weight, 0.25); });
    const auto expected = before.named_parameters();
    const auto found = net.named_parameters();
    for (std::size_t i = 0; i < found.size(); ++i) {
      const Tensor<float>& value = found[i]->value;
      if (found[i].name.ends_with("bias"))
        CHECK(value == expected[i]->value);
      else
        CHECK(value == Tensor<float>::full(value.shape(), 0.25f));
    }
  }

  TEST_CASE("init::zero_biases: sets every bias of a network to zero and keeps the weights") {
    Sequential net{Linear<float>{3, 4}, Sequential<float>{Linear<float>{4, 2}}};
    Sequential before = net;
    init::zero_biases(net);
    const auto expected = before.named_parameters();
    const auto found = net.named_parameters();
    for (std::size_t i = 0; i < found.size(); ++i) {
      const Tensor<float>& value = found[i]->value;
      if (found[i].name.ends_with("bias"))
        CHECK(value == Tensor<float>(value.shape()));
      else
        CHECK(value == expected[i]->value);
    }
  }
}
