// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/c_steps.hpp>
#include <gradus/nn.hpp>

namespace gradus::detail {

/// A network for one sample as a linear sequence of steps: nested networks are flattened, batch normalisation
/// is folded into its neighbours and dropout is omitted. Throws ArgumentError for unknown modules and for a
/// network without a layer that fixes its input size.
template <class Scalar>
class CProgram {
 public:
  explicit CProgram(const nn::Sequential<Scalar>& net) {
    take(net, "");
    flush();
    if (size_ < 0)
      throw ArgumentError(
          "export_c: number of inputs is unknown, expected a module that determines it, such as Linear");
    resolve_sizes();
  }

  const std::vector<CStep>& steps() const { return steps_; }
  Index inputs() const { return steps_.front().in; }
  Index outputs() const { return steps_.back().out; }

 private:
  void take(const nn::Sequential<Scalar>& net, const std::string& prefix) {
    for (Index i = 0; i < net.size(); ++i) {
      const nn::AnyModule<Scalar>& module = net[i];
      const std::string path = prefix + std::to_string(i);
      if (const auto* nested = module.template get_if<nn::Sequential<Scalar>>()) {
        take(*nested, path + ".");
      } else if (!is_nothing(module) && !take_layer(module, path) && !take_activation(module)) {
        throw ArgumentError("export_c: module " + path + " is " + module.name() +
                            ", expected a module of gradus");
      }
    }
  }

  template <class M>
  static const M* as(const nn::AnyModule<Scalar>& module) {
    return module.template get_if<M>();
  }
  static bool is_nothing(const nn::AnyModule<Scalar>& module) {
    return as<nn::Dropout<Scalar>>(module) || as<nn::Identity<Scalar>>(module) ||
           as<nn::Flatten<Scalar>>(module);
  }

  bool take_layer(const nn::AnyModule<Scalar>& module, const std::string& path) {
    if (const auto* linear = as<nn::Linear<Scalar>>(module)) {
      check(path, linear->in());
      add_dense(*linear);
    } else if (const auto* one_hot = as<nn::OneHot<Scalar>>(module)) {
      check(path, one_hot->in());
      add_one_hot(*one_hot);
    } else if (const auto* norm = as<nn::BatchNorm1d<Scalar>>(module)) {
      check(path, norm->features());
      add_batch_norm(*norm);
    } else if (const nn::FeatureScaling<Scalar>* scaling = nn::find_feature_scaling(module)) {
      check(path, scaling->features());
      add_scaling(*scaling);
    } else if (const auto* layer_norm = as<nn::LayerNorm<Scalar>>(module)) {
      check(path, layer_norm->features());
      flush();
      const Index n = layer_norm->features();
      steps_.push_back({CKind::layer_norm, n, n, numbers(layer_norm->weight.value, n, 1),
                        numbers(layer_norm->bias.value, n, 0), layer_norm->options().epsilon});
    } else {
      return false;
    }
    return true;
  }
  void check(const std::string& path, Index in) {
    if (in < 1 || (size_ >= 0 && size_ != in)) {
      throw ArgumentError("export_c: module " + path + " has " + std::to_string(in) + " inputs, expected " +
                          (size_ >= 0 ? std::to_string(size_) : "at least 1"));
    }
    size_ = in;
  }

  void add_dense(const nn::Linear<Scalar>& linear) {
    const Index in = linear.in(), out = linear.out();
    if (out < 1) throw ArgumentError("export_c: number of outputs of a Linear is 0, expected at least 1");
    CStep dense{CKind::dense, in, out, numbers(linear.weight.value, in * out, 0),
                numbers(linear.bias.value, out, 0)};
    // W (a x + c) + b = (W a) x + (b + W c)
    if (!scale_.weight.empty()) {
      for (Index o = 0; o < out; ++o) {
        for (Index i = 0; i < in; ++i) {
          double& w = dense.weight[to_size(o * in + i)];
          dense.bias[to_size(o)] += w * scale_.bias[to_size(i)];
          w *= scale_.weight[to_size(i)];
        }
      }
      scale_ = {};
    }
    steps_.push_back(std::move(dense));
    size_ = out;
  }

  void add_one_hot(const nn::OneHot<Scalar>& one_hot) {
    flush();
    CStep step{CKind::one_hot, one_hot.in(), one_hot.out()};
    step.counts.resize(to_size(one_hot.in()));
    for (const nn::CategoricalColumn& each : one_hot.columns())
      step.counts[to_size(each.column)] = each.count;
    steps_.push_back(std::move(step));
    size_ = one_hot.out();
  }

