// SPDX-License-Identifier: MIT

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>

namespace {

using gradus::allclose;
using gradus::ArgumentError;
using gradus::Generator;
using gradus::Index;
using gradus::IndexError;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::TensorView;

static_assert(std::is_nothrow_move_constructible_v<Tensor<float>>);
static_assert(std::is_nothrow_move_assignable_v<Tensor<float>>);
static_assert(std::is_convertible_v<Tensor<float>&, TensorView<float>>);
static_assert(std::is_convertible_v<const Tensor<float>&, TensorView<const float>>);
static_assert(!std::is_convertible_v<const Tensor<float>&, TensorView<float>>);
static_assert(!std::is_constructible_v<Tensor<float>, Eigen::MatrixXd>, "no silent loss of precision");
static_assert(std::is_same_v<Tensor<>, Tensor<float>>);
static_assert(std::is_same_v<decltype(Tensor(Eigen::MatrixXd())), Tensor<double>>);
static_assert(std::is_same_v<decltype(Tensor(Eigen::ArrayXi())), Tensor<int>>);
static_assert(std::is_same_v<decltype(Tensor(2 * Eigen::MatrixXd().transpose())), Tensor<double>>);
static_assert(std::is_same_v<decltype(Tensor(std::declval<TensorView<const int>>())), Tensor<int>>);

bool is_aligned(const void* memory) {
  return reinterpret_cast<std::uintptr_t>(memory) % gradus::tensor_alignment == 0;
}

constexpr float infinity = std::numeric_limits<float>::infinity();
const Shape too_large{std::numeric_limits<Index>::max()};

}  // namespace

TEST_CASE_TEMPLATE("Tensor: construction from a shape gives aligned zeros", Scalar, float, double,
                   std::uint8_t, Index) {
  for (const Shape& shape : {Shape{}, Shape{0}, Shape{1}, Shape{7}, Shape{3, 0, 2}, Shape{5, 13, 1}}) {
    const Tensor<Scalar> tensor(shape);
    CHECK(tensor.shape() == shape);
    CHECK(tensor.size() == shape.size());
    CHECK(tensor.empty() == shape.empty());
    CHECK(tensor.data() != nullptr);
    CHECK(is_aligned(tensor.data()));
    for (const Scalar element : tensor) CHECK(element == Scalar{});
    CHECK(Tensor<Scalar>::zeros(shape) == tensor);
  }
}

TEST_CASE("Tensor: a default-constructed tensor is empty, of shape [0]") {
  const Tensor<float> tensor;
  CHECK(tensor.shape() == Shape{0});
  CHECK(tensor.begin() == tensor.end());
  CHECK(tensor == Tensor<float>(Shape{0}));
  CHECK(Tensor<float>(tensor) == tensor);
}

TEST_CASE("Tensor: ones, full, scalar and fill set every element") {
  CHECK(Tensor<float>::ones({2, 2}) == Tensor<float>{{1, 1}, {1, 1}});
  CHECK(Tensor<int>::full({3}, 7) == Tensor<int>{7, 7, 7});
  CHECK(Tensor<double>::scalar(2.5).rank() == 0);
  CHECK(Tensor<double>::scalar(2.5).item() == 2.5);
  Tensor<float> tensor(Shape{4});
  tensor.fill(2);
  CHECK(tensor == Tensor<float>::full({4}, 2));
}

TEST_CASE("Tensor: arange excludes the end and refuses invalid steps") {
  CHECK(Tensor<int>::arange(4) == Tensor<int>{0, 1, 2, 3});
  CHECK(Tensor<int>::arange(2, 9, 3) == Tensor<int>{2, 5, 8});
  CHECK(Tensor<int>::arange(5, 0, -2) == Tensor<int>{5, 3, 1});
  CHECK(Tensor<float>::arange(0, 1, 0.25f) == Tensor<float>{0, 0.25f, 0.5f, 0.75f});
  CHECK(Tensor<int>::arange(0).shape() == Shape{0});
  CHECK(Tensor<int>::arange(3, 1).empty());
  CHECK(Tensor<std::uint8_t>::arange(0, 255, 50) == Tensor<std::uint8_t>{0, 50, 100, 150, 200, 250});
  CHECK_THROWS_WITH_AS(Tensor<float>::arange(0, 1, 0),
                       "arange: step is 0 or NaN, expected a number other than 0", ArgumentError);
  CHECK_THROWS_AS(Tensor<float>::arange(0, 1, NAN), ArgumentError);
  CHECK_THROWS_AS(Tensor<float>::arange(0, infinity), ArgumentError);
  CHECK_THROWS_AS(Tensor<float>::arange(NAN, 1), ArgumentError);
}

