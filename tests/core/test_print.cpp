// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/print.hpp>

#include "../support/comma_locale.hpp"

namespace {

using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
using gradus::TensorView;

/// Returns the printed text without the line of type and shape.
template <class T>
std::string numbers(const T& tensor) {
  const std::string text = gradus::to_string(tensor);
  return text.substr(text.find('\n') + 1);
}

constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("print: shows the type, the shape and aligned numbers") {
  const Tensor<float> tensor{{0.5f, -1.25f}, {10, 3}};
  const std::string expected =
      "Tensor<float> [2, 2]\n"
      "[[ 0.5000, -1.2500],\n"
      " [10.0000,  3.0000]]";
  CHECK(gradus::to_string(tensor) == expected);
  std::ostringstream stream;
  stream << tensor << tensor.view() << TensorView<float>() << tensor.shape();
  CHECK(stream.str() == expected + expected + "Tensor<float> [0]\n[]" + "[2, 2]");
}

TEST_CASE("print: rank 0 has no brackets, and a tensor without elements is []") {
  CHECK(gradus::to_string(Tensor<double>::scalar(-2.5)) == "Tensor<double> []\n-2.5000");
  CHECK(gradus::to_string(Tensor<int>{}) == "Tensor<int32> [0]\n[]");
  CHECK(gradus::to_string(Tensor<float>(Shape{3, 0, 2})) == "Tensor<float> [3, 0, 2]\n[]");
}

TEST_CASE("print: small integers are shown as numbers, not characters") {
  CHECK(gradus::to_string(Tensor<std::uint8_t>{{1, 200}, {65, 0}}) ==
        "Tensor<uint8> [2, 2]\n[[  1, 200],\n [ 65,   0]]");
  CHECK(gradus::to_string(Tensor<std::int8_t>{-128, 65}) == "Tensor<int8> [2]\n[-128,   65]");
  CHECK(numbers(Tensor<Index>{std::numeric_limits<Index>::min(), 1}) ==
        "[-9223372036854775808,                    1]");
  CHECK(gradus::to_string(Tensor<bool>{true, false}) == "Tensor<bool> [2]\n[1, 0]");
}

// As PyTorch prints them.
TEST_CASE("print: shows integers, fractions, and exponents where the range is wide") {
  CHECK(numbers(Tensor<float>{1, 2, 30}) == "[ 1.,  2., 30.]");
  CHECK(numbers(Tensor<float>{0, 0}) == "[0., 0.]");
  CHECK(numbers(Tensor<float>{0.001f, 1}) == "[0.0010, 1.0000]");
  CHECK(numbers(Tensor<float>{0.0001f, 1}) == "[1.0000e-04, 1.0000e+00]");
  CHECK(numbers(Tensor<float>{1e-5f, -2e-5f}) == "[ 1.0000e-05, -2.0000e-05]");
  CHECK(numbers(Tensor<double>{1e9, 2e9}) == "[1.0000e+09, 2.0000e+09]");
  CHECK(numbers(Tensor<double>{1e300, 0}) == "[1.0000e+300,  0.0000e+00]");
}

TEST_CASE("print: NaN and infinities are aligned with the numbers") {
  CHECK(numbers(Tensor<float>{NAN, infinity, -infinity, 1}) == "[ nan,  inf, -inf,   1.]");
  CHECK(numbers(Tensor<float>{NAN, 0.5f}) == "[   nan, 0.5000]");
  CHECK(numbers(Tensor<float>{NAN}) == "[nan]");
}

TEST_CASE("print: blocks of higher rank are separated by blank lines") {
  CHECK(numbers(Tensor<int>::arange(8).reshape({2, 2, 2})) ==
        "[[[0, 1],\n  [2, 3]],\n\n [[4, 5],\n  [6, 7]]]");
  CHECK(numbers(Tensor<int>::arange(2).reshape({2, 1, 1, 1})) == "[[[[0]]],\n\n\n [[[1]]]]");
}

TEST_CASE("print: only the edges of more than 1000 elements are shown") {
  CHECK(numbers(Tensor<int>::arange(1001)) == "[   0,    1,    2, ...,  998,  999, 1000]");
  CHECK(numbers(Tensor<int>::arange(1000)).find("...") == std::string::npos);
  CHECK(numbers(Tensor<int>::arange(4000).reshape({4, 1000})) ==
        "[[   0,    1,    2, ...,  997,  998,  999],\n"
        " [1000, 1001, 1002, ..., 1997, 1998, 1999],\n"
        " [2000, 2001, 2002, ..., 2997, 2998, 2999],\n"
        " [3000, 3001, 3002, ..., 3997, 3998, 3999]]");
  CHECK(numbers(Tensor<int>::arange(1400).reshape({200, 7})) ==
        "[[   0,    1,    2, ...,    4,    5,    6],\n"
        " [   7,    8,    9, ...,   11,   12,   13],\n"
        " [  14,   15,   16, ...,   18,   19,   20],\n"
        " ...,\n"
        " [1379, 1380, 1381, ..., 1383, 1384, 1385],\n"
        " [1386, 1387, 1388, ..., 1390, 1391, 1392],\n"
        " [1393, 1394, 1395, ..., 1397, 1398, 1399]]");
}

TEST_CASE("print: only visible elements determine the width") {
  Tensor<float> tensor(Shape{2000});
  tensor(1000) = 123456.5f;
  CHECK(numbers(tensor) == "[0., 0., 0., ..., 0., 0., 0.]");
}

TEST_CASE("print: long rows are broken at 80 columns") {
  const std::string text = numbers(Tensor<float>::full({3, 300}, 0.25f));
  std::size_t longest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  CHECK(longest <= 80);
  CHECK(longest > 70);
}

TEST_CASE("print: does not depend on the locale") {
  const gradus::test::CommaLocale comma;
  CHECK(numbers(Tensor<float>{0.5f, -1.25f}) == "[ 0.5000, -1.2500]");
  CHECK(numbers(Tensor<float>{1e-5f, -2e-5f}) == "[ 1.0000e-05, -2.0000e-05]");
  CHECK(numbers(Tensor<double>{123456, 1000}) == "[123456.,   1000.]");
  CHECK(numbers(Tensor<int>{1234567}) == "[1234567]");
  std::ostringstream stream;  // uses the locale
  stream << Tensor<double>{1234.5} << Shape{1234567};
  CHECK(stream.str() == "Tensor<double> [1]\n[1234.5000][1234567]");
}

TEST_CASE("print: shows long double values that may exceed the range of double") {
  CHECK(numbers(Tensor<long double>{1e10L, 1}) == "[1.0000e+10, 1.0000e+00]");
  if (std::numeric_limits<long double>::max_exponent10 > 400) {
    CHECK(numbers(Tensor<long double>{std::numeric_limits<long double>::max(), 0}).size() < 40);
  }
}
