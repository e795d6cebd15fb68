// SPDX-License-Identifier: MIT

#include <type_traits>

#include <doctest/doctest.h>

#include <gradus/core/eigen_tensor.hpp>
#include <gradus/core/tensor.hpp>

using gradus::Index;
using gradus::Shape;
using gradus::Tensor;

TEST_CASE("as<3>: returns an Eigen tensor on the same memory in the same order") {
  Tensor<float> tensor = Tensor<float>::arange(24).reshape({2, 3, 4});
  auto map = tensor.as<3>();
  CHECK(map.data() == tensor.data());
  for (Index i = 0; i < 2; ++i) {
    for (Index j = 0; j < 3; ++j) {
      for (Index k = 0; k < 4; ++k) CHECK(map(i, j, k) == tensor(i, j, k));
    }
  }
  map(1, 0, 3) = -1;
  CHECK(tensor(1, 0, 3) == -1);
}

TEST_CASE("as<Rank>: maps tensors of every rank, including const ones") {
  Tensor<double> tensor(Shape{1, 2, 1, 2, 1, 2, 1, 2});
  CHECK(tensor.as<8>().dimension(7) == 2);
  const Tensor<double> constant = Tensor<double>::full({2, 2, 2, 2}, 3);
  const auto map = constant.as<4>();
  CHECK(map(1, 1, 1, 1) == 3);
  static_assert(std::is_same_v<std::remove_pointer_t<decltype(map.data())>, const double>);
  CHECK(Tensor<double>::scalar(5).as<0>()() == 5);
  CHECK(Tensor<double>(Shape{2, 0, 3}).as<3>().size() == 0);
}

TEST_CASE("as<Rank>: a wrong rank is an error") {
  const Tensor<float> matrix(Shape{2, 3});
  CHECK_THROWS_WITH_AS(matrix.as<3>(), "as: tensor has shape [2, 3], expected rank 3", gradus::ShapeError);
  CHECK_THROWS_AS(matrix.as<0>(), gradus::ShapeError);
}

TEST_CASE("as<Rank>: Eigen's contraction agrees with the matrix product") {
  const Tensor<double> a = Tensor<double>::arange(6).reshape({2, 3});
  const Tensor<double> b = Tensor<double>::arange(12).reshape({3, 4});
  const Tensor<double> product = a.matrix() * b.matrix();
  const Tensor<double> a3 = a.reshape({1, 2, 3});
  Tensor<double> contracted(Shape{1, 2, 4});
  const Tensor<double> b3 = b.reshape({1, 3, 4});
  contracted.as<3>().chip(0, 0) = a3.as<3>().chip(0, 0).contract(
      b3.as<3>().chip(0, 0), Eigen::array<Eigen::IndexPair<int>, 1>{Eigen::IndexPair<int>(1, 0)});
  CHECK(Tensor<double>(contracted[0]) == product);
}
