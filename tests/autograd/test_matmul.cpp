// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

#include "operator_checks.hpp"

using namespace gradus;

namespace {

using test::Inputs, test::Operators, test::OperatorsUnderTest, test::V;

const OperatorsUnderTest operators{Operators{
    {"matmul", [](const Inputs& x) { return matmul(x[0], x[1]); }},
}};

}  // namespace

TEST_CASE("matmul: values, first and second derivatives are correct") { test::check_operators(operators); }
