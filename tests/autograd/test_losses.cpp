// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

#include "operator_checks.hpp"

using namespace gradus;

namespace {

using test::Inputs, test::Operators, test::OperatorsUnderTest, test::V;

OperatorsUnderTest make_losses() {
  static const std::vector<Index> labels{2, 0, 3, 2};
  static const std::vector<double> class_weights{0.5, 1, 2, 1.5};
  Tensor<double> target(Shape{4, 3});
  for (Index i = 0; i < 12; ++i) target.data()[i] = static_cast<double>(i) / 12;
  return Operators{
      {"cross_entropy", [](const Inputs& x) { return cross_entropy(x[0], labels); }},
      {"cross_entropy sum",
       [](const Inputs& x) { return cross_entropy(x[0], labels, {.reduction = Reduction::sum}); }},
      {"cross_entropy options",
       [](const Inputs& x) {
         return cross_entropy(x[0], labels,
                              {.label_smoothing = 0.2, .class_weights = class_weights, .ignore_index = 0});
       }},
      {"mse", [=](const Inputs& x) { return mse(x[0], target); }},
      {"mse both", [](const Inputs& x) { return mean_squared_error(x[0], x[1]); }},
      {"binary_cross_entropy", [=](const Inputs& x) { return binary_cross_entropy(x[0], target); }},
  };
}

const OperatorsUnderTest operators = make_losses();

}  // namespace

TEST_CASE("losses: values, first and second derivatives are correct") { test::check_operators(operators); }
