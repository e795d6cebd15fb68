// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/io/onnx_builder.hpp>
#include <gradus/nn.hpp>

using namespace gradus;

TEST_CASE("OnnxBuilder: refuses more memory than the file has, plus 128 KiB") {
  const std::string where = "f.onnx";
  detail::OnnxBuilder<float> builder(where, 1000, Shape{4});
  builder.reserve(250 + 32768);
  CHECK_THROWS_WITH_AS(
      builder.reserve(1),
      "f.onnx: network is much larger than the file: it needs 1 more elements, expected at most 0",
      FileError);
}

TEST_CASE("OnnxBuilder: flattens samples if a constant per element is added to them") {
  const std::string where = "f.onnx";
  detail::OnnxBuilder<float> builder(where, 1000, Shape{2, 2});
  builder.scaling().add({1, 2, 3, 4});
  builder.push(nn::ReLU<float>{});
  CHECK(builder.is_flattened());
  const nn::Sequential<float> net = builder.finish();
  CHECK(net.predict(Tensor<float>::ones({1, 2, 2})) == Tensor<float>{{2, 3, 4, 5}});
}
