// SPDX-License-Identifier: MIT

#include <array>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>

namespace {

using gradus::Index;
using gradus::IndexError;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::TensorView;

static_assert(std::is_trivially_copyable_v<TensorView<float>>, "views are passed by value everywhere");
static_assert(std::is_convertible_v<TensorView<float>, TensorView<const float>>);
static_assert(!std::is_convertible_v<TensorView<const float>, TensorView<float>>);
static_assert(!std::is_convertible_v<TensorView<float>, TensorView<const double>>);

constexpr Index max_index = std::numeric_limits<Index>::max();

}  // namespace

TEST_CASE("TensorView: shares the memory of its owner") {
  std::array<float, 6> memory{1, 2, 3, 4, 5, 6};
  const TensorView<float> view(memory.data(), Shape{2, 3});
  CHECK(view.data() == memory.data());
  CHECK(view.rank() == 2);
  CHECK(view.size() == 6);
  view(1, 2) = 60;
  CHECK(memory[5] == 60);
  const TensorView<const float> constant = view;
  CHECK(constant.data() == memory.data());
  CHECK(constant(1, 2) == 60);
  float sum = 0;
  for (const float element : view) sum += element;
  CHECK(sum == 75);
  CHECK(view.span().data() == memory.data());
  CHECK(view.span().size() == 6);
}

TEST_CASE("TensorView: is null by default, but not if it merely has no elements") {
  const TensorView<float> nothing;
  CHECK(nothing.is_null());
  CHECK(nothing.shape() == Shape{0});
  CHECK(nothing.begin() == nothing.end());
  const Tensor<float> empty(Shape{0, 3});
  CHECK_FALSE(empty.view().is_null());
}

TEST_CASE("TensorView: can be constructed only from a span of the right length") {
  std::vector<double> memory(6);
  CHECK(TensorView<double>(std::span(memory), Shape{3, 2}).data() == memory.data());
  CHECK(TensorView<const double>(std::span<const double>(memory), Shape{6}).size() == 6);
  CHECK_THROWS_WITH_AS((TensorView<double>(std::span(memory), Shape{2, 2})),
                       "TensorView: span has 6 elements, expected 4 for shape [2, 2]", ShapeError);
  CHECK_THROWS_AS((TensorView<double>(std::span(memory), Shape{7})), ShapeError);
}

TEST_CASE("TensorView: elements are reached in row-major order") {
  const Tensor<int> tensor = Tensor<int>::arange(24).reshape({2, 3, 4});
  int expected = 0;
  for (Index i = 0; i < 2; ++i) {
    for (Index j = 0; j < 3; ++j) {
      for (Index k = 0; k < 4; ++k) CHECK(tensor.view()(i, j, k) == expected++);
    }
  }
  CHECK(tensor(1, 2u, short{3}) == 23);
  CHECK(Tensor<int>::scalar(5).view()() == 5);
}

TEST_CASE("TensorView: out-of-range access is an error that names the element and the shape") {
  const Tensor<float> tensor(Shape{2, 3});
  const auto view = tensor.view();
  CHECK_THROWS_WITH_AS(view(2, 0), "Tensor: index (2, 0) is out of range for shape [2, 3]", IndexError);
  CHECK_THROWS_AS(view(0, 3), IndexError);
  CHECK_THROWS_AS(view(-1, 0), IndexError);
  CHECK_THROWS_AS(view(0, -1), IndexError);
  CHECK_THROWS_AS(view(max_index, max_index), IndexError);
  CHECK_THROWS_AS(view(std::numeric_limits<std::size_t>::max(), 0), IndexError);
  CHECK_THROWS_WITH_AS(view(1),
                       "Tensor: index (1) has the wrong length, expected one number per axis of shape [2, 3]",
                       IndexError);
  CHECK_THROWS_AS(view(0, 0, 0), IndexError);
  CHECK_THROWS_WITH_AS(view(),
                       "Tensor: index () has the wrong length, expected one number per axis of shape [2, 3]",
                       IndexError);
  CHECK_THROWS_AS(Tensor<float>::scalar(1).view()(0), IndexError);
  CHECK_THROWS_AS(Tensor<float>(Shape{0}).view()(0), IndexError);
  CHECK_THROWS_AS(Tensor<float>(Shape{2, 0}).view()(0, 0), IndexError);
}

