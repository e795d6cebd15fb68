// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/onnx_encoder.hpp>
#include <gradus/io/onnx_one_hot.hpp>
#include <gradus/io/onnx_tensor.hpp>
#include <gradus/nn.hpp>

namespace gradus {

namespace detail {

/// An exporter of the modules of a network as operators of a graph. Values are named after the module that
/// computes them: `2` is the output of child 2 and `2/a` an intermediate result. Constants are named as in a
/// state_dict, `2.weight`.
template <class Scalar>
class OnnxExporter {
 public:
  std::string write(const nn::Sequential<Scalar>& net, const Shape& sample) {
    sample_ = sample;
    encoder_.add_value(11, "input", sample);
    value_ = "input";
    take(net, "");
    // Gives the output its name, whatever the last module is.
    encoder_.add_node("Identity", {value_}, "output");
    encoder_.add_value(12, "output", sample_);
    return encoder_.finish();
  }

 private:
  void take(const nn::Sequential<Scalar>& net, const std::string& prefix) {
    for (Index i = 0; i < net.size(); ++i) {
      const nn::AnyModule<Scalar>& module = net[i];
      path_ = prefix + std::to_string(i);
      if (const auto* nested = module.template get_if<nn::Sequential<Scalar>>()) {
        const Shape output = module.output_shape(sample_.prepend(1));
        take(*nested, path_ + ".");
        sample_ = output.without_first();
        continue;
      }
      const Shape output = module.output_shape(sample_.prepend(1)).without_first();
      if (!take_layer(module) && !take_activation(module) && !take_rest(module)) {
        throw ArgumentError("save_onnx: module " + path_ + " is " + module.name() +
                            ", expected a module of gradus");
      }
      sample_ = output;
    }
  }

  template <class M>
  static const M* as(const nn::AnyModule<Scalar>& module) {
    return module.template get_if<M>();
  }

  // ---- parts of a module ----

  /// Adds an operator on the current value and makes its output the current value.
  void step(std::string_view op, std::initializer_list<OnnxAttribute> attributes = {}) {
    encoder_.add_node(op, {value_}, path_, attributes);
    value_ = path_;
  }
  std::string constant(const std::string& name, const Tensor<Scalar>& tensor) {
    std::string full = path_ + "." + name;
    encoder_.add_constant(full, tensor.shape(), tensor.span());
    return full;
  }
  std::string number(const std::string& name, double x) {
    std::string full = path_ + "/" + name;
    const auto rounded = static_cast<Scalar>(x);
    encoder_.add_constant(full, Shape{}, std::span(&rounded, 1));
    return full;
  }
  /// Adds an intermediate operator of the current module. Returns the name of its output.
  std::string part(std::string_view op, std::initializer_list<std::string_view> inputs,
                   const std::string& name) {
    std::string full = path_ + "/" + name;
    encoder_.add_node(op, inputs, full);
    return full;
  }
  void finish(std::string_view op, std::initializer_list<std::string_view> inputs,
              std::initializer_list<OnnxAttribute> attributes = {}) {
    encoder_.add_node(op, inputs, path_, attributes);
    value_ = path_;
  }
  static OnnxAttribute integer(const char* name, std::int64_t value) { return {name, 0, value, false}; }

  // ---- modules ----

