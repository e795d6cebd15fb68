// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/io/export_c.hpp>
#include <gradus/nn.hpp>

#include "../support/temporary_folder.hpp"

// tests/check_firmware.sh tests that the code compiles and computes the same as the network.

using namespace gradus;
using namespace gradus::nn;

TEST_CASE("export_c: names the function after the file or as requested") {
  const test::TemporaryFolder folder("export_c");
  const Sequential<float> net{Linear{3, 2}, Tanh{}};
  export_c(net, folder.path / "policy.h");
  const std::string text = test::read_file(folder.path / "policy.h");
  CHECK(text.find("void policy(const float in[3], float out[2])") != std::string::npos);
  CHECK(text.find("#define POLICY_INPUTS 3") != std::string::npos);
  CHECK(text.find("int policy_self_test(void)") != std::string::npos);
  export_c(net, folder.path / "policy.h", {.name = "act", .use_double = true});
  CHECK(test::read_file(folder.path / "policy.h").find("void act(const double in[3], double out[2])") !=
        std::string::npos);
  CHECK_THROWS_AS(export_c(net, folder.path / "2nd-policy.h"), ArgumentError);
}

TEST_CASE("export_c: the same network gives the same text") {
  const Sequential<float> net{Linear{3, 2}, Tanh{}};
  CHECK(c_source(net, "net") == c_source(net, "net"));
}
