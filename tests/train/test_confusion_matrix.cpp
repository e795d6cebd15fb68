// SPDX-License-Identifier: MIT

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <gradus/train/confusion_matrix.hpp>

#include "../support/comma_locale.hpp"

namespace {

using gradus::ConfusionMatrix;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;

/// One of three cats is taken for a dog, one of two dogs for a bird, and the bird for a cat.
ConfusionMatrix animals() {
  ConfusionMatrix matrix(3);
  const Tensor<float> scores{{9, 1, 0}, {9, 0, 1}, {1, 9, 0}, {0, 9, 1}, {0, 1, 9}, {9, 0, 0}};
  matrix.add(scores, std::array<Index, 6>{0, 0, 0, 1, 1, 2});
  return matrix;
}

}  // namespace

TEST_CASE("ConfusionMatrix: rows are true classes, columns predicted ones") {
  const ConfusionMatrix matrix = animals();
  CHECK(matrix.counts() == Tensor<Index>{{2, 1, 0}, {0, 1, 1}, {1, 0, 0}});
  CHECK(matrix.samples() == 6);
  CHECK(matrix.accuracy() == 0.5);
  CHECK(matrix.recall(0) == doctest::Approx(2.0 / 3));
  CHECK(matrix.recall(2) == 0);
  CHECK(matrix.precision(1) == 0.5);
  CHECK(matrix.f1(0) == doctest::Approx(2 * (2.0 / 3) * (2.0 / 3) / (4.0 / 3)));
  CHECK(matrix.f1(1) == 0.5);
}

TEST_CASE("ConfusionMatrix: counts accumulate over batches") {
  ConfusionMatrix matrix = animals();
  matrix.add(2, 2);
  matrix.add(Tensor<double>{{0, 0, 1}}, std::array<Index, 1>{2});
  CHECK(matrix.counts()(2, 2) == 2);
  CHECK(matrix.samples() == 8);
}

TEST_CASE("ConfusionMatrix: prints a table") {
  const std::array<std::string, 3> names{"cat", "dog", "bird"};
  CHECK(animals().to_string(names) ==
        "              0     1     2  recall\n"
        "0 cat         2     1     0   0.667\n"
        "1 dog         0     1     1   0.500\n"
        "2 bird        1     0     0   0.000\n"
        "precision 0.667 0.500 0.000   0.500\n");
  CHECK(ConfusionMatrix(1).to_string() ==
        "              0  recall\n"
        "0             0     nan\n"
        "precision   nan     nan\n");
}

TEST_CASE("ConfusionMatrix: invalid batches are refused and nothing is counted") {
  ConfusionMatrix matrix(3);
  CHECK_THROWS_AS(matrix.add(Tensor<float>(Shape{1, 2}), std::array<Index, 1>{0}), gradus::ShapeError);
  CHECK_THROWS_AS(matrix.add(Tensor<float>(Shape{2, 3}), std::array<Index, 2>{0, 3}), gradus::IndexError);
  CHECK_THROWS_AS(matrix.add(0, 3), gradus::IndexError);
  CHECK_THROWS_AS(ConfusionMatrix(0), gradus::ArgumentError);
  CHECK(matrix.samples() == 0);
  CHECK(std::isnan(matrix.accuracy()));
}

TEST_CASE(
    "ConfusionMatrix: a sample with a NaN score has no predicted class and lowers accuracy and recall") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  ConfusionMatrix matrix(2);
  const Tensor<float> scores{{2, 1}, {nan, nan}, {nan, 1}, {1, nan}, {1, 2}};
  const std::array<Index, 5> labels{0, 0, 1, 0, 0};
  matrix.add(scores, labels);
  CHECK(matrix.counts() == Tensor<Index>{{1, 1}, {0, 0}});
  CHECK(matrix.unpredicted() == 3);
  CHECK(matrix.unpredicted(0) == 2);
  CHECK(matrix.samples() == 5);
  CHECK(matrix.accuracy() == 0.2);
  CHECK(matrix.accuracy() == gradus::accuracy(scores, labels));
  CHECK(matrix.recall(0) == 0.25);
  CHECK(matrix.recall(1) == 0);
  CHECK(matrix.precision(0) == 1);
  CHECK(matrix.f1(0) == 2.0 / 5);
  CHECK(matrix.to_string() ==
        "              0     1   NaN  recall\n"
        "0             1     1     2   0.250\n"
        "1             0     0     1   0.000\n"
        "precision 1.000 0.000         0.200\n");
  CHECK_THROWS_AS(matrix.add(2, gradus::no_class), gradus::IndexError);
  CHECK_THROWS_AS(matrix.add(0, -2), gradus::IndexError);
}

TEST_CASE("ConfusionMatrix: printing does not depend on the locale") {
  const std::string table = animals().to_string();
  const gradus::test::CommaLocale comma;
  CHECK(animals().to_string() == table);
}
