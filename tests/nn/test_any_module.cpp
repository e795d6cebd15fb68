// SPDX-License-Identifier: MIT

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

#include "../support/numerical_gradient.hpp"
#include "../support/swish.hpp"

using gradus::ArgumentError;
using gradus::Generator;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::nn::AnyModule;
using gradus::nn::Context;
using gradus::nn::Dropout;
using gradus::nn::Flatten;
using gradus::nn::Linear;
using gradus::nn::Parameter;
using gradus::nn::ReLU;
namespace test = gradus::test;

TEST_SUITE("any_module") {
  TEST_CASE("AnyModule: behaves like the module that it holds") {
    const Linear<float> linear(3, 2);
    const AnyModule<float> any = linear;
    const Tensor<float> x{{1, 2, 3}};
    Tensor<float> expected(Shape{1, 2}), y(Shape{1, 2});
    Context context;
    linear.forward(x, expected, context);
    any.forward(x, y, context);
    CHECK(y == expected);
    CHECK(any.output_shape(Shape{5, 3}) == Shape{5, 2});
    CHECK_THROWS_AS(any.output_shape(Shape{5, 4}), ShapeError);
    CHECK(any.name() == "Linear(3 -> 2)");
    CHECK(any.has_parameters());
    CHECK_FALSE(any.is_identity(context));
    CHECK(AnyModule<float>(Flatten<float>{}).is_identity(context));
    CHECK_FALSE(AnyModule<float>(ReLU<float>{}).has_parameters());
  }

  TEST_CASE("AnyModule: holds a third-party module, with and without parameters") {
    Generator random(1);
    const Tensor<double> x = Tensor<double>::randn({3, 5}, random);
    CHECK(test::check_gradients(third_party::Swish<double>{}, x).ok());
    CHECK(test::check_gradients(third_party::Scale<double>{}, x).ok());
    CHECK(AnyModule<float>(third_party::Swish<float>{}).name() == "Swish");
  }

  TEST_CASE("AnyModule: copies are independent, moves keep the module") {
    AnyModule<float> any = Linear<float>(2, 2);
    AnyModule<float> copy = any;
    copy.as<Linear>().weight.value.fill(9);
    CHECK_FALSE(any.as<Linear>().weight.value == copy.as<Linear>().weight.value);
    const float* data = any.as<Linear>().weight.value.data();
    AnyModule<float> moved = std::move(any);
    CHECK(moved.as<Linear>().weight.value.data() == data);
    moved = copy;
    CHECK(moved.as<Linear>().weight.value == copy.as<Linear>().weight.value);
    moved = *&moved;
    CHECK(moved.as<Linear>().weight.value == copy.as<Linear>().weight.value);
    moved = ReLU<float>{};
    CHECK(moved.name() == "ReLU");
  }

  TEST_CASE("AnyModule: returns the module as its own type") {
    AnyModule<float> any = Dropout<float>(0.25);
    const AnyModule<float>& constant = any;
    CHECK(any.get_if<Dropout<float>>() != nullptr);
    CHECK(any.get_if<ReLU<float>>() == nullptr);
    CHECK(constant.get_if<Dropout<float>>()->p() == 0.25);
    CHECK(constant.as<Dropout>().p() == 0.25);
    CHECK_THROWS_WITH_AS(any.as<Linear>(), "as: module is Dropout(0.25), expected Linear", ArgumentError);
  }

  TEST_CASE("AnyModule: visits parameters and initialises them again") {
    AnyModule<float> any = Linear<float>(3, 2);
    std::vector<std::string> names;
    any.visit([&](std::string_view name, Parameter<float>&) { names.emplace_back(name); });
    CHECK(names == std::vector<std::string>{"weight", "bias"});
    Generator a(7), b(7);
    any.reset_parameters(a);
    CHECK(any.as<Linear>().weight.value == Linear<float>(3, 2, b).weight.value);
    AnyModule<float> relu = ReLU<float>{};
    CHECK_NOTHROW(relu.reset_parameters(a));
    CHECK_NOTHROW(relu.visit([](std::string_view, Parameter<float>&) { FAIL("ReLU has no parameters"); }));
  }
}
