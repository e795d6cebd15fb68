// SPDX-License-Identifier: MIT

#include <concepts>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/data/make_dataset.hpp>

using namespace gradus;

TEST_CASE("make_dataset: copies Eigen matrices in either storage order") {
  Eigen::MatrixXf x(3, 2);
  x << 1, 2, 3, 4, 5, 6;
  Eigen::VectorXi classes(3);
  classes << 2, 0, 2;
  const auto classification = make_dataset(x, classes);
  static_assert(std::same_as<decltype(classification), const Dataset<float, Index>>);
  CHECK(classification.inputs == Tensor<float>{{1, 2}, {3, 4}, {5, 6}});
  CHECK(classification.labels == Tensor<Index>{2, 0, 2});
  CHECK(classification.classes == 3);

  Eigen::Matrix<double, 3, 2, Eigen::RowMajor> y;
  y << 1, 2, 3, 4, 5, 6;
  const auto regression = make_dataset(2 * x.block(0, 0, 3, 1), y);
  static_assert(std::same_as<decltype(regression), const Dataset<float, float>>);
  CHECK(regression.inputs == Tensor<float>{{2}, {6}, {10}});
  CHECK(regression.labels == Tensor<float>{{1, 2}, {3, 4}, {5, 6}});
  CHECK(regression.classes == 0);

  const Eigen::VectorXi two = classes.head(2);
  CHECK_THROWS_WITH_AS(make_dataset(x, two),
                       "make_dataset: got 3 inputs and 2 labels, expected one label per input", ShapeError);
  classes(1) = -1;
  CHECK_THROWS_WITH_AS(make_dataset(x, classes), "make_dataset: label 1 is -1, expected a class >= 0",
                       ArgumentError);
  CHECK_THROWS_AS(make_dataset(x, Eigen::MatrixXi(3, 2)), ShapeError);
}

TEST_CASE("make_dataset: copies spans") {
  const std::vector<float> x{1, 2, 3, 4, 5, 6};
  const std::vector<int> classes{1, 0, 1};
  const std::vector<double> targets{1.5, 2, 3};
  const auto classification = make_dataset(std::span(x), 2, std::span(classes));
  CHECK(classification.inputs == Tensor<float>{{1, 2}, {3, 4}, {5, 6}});
  CHECK(classification.labels == Tensor<Index>{1, 0, 1});
  CHECK(classification.classes == 2);
  CHECK(make_dataset(std::span(x), 2, std::span(targets)).labels == Tensor<float>{{1.5f}, {2}, {3}});
  for (const Index features : {-1, 0, 1, 3, 4})
    CHECK_THROWS_AS(make_dataset(std::span(x), features, std::span(classes)), ShapeError);
}

namespace {

enum class Kind { flat, house };
struct House {
  double area;
  int rooms;
  Kind kind;
};

}  // namespace

TEST_CASE("make_dataset: copies members of structs and results of functions") {
  const std::vector<House> houses{{50, 2, Kind::flat}, {120.5, 5, Kind::house}};
  const auto kinds = make_dataset<float>(houses, &House::kind, &House::area, &House::rooms);
  static_assert(std::same_as<decltype(kinds), const Dataset<float, Index>>);
  CHECK(kinds.inputs == Tensor<float>{{50, 2}, {120.5f, 5}});
  CHECK(kinds.labels == Tensor<Index>{0, 1});
  CHECK(kinds.classes == 2);
  const auto areas = make_dataset<double>(houses, &House::area,
                                          [](const House& house) { return house.kind == Kind::house; });
  static_assert(std::same_as<decltype(areas), const Dataset<double, double>>);
  CHECK(areas.inputs == Tensor<double>{{0}, {1}});
  CHECK(areas.labels == Tensor<double>{{50}, {120.5}});
  CHECK(make_dataset<float>(std::vector<House>{}, &House::area, &House::rooms).inputs.shape() == Shape{0, 1});
}
