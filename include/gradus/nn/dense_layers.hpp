// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/any_module.hpp>
#include <gradus/nn/batch_norm.hpp>
#include <gradus/nn/clip.hpp>
#include <gradus/nn/dense_layer.hpp>
#include <gradus/nn/dropout.hpp>
#include <gradus/nn/elu.hpp>
#include <gradus/nn/feature_scaling.hpp>
#include <gradus/nn/flatten.hpp>
#include <gradus/nn/gelu.hpp>
#include <gradus/nn/identity.hpp>
#include <gradus/nn/leaky_relu.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/one_hot.hpp>
#include <gradus/nn/relu.hpp>
#include <gradus/nn/scalers.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/nn/sigmoid.hpp>
#include <gradus/nn/silu.hpp>
#include <gradus/nn/softmax.hpp>
#include <gradus/nn/softplus.hpp>
#include <gradus/nn/tanh.hpp>

namespace gradus::nn {

namespace detail {

/// A builder that flattens a network into layers of doubles. A scaling or activation that does not follow a
/// Linear becomes a diagonal layer.
template <class Scalar>
class DenseLayers {
 public:
  /// Appends the modules of a network; `path` is the prefix of their numbers in messages.
  void take(const Sequential<Scalar>& net, const std::string& path) {
    for (Index i = 0; i < net.size(); ++i) take(net[i], path + std::to_string(i));
  }

  /// Returns the layers, rounded to Scalar once.
  std::vector<DenseLayer<Scalar>> finish() {
    if (scale_ || !categories_.empty()) add_diagonal(width_);
    std::vector<DenseLayer<Scalar>> result;
    for (const DenseLayer<double>& layer : layers_) {
      result.push_back({layer.in,
                        layer.out,
                        {layer.weight.begin(), layer.weight.end()},
                        {layer.bias.begin(), layer.bias.end()},
                        layer.activation,
                        layer.first,
                        layer.second,
                        layer.categories});
    }
    return result;
  }

 private:
  using Module = AnyModule<Scalar>;

  void take(const Module& module, const std::string& path) {
    if (const auto* net = module.template get_if<Sequential<Scalar>>()) return take(*net, path + ".");
    if (const auto* linear = module.template get_if<Linear<Scalar>>()) return add(*linear, path);
    if (const auto* one_hot = module.template get_if<OneHot<Scalar>>()) return replace(*one_hot, path);
    if (const auto* norm = module.template get_if<BatchNorm1d<Scalar>>()) return scale(*norm, path);
    if (const FeatureScaling<Scalar>* scaling = find_feature_scaling(module)) return scale(*scaling, path);
    if (module.template get_if<Dropout<Scalar>>() || module.template get_if<Identity<Scalar>>() ||
        module.template get_if<Flatten<Scalar>>())
      return;
    if (!activate(module)) {
      throw ArgumentError(
          "dense_layers: module " + path + " is " + module.name() +
          ", expected Linear, BatchNorm1d, Standardize, MinMax, OneHot, Dropout, Flatten, Identity or an "
          "activation");
    }
  }

  void add(const Linear<Scalar>& linear, const std::string& path) {
    check_width(linear.in(), path);
    DenseLayer<double> layer{linear.in(), linear.out(), numbers(linear.weight.value),
                             numbers(linear.bias.value)};
    layer.bias.resize(to_size(layer.out));
    if (scale_) {  // W (s x + t) + b
      for (Index j = 0; j < layer.out; ++j) {
        for (Index k = 0; k < layer.in; ++k) {
          double& w = layer.weight[to_size(j * layer.in + k)];
          layer.bias[to_size(j)] += w * shift_by_[to_size(k)];
          w *= scale_by_[to_size(k)];
        }
      }
      scale_ = false;
    }
    width_ = layer.out;
    append(std::move(layer));
  }
  /// Appends a layer, which takes over the pending categories_.
  void append(DenseLayer<double> layer) {
    layer.categories = std::exchange(categories_, {});
    layers_.push_back(std::move(layer));
    is_activated_ = false;
  }

  /// Keeps the categories for the next layer.
  void replace(const OneHot<Scalar>& one_hot, const std::string& path) {
    check_width(one_hot.in(), path);
    if (one_hot.columns().empty()) return;
    if (scale_ || !categories_.empty()) add_diagonal(width_);
    categories_ = one_hot.columns();
    width_ = one_hot.out();
  }

