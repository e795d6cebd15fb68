// SPDX-License-Identifier: MIT

#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include <gradus/io/onnx.hpp>
#include <gradus/nn.hpp>

#include "../support/swish.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
using namespace gradus::nn;
using gradus::test::TemporaryFolder;

/// Returns the largest difference between the predictions of a network and of the same network read back from
/// a file.
template <class Scalar>
Scalar round_trip(Sequential<Scalar> net, const Shape& sample, Index size = -1) {
  const TemporaryFolder folder("onnx");
  net.visit_buffers([](std::string_view, Tensor<Scalar>& tensor) {
    for (Index i = 0; i < tensor.size(); ++i)
      tensor.data()[i] += static_cast<Scalar>(0.1 * static_cast<double>(i + 1));
  });
  save_onnx(net, folder.path / "net.onnx", sample);
  const Sequential<Scalar> back = load_onnx<Scalar>(folder.path / "net.onnx");
  CHECK(back.size() == (size < 0 ? net.size() : size));
  Tensor<Scalar> x(sample.prepend(3));
  Generator(5).fill_uniform(x.span(), -3, 3);
  const Tensor<Scalar> before = net.predict(x), after = back.predict(x);
  REQUIRE(before.shape() == after.shape());
  Scalar largest = 0;
  for (Index i = 0; i < before.size(); ++i)
    largest = std::max(largest, std::abs(before.data()[i] - after.data()[i]));
  return largest;
}

}  // namespace

TEST_CASE("save_onnx: each module is read back as itself") {
  const Shape row{6};
  CHECK(round_trip<float>({Linear{6, 4}}, row) == 0);
  CHECK(round_trip<float>({Linear{6, 4, {.bias = false}}}, row) == 0);
  CHECK(round_trip<double>({Linear<double>{6, 4}}, row) == 0);
  CHECK(round_trip<float>({BatchNorm1d{6}}, row) == 0);
  CHECK(round_trip<float>({BatchNorm1d{6, {.affine = false}}}, row) == 0);
  CHECK(round_trip<float>({LayerNorm{6}}, row) == 0);
  CHECK(round_trip<float>({LayerNorm{6, {.affine = false}}}, {2, 6}) == 0);
  CHECK(round_trip<float>(
            {ReLU{}, Sigmoid{}, Tanh{}, ELU{0.7}, LeakyReLU{0.2}, SiLU{}, GELU{}, GELU{GELUForm::tanh}},
            row) == 0);
  CHECK(round_trip<double>({Softplus{}, Softplus{{.beta = 3}}, GELU{}, GELU{GELUForm::tanh}, SiLU{}}, row) <=
        1e-15);
  CHECK(round_trip<float>({Softmax{}, Dropout{0.3}, Clip{-1, 2}}, {2, 6}) == 0);
  CHECK(round_trip<float>({Flatten{}, ReLU{}}, {2, 3}) == 0);
  // Identity is omitted and a nested network is flattened.
  CHECK(round_trip<float>({Identity{}, Sequential<float>{Linear{6, 4}, ReLU{}}, Softmax{}}, row, 3) == 0);
}

TEST_CASE("save_onnx: scalers are read back as a BatchNorm1d") {
  Generator random(1);
  const Tensor<double> x = Tensor<double>::randn({20, 6}, random, 3, 2);
  CHECK(round_trip<double>({Standardize{x}, Linear<double>{6, 4}}, {6}) <= 1e-14);
  CHECK(round_trip<double>({MinMax{x, -1, 1}, ReLU{}}, {6}) <= 1e-14);
}

TEST_CASE("save_onnx: OneHot is read back as itself, with one column of 40 categories and with no columns") {
  const TemporaryFolder folder("onnx");
  Generator random(1);
  for (const auto& columns : {std::vector<CategoricalColumn>{{1, 3}, {3, 4}}, {{0, 40}}, {{3, 1}}, {}}) {
    const OneHot one_hot{4, columns};
    const Sequential<float> net{one_hot, Linear{one_hot.out(), 3, random}, Tanh{}};
    save_onnx(net, folder.path / "net.onnx", {4});
    const Sequential<float> back = load_onnx(folder.path / "net.onnx");
    REQUIRE(back.size() == 3);
    REQUIRE(back[0].get_if<OneHot<float>>() != nullptr);
    CHECK(back[0].get_if<OneHot<float>>()->columns() == columns);
    const Tensor<float> x{{2, 1, 0.5f, 3}, {39, 2, -1, 0}, {-1, 0.5f, 7, 4}};
    CHECK(back.predict(x) == net.predict(x));
  }
}

TEST_CASE("save_onnx: epsilon, momentum and probability are read back as the same doubles") {
  const TemporaryFolder folder("onnx");
  const Sequential<float> net{BatchNorm1d{4, {.epsilon = 1e-3, .momentum = 0.05}},
                              LayerNorm{4, {.epsilon = 1e-6}}, Dropout{0.3}};
  save_onnx(net, folder.path / "net.onnx", {4});
  const Sequential<float> back = load_onnx(folder.path / "net.onnx");
  REQUIRE(back.size() == 3);
  const auto* norm = back[0].get_if<BatchNorm1d<float>>();
  REQUIRE(norm != nullptr);
  CHECK(norm->options().epsilon == 1e-3);
  CHECK(norm->options().momentum == 0.05);
  const auto* layer_norm = back[1].get_if<LayerNorm<float>>();
  REQUIRE(layer_norm != nullptr);
  CHECK(layer_norm->options().epsilon == 1e-6);
  const auto* dropout = back[2].get_if<Dropout<float>>();
  REQUIRE(dropout != nullptr);
  CHECK(dropout->p() == 0.3);
}

TEST_CASE("save_onnx: refuses modules that ONNX does not support, and samples of the wrong shape") {
  const TemporaryFolder folder("onnx");
  const auto file = folder.path / "net.onnx";
  CHECK_THROWS_WITH_AS(save_onnx(Sequential<float>{Linear{2, 2}, third_party::Swish<float>{}}, file, {2}),
                       "save_onnx: module 1 is Swish, expected a module of gradus", ArgumentError);
  CHECK_THROWS_AS(save_onnx(Sequential<float>{Softplus{{.threshold = 2}}}, file, {2}), ArgumentError);
  CHECK_THROWS_AS(save_onnx(Sequential<float>{Linear{2, 2}}, file, {3}), ShapeError);
  CHECK_FALSE(std::filesystem::exists(file));
}
