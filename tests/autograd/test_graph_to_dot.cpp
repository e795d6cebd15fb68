// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/autograd.hpp>

using namespace gradus;

TEST_CASE("graph_to_dot: draws leaves, operations, shapes and names") {
  const Variable w(Tensor<double>{1, 2}, requires_grad), x(Tensor<double>{3, 4});
  const Variable h = w * x, y = sum(h);
  CHECK(graph_to_dot(y, {{w, "W \"1\""}, {h, "h"}}) ==
        "digraph {\n"
        "  rankdir=LR;\n"
        "  n0 [label=\"sum\\n[]\"];\n"
        "  n1 [label=\"h = multiply\\n[2]\"];\n"
        "  n2 [label=\"W \\\"1\\\"\\n[2]\", shape=box, style=filled];\n"
        "  n3 [label=\"constant\\n[2]\", shape=box];\n"
        "  n1 -> n0;\n"
        "  n2 -> n1;\n"
        "  n3 -> n1;\n"
        "}\n");
}

TEST_CASE("graph_to_dot: a deep graph does not overflow the stack") {
  Variable y(1.0, requires_grad);
  for (int i = 0; i < 100'000; ++i) y = y + 1.0;
  CHECK(graph_to_dot(y).size() > 100'000);
}
