// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/ops/check.hpp>

using gradus::Shape;
using gradus::ShapeError;
using gradus::ops::check_shape;

TEST_SUITE("check") {
  TEST_CASE("check_shape: equal shapes pass, others name operation, argument and both shapes") {
    CHECK_NOTHROW(check_shape("relu", "output", Shape{2, 3}, Shape{2, 3}));
    CHECK_NOTHROW(check_shape("relu", "output", Shape{}, Shape{}));
    CHECK_THROWS_WITH_AS(check_shape("relu", "output", Shape{32, 100}, Shape{32, 784}),
                         "relu: output has shape [32, 100], expected [32, 784]", ShapeError);
    CHECK_THROWS_WITH_AS(check_shape("tanh", "input gradient", Shape{}, Shape{1}),
                         "tanh: input gradient has shape [], expected [1]", ShapeError);
  }
}