  bool take_layer(const nn::AnyModule<Scalar>& module) {
    if (const auto* linear = as<nn::Linear<Scalar>>(module)) {
      const std::string weight = constant("weight", linear->weight.value);
      if (linear->has_bias()) {
        finish("Gemm", {value_, weight, constant("bias", linear->bias.value)}, {integer("transB", 1)});
      } else {
        finish("Gemm", {value_, weight}, {integer("transB", 1)});
      }
    } else if (const auto* norm = as<nn::BatchNorm1d<Scalar>>(module)) {
      const std::string weight = constant("weight", or_ones(norm->weight.value, norm->features()));
      const std::string bias = constant("bias", or_zeros(norm->bias.value, norm->features()));
      const std::string mean = constant("running_mean", norm->running_mean);
      const std::string variance = constant("running_var", norm->running_variance);
      finish("BatchNormalization", {value_, weight, bias, mean, variance},
             {{"epsilon", norm->options().epsilon}, {"momentum", 1 - norm->options().momentum}});
    } else if (const nn::FeatureScaling<Scalar>* scaling = nn::find_feature_scaling(module)) {
      const std::string shifted = part("Sub", {value_, constant("offset", scaling->offset)}, "a");
      finish("Div", {shifted, constant("scale", scaling->scale)});
    } else if (const auto* one_hot = as<nn::OneHot<Scalar>>(module)) {
      take_one_hot(*one_hot);
    } else if (const auto* layer_norm = as<nn::LayerNorm<Scalar>>(module)) {
      const std::string weight =
          constant("weight", or_ones(layer_norm->weight.value, layer_norm->features()));
      const std::string bias = constant("bias", or_zeros(layer_norm->bias.value, layer_norm->features()));
      finish("LayerNormalization", {value_, weight, bias},
             {{"epsilon", layer_norm->options().epsilon}, integer("axis", -1)});
    } else {
      return false;
    }
    return true;
  }
  // Gathers one column per output and compares it with the category number of the output.
  void take_one_hot(const nn::OneHot<Scalar>& one_hot) {
    const OnnxOneHotConstants constants = onnx_one_hot_constants(one_hot.in(), one_hot.columns());
    const std::string columns = path_ + "/columns", numbers = path_ + "/numbers",
                      flags = path_ + "/is_category";
    encoder_.add_integers(columns, constants.columns);
    encoder_.add_constant(numbers, Shape{one_hot.out()},
                          std::vector<Scalar>(constants.numbers.begin(), constants.numbers.end()));
    encoder_.add_flags(flags, constants.is_category);
    const std::string gathered = path_ + "/a", cast = path_ + "/c";
    encoder_.add_node("Gather", {value_, columns}, gathered, {integer("axis", 1)});
    const std::string equal = part("Equal", {gathered, numbers}, "b");
    encoder_.add_node("Cast", {equal}, cast, {integer("to", static_cast<std::int64_t>(onnx_type<Scalar>()))});
    finish("Where", {flags, cast, gathered});
  }
  static Tensor<Scalar> or_ones(const Tensor<Scalar>& tensor, Index size) {
    return tensor.size() == size ? tensor : Tensor<Scalar>::ones({size});
  }
  static Tensor<Scalar> or_zeros(const Tensor<Scalar>& tensor, Index size) {
    return tensor.size() == size ? tensor : Tensor<Scalar>(Shape{size});
  }

  bool take_activation(const nn::AnyModule<Scalar>& module) {
    if (as<nn::ReLU<Scalar>>(module) != nullptr) {
      step("Relu");
    } else if (as<nn::Sigmoid<Scalar>>(module) != nullptr) {
      step("Sigmoid");
    } else if (as<nn::Tanh<Scalar>>(module) != nullptr) {
      step("Tanh");
    } else if (const auto* elu = as<nn::ELU<Scalar>>(module)) {
      step("Elu", {{"alpha", elu->alpha()}});
    } else if (const auto* leaky = as<nn::LeakyReLU<Scalar>>(module)) {
      step("LeakyRelu", {{"alpha", leaky->slope()}});
    } else if (as<nn::SiLU<Scalar>>(module) != nullptr) {
      finish("Mul", {value_, part("Sigmoid", {value_}, "sigmoid")});
    } else if (const auto* gelu = as<nn::GELU<Scalar>>(module)) {
      gelu->form() == nn::GELUForm::exact ? take_gelu() : take_gelu_tanh();
    } else if (const auto* softplus = as<nn::Softplus<Scalar>>(module)) {
      take_softplus(softplus->options());
    } else if (as<nn::Softmax<Scalar>>(module) != nullptr) {
      step("Softmax", {integer("axis", -1)});
    } else {
      return false;
    }
    return true;
  }

