// SPDX-License-Identifier: MIT

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/c_writer.hpp>

using namespace gradus;
using detail::CKind;
using detail::CStep;

TEST_CASE("check_c_name: accepts only names that a C function can have") {
  for (const char* name : {"policy", "Net_2", "x"}) CHECK_NOTHROW(detail::check_c_name(name));
  for (const char* name : {"", "2net", "_net", "my-net", "int", "class", "f\xc3\xbc", "exp"})
    CHECK_THROWS_AS(detail::check_c_name(name), ArgumentError);
  CHECK_THROWS_AS(detail::check_c_name(std::string(61, 'a')), ArgumentError);
}

TEST_CASE("CWriter: numbers read back exactly and have the network's type") {
  const std::vector<CStep> steps{{CKind::dense, 1, 2, {0.1, 3}, {1e-30, -0.5}}};
  const std::string in_float = detail::CWriter<float>("net", steps).write();
  CHECK(in_float.find("net_w0[2] = {\n    0.1F, 3.0F};") != std::string::npos);
  CHECK(in_float.find("net_b0[2] = {\n    1e-30F, -0.5F};") != std::string::npos);
  CHECK(in_float.find("void net(const float in[1], float out[2])") != std::string::npos);
  const std::string in_double = detail::CWriter<double>("net", steps).write();
  CHECK(in_double.find("net_w0[2] = {\n    0.1, 3.0};") != std::string::npos);
  CHECK(in_double.find("fabs(") != std::string::npos);
}

TEST_CASE("CWriter: refuses weights that are not finite in the output type") {
  const std::vector<CStep> steps{{CKind::dense, 1, 1, {1e60}, {0}}};
  CHECK_THROWS_AS(detail::CWriter<float>("net", steps).write(), NumericError);
  CHECK_NOTHROW(detail::CWriter<double>("net", steps).write());
}

TEST_CASE("CWriter: the test vector has category numbers for inputs that hold categories") {
  CStep one_hot{CKind::one_hot, 3, 9};
  one_hot.counts = {7, 0, 1};
  const std::string text = detail::CWriter<float>("net", {one_hot}).write();
  CHECK(text.find("static const int net_n0[3] = {\n    7, 0, 1};") != std::string::npos);
  CHECK(text.find("net_one_hot(net_n0, in, 3, out);") != std::string::npos);
  const std::string start = "net_test_in[3] = {\n    ";
  const std::size_t at = text.find(start);
  REQUIRE(at != std::string::npos);
  const std::string numbers = text.substr(at + start.size(), text.find('}', at) - at - start.size());
  CAPTURE(numbers);
  CHECK(numbers.substr(1, 3) == ".0F");  // one of 0 to 6
  CHECK(numbers[0] >= '0');
  CHECK(numbers[0] <= '6');
  CHECK(numbers.ends_with(", 0.0F"));
}

TEST_CASE("CWriter: a dense step after a one-hot step reads a buffer with its outputs") {
  CStep one_hot{CKind::one_hot, 2, 5};
  one_hot.counts = {4, 0};
  const std::string text =
      detail::CWriter<float>("net", {one_hot, {CKind::dense, 5, 1, {1, 2, 3, 4, 5}, {0}}}).write();
  CHECK(text.find(
            "  float a[5];\n  net_one_hot(net_n0, in, 2, a);\n  net_dense(net_w1, net_b1, a, 5, out, 1);") !=
        std::string::npos);
}