  /// Folds batch normalisation with running statistics, which is `s x + t`.
  void scale(const BatchNorm1d<Scalar>& norm, const std::string& path) {
    check_width(norm.features(), path);
    std::vector<double> s(to_size(norm.features())), t = s;
    for (std::size_t i = 0; i < s.size(); ++i) {
      const auto at = static_cast<Index>(i);
      const auto variance = static_cast<double>(norm.running_variance.data()[at]);
      s[i] = static_cast<double>(norm.weight.value.data()[at]) / std::sqrt(variance + norm.options().epsilon);
      t[i] = static_cast<double>(norm.bias.value.data()[at]) -
             s[i] * static_cast<double>(norm.running_mean.data()[at]);
    }
    scale(std::move(s), std::move(t));
  }
  void scale(const FeatureScaling<Scalar>& scaling, const std::string& path) {
    check_width(scaling.features(), path);
    std::vector<double> s(to_size(scaling.features())), t = s;
    for (std::size_t i = 0; i < s.size(); ++i) {
      s[i] = 1 / static_cast<double>(scaling.scale.data()[i]);
      t[i] = -static_cast<double>(scaling.offset.data()[i]) * s[i];
    }
    scale(std::move(s), std::move(t));
  }
  /// Folds `s x + t` into the preceding layer, or keeps it for the next one.
  void scale(std::vector<double> s, std::vector<double> t) {
    if (!layers_.empty() && !is_activated_ && !scale_ && categories_.empty()) {
      DenseLayer<double>& layer = layers_.back();
      for (Index j = 0; j < layer.out; ++j) {
        for (Index k = 0; k < layer.in; ++k) layer.weight[to_size(j * layer.in + k)] *= s[to_size(j)];
        layer.bias[to_size(j)] = layer.bias[to_size(j)] * s[to_size(j)] + t[to_size(j)];
      }
      return;
    }
    if (scale_) add_diagonal(width_);
    scale_by_ = std::move(s);
    shift_by_ = std::move(t);
    scale_ = true;
  }

  bool activate(const Module& module) {
    DenseLayer<double> f;
    if (const auto* elu = module.template get_if<ELU<Scalar>>()) {
      f.activation = Activation::elu;
      f.first = elu->alpha();
    } else if (const auto* leaky = module.template get_if<LeakyReLU<Scalar>>()) {
      f.activation = Activation::leaky_relu;
      f.first = leaky->slope();
    } else if (const auto* softplus = module.template get_if<Softplus<Scalar>>()) {
      f.activation = Activation::softplus;
      f.first = softplus->options().beta;
      f.second = softplus->options().threshold;
    } else if (const auto* clip = module.template get_if<Clip<Scalar>>()) {
      f.activation = Activation::clip;
      f.first = clip->low();
      f.second = clip->high();
    } else if (const auto* gelu = module.template get_if<GELU<Scalar>>()) {
      f.activation = gelu->form() == GELUForm::exact ? Activation::gelu : Activation::gelu_tanh;
    } else if (module.template get_if<ReLU<Scalar>>()) {
      f.activation = Activation::relu;
    } else if (module.template get_if<Sigmoid<Scalar>>()) {
      f.activation = Activation::sigmoid;
    } else if (module.template get_if<Tanh<Scalar>>()) {
      f.activation = Activation::tanh;
    } else if (module.template get_if<SiLU<Scalar>>()) {
      f.activation = Activation::silu;
    } else if (module.template get_if<Softmax<Scalar>>()) {
      f.activation = Activation::softmax;
    } else {
      return false;
    }
    if (scale_ || !categories_.empty() || layers_.empty() || is_activated_) add_diagonal(width_);
    DenseLayer<double>& last = layers_.back();
    last.activation = f.activation;
    last.first = f.first;
    last.second = f.second;
    is_activated_ = true;
    return true;
  }

  /// Adds a layer that applies the pending scale and shift, or the identity if there are none.
  void add_diagonal(Index width) {
    if (width < 0)
      throw ArgumentError("dense_layers: the network begins with an activation, expected a Linear before it");
    DenseLayer<double> layer{width, width, std::vector<double>(to_size(width * width)),
                             std::vector<double>(to_size(width))};
    for (Index i = 0; i < width; ++i) {
      layer.weight[to_size(i * width + i)] = scale_ ? scale_by_[to_size(i)] : 1;
      if (scale_) layer.bias[to_size(i)] = shift_by_[to_size(i)];
    }
    append(std::move(layer));
    scale_ = false;
  }

  void check_width(Index width, const std::string& path) {
    if (width < 1 || (width_ >= 0 && width_ != width)) {
      throw ArgumentError("dense_layers: module " + path + " has " + std::to_string(width) +
                          " inputs, expected " + (width_ >= 0 ? std::to_string(width_) : "at least 1"));
    }
    width_ = width;
  }

  static std::vector<double> numbers(const Tensor<Scalar>& tensor) { return {tensor.begin(), tensor.end()}; }

  std::vector<DenseLayer<double>> layers_;
  std::vector<double> scale_by_, shift_by_;  // pending before the next layer, if scale_
  bool scale_ = false;
  std::vector<CategoricalColumn> categories_;  // columns that the next layer replaces
  bool is_activated_ = false;                  // whether the last layer has an activation already
  Index width_ = -1;                           // number of values at this point, -1 while unknown
};

}  // namespace detail

/// Converts a network to fully connected layers for inference, with its current parameters and statistics.
/// Nested networks are flattened; BatchNorm1d, Standardize and MinMax are folded into their neighbours in
/// double; OneHot becomes part of the layer after it; Dropout, Identity and Flatten are dropped. Throws
/// ArgumentError for an empty network and for any other module except an activation; the message names the
/// module.
template <class Scalar>
std::vector<DenseLayer<Scalar>> dense_layers(const Sequential<Scalar>& net) {
  detail::DenseLayers<Scalar> layers;
  layers.take(net, "");
  std::vector<DenseLayer<Scalar>> result = layers.finish();
  if (result.empty())
    throw ArgumentError("dense_layers: the network has no layers, expected at least one Linear");
  return result;
}

}  // namespace gradus::nn
