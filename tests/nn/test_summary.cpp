// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>

#include "../support/comma_locale.hpp"
#include "../support/swish.hpp"

using namespace gradus::nn;
using gradus::Shape;
using gradus::ShapeError;

TEST_SUITE("summary") {
  TEST_CASE("summary: lists the layers, shapes and counts of the chapter's network") {
    const Sequential net{Flatten{}, Linear{784, 256}, ReLU{}, Linear{256, 10}};
    CHECK(summary(net, {28, 28}) ==
          "Layer                  Output shape  Parameters\n"
          "-----------------------------------------------\n"
          "   Input               [N, 28, 28]\n"
          "0  Flatten             [N, 784]               0\n"
          "1  Linear(784 -> 256)  [N, 256]         200,960\n"
          "2  ReLU                [N, 256]               0\n"
          "3  Linear(256 -> 10)   [N, 10]            2,570\n"
          "-----------------------------------------------\n"
          "Total parameters:         203,530 (795.04 KB)\n"
          "Trainable parameters:     203,530 (795.04 KB)\n"
          "Non-trainable parameters: 0 (0 B)\n");
  }

  TEST_CASE("summary: nested sequences are indented, third-party modules are named by their type") {
    const Sequential<double> net{
        Linear<double>{3, 4, {.bias = false}},
        Sequential<double>{third_party::Swish<double>{}, Sequential<double>{Linear<double>{4, 2}}},
        third_party::Scale<double>{}};
    CHECK(summary(net, {3}) ==
          "Layer                       Output shape  Parameters\n"
          "----------------------------------------------------\n"
          "   Input                    [N, 3]\n"
          "0  Linear(3 -> 4, no bias)  [N, 4]                12\n"
          "1  Sequential               [N, 2]                10\n"
          "  1.0  Swish                [N, 4]                 0\n"
          "  1.1  Sequential           [N, 2]                10\n"
          "    1.1.0  Linear(4 -> 2)   [N, 2]                10\n"
          "2  Scale                    [N, 2]                 1\n"
          "----------------------------------------------------\n"
          "Total parameters:         23 (184 B)\n"
          "Trainable parameters:     23 (184 B)\n"
          "Non-trainable parameters: 0 (0 B)\n");
  }

  TEST_CASE("summary: accepts an empty network and scalar samples") {
    CHECK(summary(Sequential<float>{}, {}).find("   Input  [N]\n") != std::string::npos);
  }

  TEST_CASE("summary: an error for mismatched samples names the layer") {
    const Sequential net{Flatten{}, Linear{784, 256}};
    CHECK_THROWS_WITH_AS(summary(net, {10, 10}),
                         "Sequential: layer 1: Linear: input has shape [1, 100], expected [N, 784]",
                         ShapeError);
  }

  TEST_CASE("summary: counts and sizes are readable") {
    CHECK(detail::with_commas(0) == "0");
    CHECK(detail::with_commas(999) == "999");
    CHECK(detail::with_commas(1000) == "1,000");
    CHECK(detail::with_commas(1234567) == "1,234,567");
    CHECK(detail::memory_size(1023) == "1023 B");
    CHECK(detail::memory_size(1024) == "1.00 KB");
    CHECK(detail::memory_size((1 << 20) - 1) == "1.00 MB");
    CHECK(detail::memory_size(gradus::Index{5} << 40) == "5120.00 GB");
  }

  TEST_CASE("summary: does not depend on the locale") {
    const auto text = [] {
      return summary(
          Sequential{Linear{784, 256}, Dropout{0.25}, LeakyReLU{0.125f}, ELU{1.5f}, Softplus{{.beta = 2.5}}},
          {784});
    };
    const std::string expected = text();
    const gradus::test::CommaLocale comma;
    CHECK(text() == expected);
    CHECK(expected.find("Dropout(0.25)") != expected.npos);
    CHECK(expected.find("200,960 (785.00 KB)") != expected.npos);
  }
}