TEST_CASE("Tensor: random numbers come only from the given generator") {
  Generator one(3), two(3);
  CHECK(Tensor<float>::randn({5, 7}, one, 1, 2) == Tensor<float>::randn({5, 7}, two, 1, 2));
  CHECK(Tensor<double>::uniform({9}, one, -1, 1) == Tensor<double>::uniform({9}, two, -1, 1));
  CHECK(one == two);
  for (const float x : Tensor<float>::uniform({1000}, one, -2, 3)) CHECK((x >= -2 && x < 3));
  CHECK(Tensor<float>::randn({0, 3}, one).empty());
}

TEST_CASE("Tensor: construction from a span copies the elements") {
  const std::vector<float> elements{1, 2, 3, 4, 5, 6};
  const Tensor<float> tensor(Shape{2, 3}, elements);
  CHECK(tensor == Tensor<float>{{1, 2, 3}, {4, 5, 6}});
  CHECK(tensor.data() != elements.data());
  CHECK_THROWS_AS((Tensor<float>(Shape{2, 2}, elements)), ShapeError);
  CHECK_THROWS_AS((Tensor<float>(Shape{}, elements)), ShapeError);
  CHECK(Tensor<float>(Shape{0, 9}, std::span<const float>()).empty());
}

TEST_CASE("Tensor: Eigen objects of either storage order are copied in row-major order") {
  Eigen::MatrixXd matrix(2, 3);
  matrix << 1, 2, 3, 4, 5, 6;
  const Tensor<double> expected{{1, 2, 3}, {4, 5, 6}};
  CHECK(Tensor<double>(matrix) == expected);
  CHECK(Tensor<double>(matrix.array()) == expected);
  CHECK(Tensor<double>(Eigen::Matrix<double, 2, 3, Eigen::RowMajor>(matrix)) == expected);
  CHECK(Tensor<double>(matrix.transpose()) == Tensor<double>{{1, 4}, {2, 5}, {3, 6}});
  CHECK(Tensor<double>(matrix.rightCols(2)) == Tensor<double>{{2, 3}, {5, 6}});
  CHECK(Tensor<double>(2 * matrix) == Tensor<double>{{2, 4, 6}, {8, 10, 12}});
  CHECK(Tensor<double>(matrix * matrix.transpose()) == Tensor<double>{{14, 32}, {32, 77}});

  CHECK(Tensor<double>(Eigen::VectorXd::Constant(3, 2)) == Tensor<double>{2, 2, 2});
  CHECK(Tensor<double>(matrix.row(1)) == Tensor<double>{4, 5, 6});
  CHECK(Tensor<double>(matrix.col(1)) == Tensor<double>{2, 5});
  CHECK(Tensor<double>(Eigen::MatrixXd(3, 1).setZero()).shape() == Shape{3, 1});
  CHECK(Tensor<double>(Eigen::MatrixXd(0, 4)).shape() == Shape{0, 4});

  Tensor<double> tensor(Shape{9});
  tensor = matrix * 2;
  CHECK(tensor.shape() == Shape{2, 3});
}

TEST_CASE("Tensor: a copy is deep") {
  Tensor<float> tensor{{1, 2}, {3, 4}};
  Tensor<float> copy = tensor;
  copy(0, 0) = 10;
  CHECK(tensor(0, 0) == 1);
  CHECK(Tensor<float>(tensor.view()[1]) == Tensor<float>{3, 4});
}

TEST_CASE("Tensor: a move takes the memory and leaves an empty, reusable tensor") {
  Tensor<float> from{1, 2, 3};
  const float* const memory = from.data();
  Tensor<float> to = std::move(from);
  CHECK(to.data() == memory);
  CHECK(to == Tensor<float>{1, 2, 3});
  CHECK(from.shape() == Shape{0});
  CHECK(from.empty());
  CHECK(from == Tensor<float>{});
  from.resize({2});
  from.fill(1);
  CHECK(from.size() == 2);

  Tensor<float> assigned(Shape{100});
  assigned = std::move(to);
  CHECK(assigned.data() == memory);
  CHECK(to.shape() == Shape{0});
  to = assigned;
  CHECK(to == assigned);
}

TEST_CASE("Tensor: self-assignment changes nothing") {
  Tensor<float> tensor{1, 2, 3};
  Tensor<float>& same = tensor;
  tensor = same;
  CHECK(tensor == Tensor<float>{1, 2, 3});
  tensor = std::move(same);
  CHECK(tensor == Tensor<float>{1, 2, 3});
  tensor = tensor.view();
  CHECK(tensor == Tensor<float>{1, 2, 3});
}

