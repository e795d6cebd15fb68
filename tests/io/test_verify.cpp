// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <gradus/io/safetensors_writer.hpp>
#include <gradus/io/state_dict.hpp>
#include <gradus/io/verify.hpp>
#include <gradus/nn.hpp>

#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
using namespace gradus::nn;
using gradus::test::message_of;
using gradus::test::TemporaryFolder;

Verification verify_with(const Tensor<float>& input, const Tensor<float>& output) {
  const TemporaryFolder folder("verify");
  SafetensorsWriter writer;
  writer.add("gradus.input", input);
  writer.add("gradus.output", output);
  writer.write(folder.path / "file");
  return verify(Sequential<float>{Identity{}}, folder.path / "file", 0.1);
}

}  // namespace

TEST_CASE("verify: compares relative to the largest output") {
  const Tensor<float> x{{1, -4}};
  CHECK(verify_with(x, x).relative_error() == 0);
  CHECK(verify_with(x, {{1, -4}}).ok());
  const Verification near = verify_with(x, {{1.25f, -4}});
  CHECK(near.difference == 0.25);
  CHECK(near.largest == 4);
  CHECK(near.ok());
  CHECK(near.to_string() == "relative error is 0.0625, expected at most 0.1");
  CHECK_FALSE(verify_with(x, {{1.5f, -4}}).ok());
  CHECK(verify_with({{0, 0}}, {{0, 0}}).ok());
  CHECK_FALSE(verify_with({{0, 1}}, {{0, 0}}).ok());
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  CHECK(verify_with({{infinity, 1}}, {{infinity, 1}}).ok());
  CHECK_FALSE(verify_with({{infinity, 1}}, {{1, 1}}).ok());
  CHECK_FALSE(verify_with({{nan, 1, 9}}, {{1, 1, 1}}).ok());
  CHECK_FALSE(verify_with({{1, 1, 9}}, {{nan, 1, 9}}).ok());
}

TEST_CASE("verify: accepts a file that was saved with an example") {
  const TemporaryFolder folder("verify_saved");
  Generator random{1};
  Sequential net{Linear{3, 2, random}, BatchNorm1d{2}};
  const auto x = Tensor<float>::randn({4, 3}, random);
  save(net, folder.path / "file", {.example = &x});
  CHECK(verify(net, folder.path / "file").relative_error() == 0);
  Sequential other{Linear{3, 2}, BatchNorm1d{2}};
  CHECK_FALSE(verify(other, folder.path / "file").ok());
  load(other, folder.path / "file");  // the example does not count as unexpected
  CHECK(verify(other, folder.path / "file").ok());
}

TEST_CASE("verify: refuses a file without an example or with a mismatched one") {
  const TemporaryFolder folder("verify_none");
  const Sequential<float> net{Linear{3, 2}};
  save(net, folder.path / "file");
  const auto error_of = [](auto&& call) { return message_of<FileError>(call); };
  CHECK(error_of([&] {
          static_cast<void>(verify(net, folder.path / "file"));
        }).ends_with("no tensor is named \"gradus.input\", expected one of entries()"));
  CHECK(error_of([&] {
          verify_with({{1, 2}}, {{1, 2, 3}});
        }).ends_with("output in the file has shape [1, 3], expected [1, 2] as from the network"));
  const Tensor<float> x{{1, 2, 3, 4}};
  SafetensorsWriter writer;
  writer.add("gradus.input", x);
  writer.add("gradus.output", x);
  writer.write(folder.path / "file");
  CHECK(error_of([&] {
          static_cast<void>(verify(net, folder.path / "file"));
        }).ends_with("Linear: input has shape [1, 4], expected [N, 3]"));
}