TEST_CASE("TensorView: item returns the only element, whatever the rank") {
  CHECK(Tensor<float>::scalar(3).view().item() == 3);
  CHECK(Tensor<float>{{{4}}}.view().item() == 4);
  CHECK_THROWS_WITH_AS((Tensor<float>{1, 2}.view().item()),
                       "item: tensor has shape [2], expected one element", ShapeError);
  CHECK_THROWS_AS(Tensor<float>{}.view().item(), ShapeError);
}

TEST_CASE("TensorView: Eigen maps share the memory") {
  Tensor<float> tensor{{1, 2, 3}, {4, 5, 6}};
  const auto view = tensor.view();
  view.matrix()(0, 1) = 20;
  view.array()(5) = 60;
  CHECK(tensor == Tensor<float>{{1, 20, 3}, {4, 5, 60}});
  CHECK(view.matrix().rows() == 2);
  CHECK(view.matrix().cols() == 3);
  CHECK(view.matrix().data() == tensor.data());
  CHECK(view[1].vector().sum() == 69);
  CHECK(view.array().size() == 6);

  const TensorView<const float> constant = view;
  static_assert(!std::is_assignable_v<decltype(constant.matrix()(0, 0)), float>);
  CHECK(constant.matrix()(1, 2) == 60);
}

TEST_CASE("TensorView: Eigen maps of the wrong rank are an error") {
  const Tensor<float> matrix(Shape{2, 3}), vector(Shape{3}), cube(Shape{2, 3, 4});
  CHECK_THROWS_WITH_AS(cube.view().matrix(), "matrix: tensor has shape [2, 3, 4], expected rank 2",
                       ShapeError);
  CHECK_THROWS_AS(vector.view().matrix(), ShapeError);
  CHECK_THROWS_WITH_AS(matrix.view().vector(), "vector: tensor has shape [2, 3], expected rank 1",
                       ShapeError);
  CHECK_THROWS_AS(Tensor<float>::scalar(1).view().vector(), ShapeError);
  CHECK_THROWS_WITH_AS(matrix.view().as<1>(), "as: tensor has shape [2, 3], expected rank 1", ShapeError);
  CHECK_THROWS_AS(cube.view().as<2>(), ShapeError);
  CHECK(matrix.view().as<2>().cols() == 3);
  CHECK(vector.view().as<1>().size() == 3);
}

TEST_CASE("TensorView: Eigen maps may have no elements") {
  const Tensor<float> tensor(Shape{0, 3});
  CHECK(tensor.view().matrix().rows() == 0);
  CHECK(tensor.view().matrix().cols() == 3);
  CHECK(tensor.view().array().sum() == 0);
}

TEST_CASE("reshape: keeps the elements and infers one extent") {
  const Tensor<int> tensor = Tensor<int>::arange(24);
  const auto view = tensor.view();
  CHECK(view.reshape({4, 6}).shape() == Shape{4, 6});
  CHECK(view.reshape({4, 6}).data() == view.data());
  CHECK(view.reshape({-1}).shape() == Shape{24});
  CHECK(view.reshape({2, -1, 3}).shape() == Shape{2, 4, 3});
  CHECK(view.reshape({-1, 24}).shape() == Shape{1, 24});
  CHECK(view.reshape(Shape{24, 1, 1}).shape() == Shape{24, 1, 1});
  CHECK(Tensor<int>{7}.view().reshape({}).shape() == Shape{});
  CHECK(Tensor<int>::scalar(7).view().reshape({1, 1}).shape() == Shape{1, 1});
  CHECK(Tensor<int>::scalar(7).view().reshape({-1}).shape() == Shape{1});
}