TEST_CASE("Tensor: can be assigned a part of itself") {
  Tensor<int> tensor = Tensor<int>::arange(12).reshape({4, 3});
  tensor = tensor.slice(1, 4);
  CHECK(tensor == Tensor<int>{{3, 4, 5}, {6, 7, 8}, {9, 10, 11}});
  tensor = tensor[1];
  CHECK(tensor == Tensor<int>{6, 7, 8});
  tensor = tensor.reshape({3, 1});
  CHECK(tensor == Tensor<int>{{6}, {7}, {8}});
  tensor = std::as_const(tensor).slice(3, 3);
  CHECK(tensor.shape() == Shape{0, 1});
}

TEST_CASE("Tensor: capacity never shrinks, so that batch sizes may alternate") {
  Tensor<float> tensor(Shape{256, 10});
  const float* const memory = tensor.data();
  tensor.resize({96, 10});
  CHECK(tensor.shape() == Shape{96, 10});
  tensor.resize({0, 10});
  tensor.resize({256, 10});
  CHECK(tensor.data() == memory);
  const Tensor<float> four(Shape{4});
  tensor = four.view();
  CHECK(tensor.data() == memory);
  const Tensor<float> small{1, 2};
  tensor = small;
  CHECK(tensor == small);
  CHECK(tensor.data() == memory);
  tensor.resize({2560});
  CHECK(tensor.data() == memory);
  tensor.resize({2561});
  CHECK(is_aligned(tensor.data()));
}

TEST_CASE("Tensor: a failed allocation leaves everything unchanged") {
  Tensor<float> tensor{1, 2, 3};
  const float* const memory = tensor.data();
  CHECK_THROWS_AS(tensor.resize(too_large), std::bad_alloc);
  CHECK_THROWS_AS(tensor.resize({-1}), ShapeError);
  CHECK_THROWS_AS(tensor = TensorView<const float>(memory, too_large), std::bad_alloc);
  CHECK(tensor.data() == memory);
  CHECK(tensor == Tensor<float>{1, 2, 3});
  CHECK_THROWS_AS(Tensor<double>{too_large}, std::bad_alloc);
  CHECK_THROWS_AS(Tensor<double>::uninitialized(too_large), std::bad_alloc);
}

TEST_CASE("Tensor: element access is checked") {
  Tensor<float> tensor{{1, 2, 3}, {4, 5, 6}};
  tensor(1, 0) = 40;
  CHECK(std::as_const(tensor)(1, 0) == 40);
  CHECK_THROWS_WITH_AS(tensor(0, 3), "Tensor: index (0, 3) is out of range for shape [2, 3]", IndexError);
  CHECK_THROWS_AS(std::as_const(tensor)(2, 0), IndexError);
  CHECK_THROWS_AS(tensor(0), IndexError);
  CHECK_THROWS_AS(tensor.item(), ShapeError);
}

TEST_CASE("Tensor: Eigen maps share the memory") {
  Tensor<double> x{{1, 2}, {3, 4}};
  x.matrix() *= 2;
  x.array() += 1;
  CHECK(x == Tensor<double>{{3, 5}, {7, 9}});
  CHECK(std::as_const(x).matrix().data() == x.data());
  CHECK(x.as<2>().data() == x.data());
  CHECK(std::as_const(x).as<2>()(1, 1) == 9);
  Tensor<double> y{1, 2};
  y.vector()(1) = 5;
  CHECK(std::as_const(y).vector()(1) == 5);
  CHECK_THROWS_AS(y.matrix(), ShapeError);
}

TEST_CASE("Tensor: reshape, slice and row give views of an owner and tensors of a temporary") {
  Tensor<int> tensor = Tensor<int>::arange(6);
  static_assert(std::is_same_v<decltype(tensor.reshape({2, 3})), TensorView<int>>);
  static_assert(std::is_same_v<decltype(std::as_const(tensor).slice(0, 1)), TensorView<const int>>);
  static_assert(std::is_same_v<decltype(Tensor<int>().reshape({0})), Tensor<int>>);
  static_assert(std::is_same_v<decltype(Tensor<int>().slice(0, 0)), Tensor<int>>);
  static_assert(std::is_same_v<decltype(Tensor<int>()[0]), Tensor<int>>);
  CHECK(tensor.reshape({2, -1}).data() == tensor.data());
  CHECK(tensor.slice(2, 4).data() == tensor.data() + 2);
  CHECK(tensor[5].item() == 5);

  const int* const memory = tensor.data();
  const Tensor<int> moved = std::move(tensor).reshape({3, 2});
  CHECK(moved.data() == memory);
  CHECK(moved == Tensor<int>{{0, 1}, {2, 3}, {4, 5}});
  CHECK(Tensor<int>{{1, 2}, {3, 4}}[1] == Tensor<int>{3, 4});
  CHECK(Tensor<int>{{1, 2}, {3, 4}}.slice(0, 1) == Tensor<int>{{1, 2}});
}

