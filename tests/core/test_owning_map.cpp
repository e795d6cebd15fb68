// SPDX-License-Identifier: MIT

#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>

// Views of temporaries would dangle; the sanitizers would detect it.

using gradus::Index;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::TensorView;

namespace {

Tensor<float> make() { return Tensor<float>{{1, 2}, {3, 4}}; }
const Tensor<float> make_constant() { return make(); }

template <class T>
concept HasSpan = requires {
  std::declval<T>().span();
};
template <class T>
concept HasData = requires {
  std::declval<T>().data();
};
template <class T>
concept HasBegin = requires {
  std::declval<T>().begin();
};

static_assert(HasSpan<Tensor<float>&> && HasSpan<const Tensor<float>&>);
static_assert(!HasSpan<Tensor<float>> && !HasSpan<const Tensor<float>>);
static_assert(HasData<Tensor<float>&> && !HasData<Tensor<float>> && !HasData<const Tensor<float>>);
static_assert(HasBegin<Tensor<float>&> && !HasBegin<Tensor<float>> && !HasBegin<const Tensor<float>>);
static_assert(std::is_same_v<decltype(make().view()), Tensor<float>>);
static_assert(std::is_same_v<decltype(make_constant().view()), Tensor<float>>);
static_assert(std::is_same_v<decltype(make().shape()), Shape>);
static_assert(std::is_same_v<decltype(make()(0, 0)), float>);

double sum_of(TensorView<const float> x) {
  double sum = 0;
  for (const float element : x) sum += static_cast<double>(element);
  return sum;
}

}  // namespace

TEST_CASE("OwningMap: loops over temporaries see their elements") {
  double sum = 0;
  for (const float element : make()) sum += static_cast<double>(element);
  for (const float element : make().view()) sum += static_cast<double>(element);
  for (const float element : make_constant().view()) sum += static_cast<double>(element);
  for (const float element : make().array()) sum += static_cast<double>(element);
  for (const float element : make_constant().array()) sum += static_cast<double>(element);
  CHECK(sum == 50);
  Index size = 1;
  for (const Index extent : make().shape()) size *= extent;
  CHECK(size == 4);
}

TEST_CASE("OwningMap: maps of temporaries keep the elements alive") {
  const auto matrix = make().matrix();
  const auto array = make_constant().array();
  const auto vector = Tensor<float>{5, 6}.vector();
  const auto second = make().as<2>();
  CHECK(matrix(1, 0) == 3);
  CHECK(array.sum() == 10);
  CHECK(vector(1) == 6);
  CHECK(second(1, 1) == 4);
  CHECK_THROWS_AS(make().vector(), ShapeError);
  CHECK_THROWS_AS(make().as<1>(), ShapeError);
}

TEST_CASE("OwningMap: temporaries can be used in expressions and as arguments") {
  const Tensor<float> doubled = make().array() * 2;
  CHECK(doubled == Tensor<float>{2, 4, 6, 8});
  const Tensor<float> product = make().matrix() * make().matrix();
  CHECK(product == Tensor<float>{{7, 10}, {15, 22}});
  CHECK((make().array() + make_constant().array()).sum() == 20);
  CHECK(sum_of(make()) == 10);
  CHECK(sum_of(make().view()) == 10);
  CHECK(make().view().slice(1, 2) == Tensor<float>{{3, 4}});
  CHECK(std::as_const(doubled).view().data() == doubled.data());
}

TEST_CASE("OwningMap: reading one element of a temporary copies it") {
  const float& element = make()(1, 1);
  CHECK(element == 4);
  CHECK(Tensor<float>::scalar(3).item() == 3);
}
