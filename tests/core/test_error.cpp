// SPDX-License-Identifier: MIT

#include <stdexcept>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>

TEST_CASE_TEMPLATE("Error: every kind can be caught as gradus::Error and as std::runtime_error", E,
                   gradus::ShapeError, gradus::ArgumentError, gradus::IndexError, gradus::StateError,
                   gradus::NumericError, gradus::FileError) {
  static_assert(std::is_nothrow_copy_constructible_v<E>);
  CHECK_THROWS_WITH_AS(throw E("what"), "what", E);
  CHECK_THROWS_WITH_AS(throw E("what"), "what", gradus::Error);
  CHECK_THROWS_WITH_AS(throw E(std::string("what")), "what", std::runtime_error);
}

TEST_CASE("Error: no kind derives from another") {
  CHECK_FALSE(std::is_base_of_v<gradus::ShapeError, gradus::ArgumentError>);
  CHECK_FALSE(std::is_base_of_v<gradus::ShapeError, gradus::IndexError>);
  CHECK_FALSE(std::is_base_of_v<gradus::ArgumentError, gradus::FileError>);
}
