// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include "operator_checks.hpp"

using namespace gradus;

TEST_CASE("operators: a test file in this folder covers every row of PyTorch's table") {
  CHECK(test::rows.size() > 200);
  // If only a few of those files are in the program, there is nothing to check.
  if (test::operators_under_test().size() < 60) return;
  for (const test::OperatorRow& row : test::rows) {
    CAPTURE(row.name);
    CHECK(test::operators_under_test().contains(row.name));
  }
}
