// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

#include "operator_checks.hpp"

using namespace gradus;

namespace {

using test::Inputs, test::Operators, test::OperatorsUnderTest, test::V;

const OperatorsUnderTest operators{Operators{
    {"softmax", [](const Inputs& x) { return softmax(x[0]); }},
    {"softmax 0", [](const Inputs& x) { return softmax(x[0], 0); }},
    {"softmax middle", [](const Inputs& x) { return softmax(x[0], 1); }},
    {"softmax empty", [](const Inputs& x) { return softmax(x[0]); }},
    {"log_softmax", [](const Inputs& x) { return log_softmax(x[0]); }},
    {"log_softmax 0", [](const Inputs& x) { return log_softmax(x[0], 0); }},
}};

}  // namespace

TEST_CASE("softmax: values, first and second derivatives are correct") { test::check_operators(operators); }
