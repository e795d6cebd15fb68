// SPDX-License-Identifier: MIT

#include <array>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/synthetic.hpp>

using gradus::Dataset;
using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::synthetic_fashion;
using gradus::synthetic_linear;
using gradus::synthetic_polynomial;
using gradus::Tensor;

TEST_CASE("synthetic_fashion: has the format of Fashion-MNIST and a name that contains synthetic") {
  Generator random(0);
  const Dataset<> data = synthetic_fashion(25, random);
  CHECK(data.inputs.shape() == Shape{25, 28, 28});
  CHECK(data.size() == 25);
  CHECK(data.classes == 10);
  CHECK(data.class_names.size() == 10);
  CHECK(data.name.find("synthetic") != std::string::npos);
  for (Index i = 0; i < 25; ++i) CHECK(data.labels(i) == i % 10);
  CHECK(synthetic_fashion(0, random).size() == 0);
  CHECK_THROWS_AS(synthetic_fashion(-1, random), gradus::ArgumentError);
}

TEST_CASE("synthetic_fashion: one seed gives one data set") {
  Generator one(5), two(5), other(6);
  const Dataset<> data = synthetic_fashion(30, one);
  CHECK(data.inputs == synthetic_fashion(30, two).inputs);
  CHECK(data.inputs != synthetic_fashion(30, other).inputs);
  CHECK(data.inputs != synthetic_fashion(30, one).inputs);
}

TEST_CASE("synthetic_fashion: corners are dark and clothes are bright") {
  Generator random(1);
  const Dataset<> data = synthetic_fashion(200, random);
  for (Index i = 0; i < 200; ++i) {
    const auto image = data.inputs[i];
    CHECK(image(0, 0) == 0);
    CHECK(image(0, 27) == 0);
    const auto lit = (image.array() > 60).count();
    CHECK(lit > 20);
    CHECK(lit < 600);
  }
}

// The nearest mean image is one of the simplest classifiers. It must neither guess nor always be right.
TEST_CASE("synthetic_fashion: can be learnt, but not trivially") {
  Generator random(2);
  const Dataset<> train = synthetic_fashion(2000, random), test = synthetic_fashion(1000, random);
  const auto pixels = [](const Dataset<>& data) -> Eigen::MatrixXf {
    return data.inputs.reshape({-1, 784}).matrix().cast<float>() / 255.0f;
  };
  const Eigen::MatrixXf x = pixels(train), y = pixels(test);
  Eigen::MatrixXf means = Eigen::MatrixXf::Zero(10, 784);
  for (Index i = 0; i < x.rows(); ++i) means.row(train.labels(i)) += x.row(i) / 200.0f;
  Index correct = 0;
  for (Index i = 0; i < y.rows(); ++i) {
    Index nearest = 0;
    (means.rowwise() - y.row(i)).rowwise().squaredNorm().minCoeff(&nearest);
    correct += nearest == test.labels(i) ? 1 : 0;
  }
  CHECK(correct > 500);
  CHECK(correct < 900);
}

TEST_CASE("synthetic_linear: equals w x + b without noise") {
  Generator random(3);
  const std::array<double, 3> weights{2, -3.4, 0.5};
  const auto data = synthetic_linear<double>(50, weights, 4.2, 0.0, random);
  CHECK(data.inputs.shape() == Shape{50, 3});
  CHECK(data.labels.shape() == Shape{50, 1});
  CHECK(data.classes == 0);
  for (Index i = 0; i < 50; ++i) {
    const double expected = 2 * data.inputs(i, 0) - 3.4 * data.inputs(i, 1) + 0.5 * data.inputs(i, 2) + 4.2;
    CHECK(data.labels(i, 0) == doctest::Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("synthetic_linear: noise has the requested standard deviation") {
  Generator random(4);
  const std::array<float, 1> weights{1};
  const auto data = synthetic_linear<float>(10000, weights, 0, 0.1f, random);
  const auto residual = (data.labels.array() - data.inputs.array()).eval();
  CHECK(residual.mean() == doctest::Approx(0).scale(1).epsilon(0.005));
  CHECK(std::sqrt(residual.square().mean()) == doctest::Approx(0.1).epsilon(0.03));
}

TEST_CASE("synthetic_polynomial: features are x^k / k!, more or fewer than weights") {
  const std::vector<double> weights{5, 1.2, -3.4, 5.6};
  for (const Index features : {1, 2, 4, 20}) {
    Generator random(5);
    const auto data = synthetic_polynomial<double>(30, features, weights, 0.0, random);
    CHECK(data.inputs.shape() == Shape{30, features});
    Generator again(5);
    const Tensor<double> x = Tensor<double>::randn({30}, again);
    for (Index i = 0; i < 30; ++i) {
      double label = 0, factorial = 1;
      for (Index k = 0; k < 20; ++k) {
        if (k > 0) factorial *= static_cast<double>(k);
        const double term = std::pow(x(i), static_cast<double>(k)) / factorial;
        if (k < features) CHECK(data.inputs(i, k) == doctest::Approx(term).epsilon(1e-12));
        if (k < 4) label += weights[static_cast<std::size_t>(k)] * term;
      }
      CHECK(data.labels(i, 0) == doctest::Approx(label).epsilon(1e-12));
    }
  }
}
