// SPDX-License-Identifier: MIT

#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <vector>

#include <gradus/nn/dense_layer.hpp>

/// Single-sample inference as a user would write it by hand with Eigen; the reference in the benchmarks.
namespace bench {

/// Computes y = f(y). ELU has alpha = 1.
template <class Vector>
void activate(gradus::nn::Activation activation, Vector& y) {
  using gradus::nn::Activation;
  if (activation == Activation::relu) y = y.cwiseMax(0.0f);
  if (activation == Activation::tanh) y = y.array().tanh().matrix();
  if (activation == Activation::elu) y = (y.array() < 0).select(y.array().exp() - 1, y.array()).matrix();
}

/// A network with sizes known at run time. `order` is Eigen::RowMajor or Eigen::ColMajor.
template <int order>
class DynamicEigenNetwork {
 public:
  explicit DynamicEigenNetwork(const std::vector<gradus::nn::DenseLayer<float>>& layers) {
    for (const auto& layer : layers) {
      using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
      layers_.push_back({Eigen::Map<const RowMajor>(layer.weight.data(), layer.out, layer.in),
                         Eigen::Map<const Eigen::VectorXf>(layer.bias.data(), layer.out),
                         Eigen::VectorXf(layer.out), layer.activation});
    }
  }
  void operator()(const float* x, float* y) {
    Eigen::Map<const Eigen::VectorXf> in(x, layers_.front().weight.cols());
    run(layers_.front(), in);
    for (std::size_t i = 1; i < layers_.size(); ++i) run(layers_[i], layers_[i - 1].output);
    const Eigen::VectorXf& output = layers_.back().output;
    std::copy(output.begin(), output.end(), y);
  }

 private:
  struct Layer {
    Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, order> weight;
    Eigen::VectorXf bias, output;
    gradus::nn::Activation activation;
  };
  template <class Input>
  static void run(Layer& layer, const Input& x) {
    layer.output = layer.bias;
    layer.output.noalias() += layer.weight * x;
    activate(layer.activation, layer.output);
  }
  std::vector<Layer> layers_;
};

/// A layer with constant sizes.
template <int in, int out, int order>
struct FixedEigenLayer {
  // Eigen allows column vectors only in column-major order and row vectors only in row-major order.
  static constexpr int storage = in == 1 ? Eigen::ColMajor : out == 1 ? Eigen::RowMajor : order;
  Eigen::Matrix<float, out, in, storage> weight;
  Eigen::Matrix<float, out, 1> bias;

  explicit FixedEigenLayer(const gradus::nn::DenseLayer<float>& layer)
      : bias(Eigen::Map<const Eigen::Matrix<float, out, 1>>(layer.bias.data())) {
    for (int j = 0; j < out; ++j)
      for (int k = 0; k < in; ++k) weight(j, k) = layer.weight[static_cast<std::size_t>(j * in + k)];
  }
  template <class Input>
  Eigen::Matrix<float, out, 1> operator()(const Input& x, gradus::nn::Activation activation) const {
    Eigen::Matrix<float, out, 1> y = bias;
    y.noalias() += weight * x;
    activate(activation, y);
    return y;
  }
};

/// A network with constant sizes: the inputs, then each layer's outputs. The last layer has no activation.
template <int order, gradus::nn::Activation activation, int in, int out, int... more>
class FixedEigenNetwork {
 public:
  explicit FixedEigenNetwork(const std::vector<gradus::nn::DenseLayer<float>>& layers, std::size_t first = 0)
      : layer_(layers[first]), next_(layers, first + 1) {}
  void operator()(const float* x, float* y) const {
    run(Eigen::Map<const Eigen::Matrix<float, in, 1>>(x), y);
  }
  template <class Input>
  void run(const Input& x, float* y) const {
    next_.run(layer_(x, activation), y);
  }

 private:
  FixedEigenLayer<in, out, order> layer_;
  FixedEigenNetwork<order, activation, out, more...> next_;
};
template <int order, gradus::nn::Activation activation, int in, int out>
class FixedEigenNetwork<order, activation, in, out> {
 public:
  explicit FixedEigenNetwork(const std::vector<gradus::nn::DenseLayer<float>>& layers, std::size_t first = 0)
      : layer_(layers[first]) {}
  void operator()(const float* x, float* y) const {
    run(Eigen::Map<const Eigen::Matrix<float, in, 1>>(x), y);
  }
  template <class Input>
  void run(const Input& x, float* y) const {
    Eigen::Map<Eigen::Matrix<float, out, 1>> result(y);
    result = layer_(x, gradus::nn::Activation::identity);
  }

 private:
  FixedEigenLayer<in, out, order> layer_;
};

}  // namespace bench