TEST_CASE("reshape: mismatched sizes are an error") {
  const Tensor<int> tensor = Tensor<int>::arange(24);
  const auto view = tensor.view();
  CHECK_THROWS_WITH_AS(view.reshape({5, 5}), "reshape: tensor of shape [24] cannot be reshaped to [5, 5]",
                       ShapeError);
  CHECK_THROWS_AS(view.reshape({5, -1}), ShapeError);
  CHECK_THROWS_AS(view.reshape({-1, -1}), ShapeError);
  CHECK_THROWS_AS(view.reshape({-2, -12}), ShapeError);
  CHECK_THROWS_AS(view.reshape({0, -1}), ShapeError);
  CHECK_THROWS_AS(view.reshape({}), ShapeError);
  CHECK_THROWS_AS(view.reshape({max_index, max_index}), ShapeError);
  CHECK_THROWS_AS(view.reshape({-1, max_index, 2}), ShapeError);
  CHECK_THROWS_AS(view.reshape({1, 1, 1, 1, 1, 1, 1, 1, 24}), ShapeError);
  // 2^60 x 2^4 x 24 overflows to 0.
  CHECK_THROWS_AS(view.reshape({Index{1} << 60, Index{1} << 4, 24}), ShapeError);
}

TEST_CASE("reshape: accepts any shape without elements for a tensor without elements") {
  const Tensor<int> empty(Shape{0, 3});
  const auto view = empty.view();
  CHECK(view.reshape({3, 0}).shape() == Shape{3, 0});
  CHECK(view.reshape({0, 7, 9}).shape() == Shape{0, 7, 9});
  CHECK(view.reshape({-1}).shape() == Shape{0});
  CHECK(view.reshape({-1, 5}).shape() == Shape{0, 5});
  CHECK(view.reshape({max_index, 2, 0}).shape() == Shape{max_index, 2, 0});
  CHECK_THROWS_AS(view.reshape({-1, 0}), ShapeError);  // any number would fit
  CHECK_THROWS_AS(view.reshape({1}), ShapeError);
  CHECK_THROWS_AS(view.reshape({}), ShapeError);
}

TEST_CASE("slice: returns rows without a copy") {
  const Tensor<int> tensor = Tensor<int>::arange(24).reshape({4, 3, 2});
  const auto view = tensor.view();
  CHECK(view.slice(1, 3).shape() == Shape{2, 3, 2});
  CHECK(view.slice(1, 3).data() == tensor.data() + 6);
  CHECK(view.slice(0, 4).size() == 24);
  CHECK(view.slice(2, 2).shape() == Shape{0, 3, 2});
  CHECK(view.slice(4, 4).empty());
  CHECK_THROWS_WITH_AS(view.slice(3, 5),
                       "Tensor: slice [3, 5) is out of range for the first axis of shape [4, 3, 2]",
                       IndexError);
  CHECK_THROWS_AS(view.slice(-1, 2), IndexError);
  CHECK_THROWS_AS(view.slice(3, 2), IndexError);
  CHECK_THROWS_AS(view.slice(5, 5), IndexError);
  CHECK_THROWS_AS(view.slice(0, max_index), IndexError);
  CHECK_THROWS_AS(Tensor<int>::scalar(1).view().slice(0, 0), IndexError);
  CHECK(Tensor<int>(Shape{0, 5}).view().slice(0, 0).shape() == Shape{0, 5});
  CHECK(Tensor<int>(Shape{3, 0}).view().slice(1, 3).shape() == Shape{2, 0});
}

TEST_CASE("operator[]: returns one row without a copy") {
  const Tensor<int> tensor = Tensor<int>::arange(24).reshape({4, 3, 2});
  const auto view = tensor.view();
  CHECK(view[3].shape() == Shape{3, 2});
  CHECK(view[3].data() == tensor.data() + 18);
  CHECK(view[3][2][1].item() == 23);
  CHECK(view[3][2][1].rank() == 0);
  CHECK_THROWS_WITH_AS(view[4], "Tensor: index (4) is out of range for shape [4, 3, 2]", IndexError);
  CHECK_THROWS_AS(view[-1], IndexError);
  CHECK_THROWS_AS(Tensor<int>::scalar(1).view()[0], IndexError);
  CHECK(Tensor<int>(Shape{3, 0}).view()[2].shape() == Shape{0});
}

TEST_CASE("TensorView: an empty view may have other extents whose product overflows") {
  const TensorView<const float> view(nullptr, Shape{max_index / 2, max_index / 2, 0});
  CHECK_THROWS_AS(view(max_index / 2 - 1, max_index / 2 - 1, 0), IndexError);
  CHECK(view[0].shape() == Shape{max_index / 2, 0});
}