TEST_CASE("Tensor: a failed reshape of a temporary leaves the tensor intact") {
  Tensor<int> tensor = Tensor<int>::arange(6);
  CHECK_THROWS_AS(std::move(tensor).reshape({4}), ShapeError);
  CHECK(tensor == Tensor<int>::arange(6));
}

TEST_CASE("Tensor: cast converts to another scalar") {
  CHECK(Tensor<std::uint8_t>{{1, 255}}.cast<float>() == Tensor<float>{{1, 255}});
  CHECK(Tensor<float>{1.75f, -1.75f}.cast<int>() == Tensor<int>{1, -1});
  CHECK(Tensor<float>(Shape{0, 3}).cast<double>().shape() == Shape{0, 3});
}

TEST_CASE("Tensor: equality compares shapes and elements") {
  CHECK(Tensor<float>{1, 2} == Tensor<float>{1, 2});
  CHECK(Tensor<float>{1, 2} != Tensor<float>{1, 3});
  CHECK(Tensor<float>{1, 2} != Tensor<float>{{1, 2}});
  CHECK(Tensor<float>(Shape{0, 2}) != Tensor<float>(Shape{0, 3}));
  CHECK(Tensor<float>{0.0f} == Tensor<float>{-0.0f});
  CHECK(Tensor<float>{NAN} != Tensor<float>{NAN});
}

TEST_CASE("allclose: equals NumPy's test, relative to the second argument") {
  const Tensor<float> one{1, 100};
  CHECK(allclose(one, Tensor<float>{1.000009f, 100.0009f}));
  CHECK_FALSE(allclose(one, Tensor<float>{1.0001f, 100}));
  CHECK(allclose(one, Tensor<float>{1.1f, 100}, 0.1f));
  CHECK(allclose(one, Tensor<float>{1.5f, 100}, 0.0f, 0.5f));
  CHECK_FALSE(allclose(one, Tensor<float>{{1, 100}}));
  CHECK(allclose(Tensor<float>{}, Tensor<float>{}));
  // |1 - 2| <= r |2|, but not r |1|.
  CHECK(allclose(Tensor<double>{1}, Tensor<double>{2}, 0.5, 0.0));
  CHECK_FALSE(allclose(Tensor<double>{2}, Tensor<double>{1}, 0.5, 0.0));
}

TEST_CASE("allclose: equal infinities are close, and NaN only with equal_nan") {
  CHECK(allclose(Tensor<float>{infinity, -infinity}, Tensor<float>{infinity, -infinity}));
  CHECK_FALSE(allclose(Tensor<float>{infinity}, Tensor<float>{-infinity}));
  CHECK_FALSE(allclose(Tensor<float>{infinity}, Tensor<float>{1}));
  CHECK_FALSE(allclose(Tensor<float>{1}, Tensor<float>{infinity}));
  CHECK_FALSE(allclose(Tensor<float>{NAN}, Tensor<float>{NAN}));
  CHECK_FALSE(allclose(Tensor<float>{NAN}, Tensor<float>{1}));
  CHECK_FALSE(allclose(Tensor<float>{1}, Tensor<float>{NAN}, 1.0f, 1.0f));
  CHECK(allclose(Tensor<float>{NAN, 1}, Tensor<float>{NAN, 1}, 1e-5f, 1e-8f, true));
  CHECK_FALSE(allclose(Tensor<float>{NAN}, Tensor<float>{1}, 1e-5f, 1e-8f, true));
}

TEST_CASE("Tensor: cast refuses a number that the other type cannot represent") {
  CHECK_THROWS_AS(Tensor<float>({1, NAN}).cast<int>(), ArgumentError);
  CHECK_THROWS_AS(Tensor<float>({1, 256}).cast<std::uint8_t>(), ArgumentError);
  CHECK_THROWS_AS(Tensor<double>({-1}).cast<std::uint64_t>(), ArgumentError);
  CHECK_THROWS_AS(Tensor<double>({1e19}).cast<Index>(), ArgumentError);
  CHECK_THROWS_AS(Tensor<Index>({-1}).cast<std::uint8_t>(), ArgumentError);
  CHECK(Tensor<double>{0.5, 0}.cast<bool>() == Tensor<bool>{true, false});
  CHECK(Tensor<bool>{true, false}.cast<int>() == Tensor<int>{1, 0});
}
