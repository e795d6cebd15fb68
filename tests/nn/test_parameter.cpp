// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/nn/parameter.hpp>

using gradus::Shape;
using gradus::Tensor;
using gradus::nn::NamedParameter;
using gradus::nn::Parameter;

TEST_SUITE("parameter") {
  TEST_CASE("Parameter: the gradient starts at zero, in the shape of the value") {
    const Parameter<float> parameter(Tensor<float>{{1, 2}, {3, 4}});
    CHECK(parameter.value == Tensor<float>{{1, 2}, {3, 4}});
    CHECK(parameter.grad() == Tensor<float>(Shape{2, 2}));
    CHECK(Parameter<float>{}.value.empty());
  }

  TEST_CASE("Parameter: zero_grad adapts to a new shape of the value") {
    Parameter<float> parameter(Tensor<float>{1, 2});
    parameter.grad().fill(3);
    parameter.zero_grad();
    CHECK(parameter.grad() == Tensor<float>{0, 0});
    parameter.value = Tensor<float>{{1, 2, 3}};
    parameter.zero_grad();
    CHECK(parameter.grad() == Tensor<float>(Shape{1, 3}));
  }

  TEST_CASE("NamedParameter: points to its parameter") {
    Parameter<float> parameter(Tensor<float>{1, 2});
    const NamedParameter<float> named{"0.weight", &parameter};
    named->value(0) = 5;
    (*named).grad()(1) = 6;
    CHECK(parameter.value(0) == 5);
    CHECK(parameter.grad()(1) == 6);
  }
}
