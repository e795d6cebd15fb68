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
  CHECK_THROWS_WITH_AS(builder.reserve(1),
                       "f.onnx: the network would be much larger than the file: 1 more numbers", FileError);
}

TEST_CASE("OnnxBuilder: turns a sample into a row where constants are added to its elements") {
  const std::string where = "f.onnx";
  detail::OnnxBuilder<float> builder(where, 1000, Shape{2, 2});
  builder.scaling().add({1, 2, 3, 4});
  builder.push(nn::ReLU<float>{});
  CHECK(builder.is_flattened());
  const nn::Sequential<float> net = builder.finish();
  CHECK(net.predict(Tensor<float>::ones({1, 2, 2})) == Tensor<float>{{2, 3, 4, 5}});
}
