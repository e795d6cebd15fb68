// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/io/onnx.hpp>
#include <gradus/nn.hpp>

#include "../support/onnx_bytes.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
using gradus::test::TemporaryFolder;
const std::string reference = std::string(GRADUS_TEST_DATA_DIR) + "/onnx/";

/// Returns the floats of a file written by tests/reference/make_onnx.py, as rows.
Tensor<float> numbers(const std::string& file, const Shape& shape) {
  const std::string bytes = test::read_file(reference + file);
  Tensor<float> x(shape);
  REQUIRE(bytes.size() == to_size(x.size()) * sizeof(float));
  std::memcpy(x.data(), bytes.data(), bytes.size());
  return x;
}

/// Returns whether the bytes are a network. Lets any exception other than FileError pass, because it is a
/// bug.
bool is_network(std::string_view bytes) {
  try {
    static_cast<void>(load_onnx(std::as_bytes(std::span(bytes))));
    return true;
  } catch (const FileError&) {
    return false;
  }
}

}  // namespace

TEST_CASE("load_onnx: networks from PyTorch give the same predictions") {
  struct Case {
    const char* name;
    Shape shape;
  };
  for (const Case& c : {Case{"policy", {5, 12}}, Case{"mlp", {5, 3, 4}}, Case{"activations", {5, 12}}}) {
    const Tensor<float> x = numbers(std::string(c.name) + ".x", c.shape),
                        y = numbers(std::string(c.name) + ".y", {5, 4 + 4 * (c.name[0] == 'a')});
    const Tensor<float> found = load_onnx(reference + c.name + ".onnx").predict(x);
    REQUIRE(found.shape() == y.shape());
    for (Index i = 0; i < y.size(); ++i) CHECK(std::abs(found.data()[i] - y.data()[i]) <= 1e-6);
  }
}

TEST_CASE("load_onnx: constants before the first layer become a BatchNorm1d and a Clip") {
  const nn::Sequential<float> net = load_onnx(reference + "policy.onnx");
  CHECK(net[0].name() == "BatchNorm1d(12)");
  CHECK(net[1].name() == "Clip(-5, 5)");
  CHECK(net[2].name() == "Linear(12 -> 16)");
}

TEST_CASE("load_onnx: a truncated file is refused, wherever it ends") {
  const std::string bytes = test::read_file(reference + "activations.onnx");
  REQUIRE(is_network(bytes));
  std::size_t accepted = 0;
  for (std::size_t length = 0; length < bytes.size(); ++length)
    accepted += is_network(bytes.substr(0, length));
  CHECK(accepted == 0);  // the operator version is at the end
}

TEST_CASE("load_onnx: a file with modified bytes gives a network or a FileError, and nothing else") {
  for (const char* name : {"policy.onnx", "mlp.onnx"}) {
    const std::string original = test::read_file(reference + name);
    Generator random(3);
    std::size_t refused = 0;
    for (int round = 0; round < 3000; ++round) {
      std::string bytes = original;
      const Index changes = 1 + random.below(4);
      for (Index i = 0; i < changes; ++i) {
        // Most of a file is weights; the interesting part is at its ends.
        const Index at = random.below(static_cast<Index>(bytes.size()));
        bytes[to_size(at)] = static_cast<char>(random.below(256));
      }
      refused += !is_network(bytes);
    }
    CHECK(refused > 100);
  }
}

TEST_CASE("load_onnx: a missing file, or one that is not ONNX, is a FileError that names it") {
  const TemporaryFolder folder("onnx");
  CHECK_THROWS_AS(load_onnx(folder.path / "missing.onnx"), FileError);
  test::write_file(folder.path / "text.onnx", "hello");
  CHECK(test::message_of<FileError>([&] {
          load_onnx(folder.path / "text.onnx");
        }).find("text.onnx: ModelProto: ") != std::string::npos);
}