  // Batch normalisation at inference is a x + c.
  void add_batch_norm(const nn::BatchNorm1d<Scalar>& norm) {
    const Index n = norm.features();
    std::vector<double> a = numbers(norm.weight.value, n, 1), c = numbers(norm.bias.value, n, 0);
    for (Index i = 0; i < n; ++i) {
      const auto variance = static_cast<double>(norm.running_variance.data()[i]);
      a[to_size(i)] /= std::sqrt(variance + norm.options().epsilon);
      c[to_size(i)] -= a[to_size(i)] * static_cast<double>(norm.running_mean.data()[i]);
    }
    add_scale(std::move(a), std::move(c));
  }
  void add_scaling(const nn::FeatureScaling<Scalar>& scaling) {
    std::vector<double> a = numbers(scaling.scale, scaling.features(), 1), c = a;
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = 1 / a[i];
      c[i] = -static_cast<double>(scaling.offset.data()[i]) * a[i];
    }
    add_scale(std::move(a), std::move(c));
  }
  // Folds a x + c into the preceding dense layer, or keeps it for the next one.
  void add_scale(std::vector<double> a, std::vector<double> c) {
    const auto n = static_cast<Index>(a.size());
    if (scale_.weight.empty() && !steps_.empty() && steps_.back().kind == CKind::dense) {
      CStep& dense = steps_.back();
      for (Index o = 0; o < dense.out; ++o) {
        for (Index i = 0; i < dense.in; ++i) dense.weight[to_size(o * dense.in + i)] *= a[to_size(o)];
        dense.bias[to_size(o)] = dense.bias[to_size(o)] * a[to_size(o)] + c[to_size(o)];
      }
    } else {
      flush();
      scale_ = {CKind::scale, n, n, std::move(a), std::move(c)};
    }
  }
  void flush() {
    if (!scale_.weight.empty()) steps_.push_back(std::exchange(scale_, {}));
  }

  bool take_activation(const nn::AnyModule<Scalar>& module) {
    CStep step;
    if (as<nn::ReLU<Scalar>>(module)) {
      step.kind = CKind::relu;
    } else if (as<nn::Sigmoid<Scalar>>(module)) {
      step.kind = CKind::sigmoid;
    } else if (as<nn::Tanh<Scalar>>(module)) {
      step.kind = CKind::tanh;
    } else if (as<nn::SiLU<Scalar>>(module)) {
      step.kind = CKind::silu;
    } else if (as<nn::Softmax<Scalar>>(module)) {
      step.kind = CKind::softmax;
    } else if (const auto* elu = as<nn::ELU<Scalar>>(module)) {
      step = {CKind::elu, 0, 0, {}, {}, elu->alpha()};
    } else if (const auto* leaky = as<nn::LeakyReLU<Scalar>>(module)) {
      step = {CKind::leaky_relu, 0, 0, {}, {}, leaky->slope()};
    } else if (const auto* gelu = as<nn::GELU<Scalar>>(module)) {
      step.kind = gelu->form() == nn::GELUForm::exact ? CKind::gelu : CKind::gelu_tanh;
    } else if (const auto* softplus = as<nn::Softplus<Scalar>>(module)) {
      step = {CKind::softplus, 0, 0, {}, {}, softplus->options().beta, softplus->options().threshold};
    } else if (const auto* clip = as<nn::Clip<Scalar>>(module)) {
      step = {CKind::clip, 0, 0, {}, {}, clip->low(), clip->high()};
    } else {
      return false;
    }
    flush();
    steps_.push_back(std::move(step));
    return true;
  }

  static std::vector<double> numbers(const Tensor<Scalar>& tensor, Index size, double otherwise) {
    std::vector<double> result(to_size(size), otherwise);
    if (tensor.size() == size) std::copy(tensor.begin(), tensor.end(), result.begin());
    return result;
  }

  // An activation has the size of the layer before it, or of the first layer if none comes before.
  void resolve_sizes() {
    Index size = 0;
    for (const CStep& step : steps_) {
      if (step.in > 0) {
        size = step.in;
        break;
      }
    }
    for (CStep& step : steps_) {
      if (step.in == 0) step.in = step.out = size;
      size = step.out;
    }
  }

  std::vector<CStep> steps_;
  CStep scale_;
  Index size_ = -1;  ///< size of the current values; -1 before the first layer
};

}  // namespace gradus::detail