  // x/2 (1 + erf(x / sqrt 2)); opset 17 has no Gelu.
  void take_gelu() {
    const std::string scaled = part("Div", {value_, number("root", std::sqrt(2.0))}, "a");
    const std::string erf = part("Erf", {scaled}, "b");
    take_gelu_product(erf);
  }
  // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
  void take_gelu_tanh() {
    const std::string square = part("Mul", {value_, value_}, "a");
    const std::string cube = part("Mul", {square, value_}, "b");
    const std::string part_of_cube = part("Mul", {cube, number("cubic", 0.044715)}, "c");
    const std::string sum = part("Add", {value_, part_of_cube}, "d");
    const std::string scaled = part("Mul", {sum, number("root", std::sqrt(2 / 3.14159265358979323846))}, "e");
    take_gelu_product(part("Tanh", {scaled}, "f"));
  }
  void take_gelu_product(const std::string& inner) {
    const std::string factor = part("Add", {inner, number("one", 1)}, "g");
    const std::string product = part("Mul", {value_, factor}, "h");
    finish("Mul", {product, number("half", 0.5)});
  }

  // log(1 + exp(b x)) / b. ONNX has no threshold above which the result is x, so the two must round to the
  // same float there.
  void take_softplus(const nn::SoftplusOptions& options) {
    const bool has_beta = options.beta < 1 || options.beta > 1;
    if (!(std::exp(-options.threshold) < static_cast<double>(std::numeric_limits<float>::epsilon()))) {
      throw ArgumentError("save_onnx: module " + path_ + " is Softplus with threshold " +
                          format_shortest(options.threshold) +
                          ", expected at least 16, because ONNX has no threshold");
    }
    if (!has_beta) return step("Softplus");
    const std::string beta = number("beta", options.beta);
    const std::string softplus = part("Softplus", {part("Mul", {value_, beta}, "a")}, "b");
    finish("Div", {softplus, beta});
  }

  bool take_rest(const nn::AnyModule<Scalar>& module) {
    if (as<nn::Flatten<Scalar>>(module) != nullptr) {
      step("Flatten", {integer("axis", 1)});
    } else if (as<nn::Identity<Scalar>>(module) != nullptr) {
      step("Identity");
    } else if (const auto* dropout = as<nn::Dropout<Scalar>>(module)) {
      // Since opset 12, the ratio is an operand instead of an attribute.
      finish("Dropout", {value_, number("ratio", dropout->p())});
    } else if (const auto* clip = as<nn::Clip<Scalar>>(module)) {
      finish("Clip", {value_, number("min", clip->low()), number("max", clip->high())});
    } else {
      return false;
    }
    return true;
  }

  OnnxEncoder<Scalar> encoder_;
  std::string path_, value_;
  Shape sample_;
};

}  // namespace detail

/// Exports a network for inference as an ONNX file of opset 17, which onnxruntime, PyTorch's converters and
/// most inference engines read: `save_onnx(net, "policy.onnx", {48})`.
///
/// `sample` is the input shape without the batch axis, which is left open and named `N`. The input is named
/// `input`, the output `output`. Dropout is exported and inactive in inference; batch normalisation uses the
/// running statistics. The file appears complete or not at all.
///
/// Throws FileError; ShapeError if the network does not accept such samples; ArgumentError naming the module
/// for user-defined modules and for a Softplus with a threshold below 16.
template <class Scalar>
void save_onnx(const nn::Sequential<Scalar>& net, const std::filesystem::path& file, const Shape& sample) {
  static_cast<void>(net.output_shape(sample.prepend(1)));
  write_text(file, detail::OnnxExporter<Scalar>().write(net, sample));
}

}  // namespace gradus
