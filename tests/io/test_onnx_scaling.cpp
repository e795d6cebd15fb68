// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/onnx_scaling.hpp>
#include <gradus/nn.hpp>

using namespace gradus;
using Numbers = std::vector<double>;

TEST_CASE("OnnxScaling: performs the recorded arithmetic as a BatchNorm1d") {
  detail::OnnxScaling scaling;
  CHECK(scaling.is_identity());
  scaling.subtract({1, 2});
  scaling.divide({2, 4});
  scaling.add({0.5});
  scaling.multiply({-1});
  scaling.subtract({3});
  const nn::Sequential<double> net{scaling.module<double>(2)};
  CHECK(net.predict(Tensor<double>{{5, 10}}) == Tensor<double>{{-(4.0 / 2 + 0.5) - 3, -(8.0 / 4 + 0.5) - 3}});
}

TEST_CASE("OnnxScaling: a division undoes a multiplication") {
  detail::OnnxScaling scaling;
  scaling.multiply({3});
  CHECK(scaling.is_factor());
  scaling.divide({3});
  CHECK(scaling.is_identity());
}

TEST_CASE("OnnxScaling: constants are broadcast as in NumPy") {
  const auto at = [](Index i) { return static_cast<double>(i); };
  const Shape sample{2, 3};
  CHECK(detail::broadcast_onnx_constant({}, sample, at) == Numbers{0});
  CHECK(detail::broadcast_onnx_constant({3}, sample, at) == Numbers{0, 1, 2, 0, 1, 2});
  CHECK(detail::broadcast_onnx_constant({2, 1}, sample, at) == Numbers{0, 0, 0, 1, 1, 1});
  CHECK(detail::broadcast_onnx_constant({1, 2, 3}, sample, at) == Numbers{0, 1, 2, 3, 4, 5});
  for (const Shape& shape : {Shape{2}, Shape{5, 2, 3}, Shape{1, 1, 2, 3}, Shape{3, 3}, Shape{0}})
    CHECK(detail::broadcast_onnx_constant(shape, sample, at).empty());
}
