// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/aligned_buffer.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/nn/dense_layer.hpp>
#include <gradus/nn/pack_panels.hpp>
#include <gradus/nn/predictor.hpp>
#include <gradus/nn/predictor_kernels.hpp>

namespace gradus::nn {

namespace detail {

[[noreturn]] inline void throw_static_layers(Index found, const char* what, Index expected) {
  throw ArgumentError("StaticPredictor: got " + std::to_string(found) + " " + what + ", expected " +
                      std::to_string(expected));
}

/// The layers described by a list of sizes and activations, such as 48, 256, Activation::tanh, 12.
template <auto... parameters>
struct StaticLayers {
  template <auto parameter>
  static constexpr bool is_activation = std::is_same_v<decltype(parameter), Activation>;

  /// The number of layers.
  static constexpr Index count = static_cast<Index>((0 + ... + (is_activation<parameters> ? 0 : 1))) - 1;
  static_assert(count >= 1, "StaticPredictor: expected at least a number of inputs and a number of outputs");

  struct Description {
    IndexedArray<Index, count + 1> sizes{};
    IndexedArray<Activation, count> activations{};
    bool is_valid = true;  // each activation follows the size of a layer, and each layer has at most one
  };
  static constexpr Description description = [] {
    Description d;
    Index sizes = 0;
    bool activated = true;
    const auto take = [&](auto parameter) {
      if constexpr (std::is_same_v<decltype(parameter), Activation>) {
        d.is_valid = d.is_valid && sizes > 1 && !activated;
        if (sizes > 1) d.activations[sizes - 2] = parameter;
        activated = true;
      } else {
        d.is_valid = d.is_valid && parameter > 0 && parameter <= 4096;
        d.sizes[sizes++] = parameter;
        activated = false;
      }
    };
    (take(parameters), ...);
    return d;
  }();
  static_assert(description.is_valid,
                "StaticPredictor: expected sizes from 1 to 4096, and at most one activation after each");

  static constexpr Index in(Index layer) { return description.sizes[layer]; }
  static constexpr Index out(Index layer) { return description.sizes[layer + 1]; }
  static constexpr Activation activation(Index layer) { return description.activations[layer]; }

  /// The number of lanes of the widest pack. Offsets are computed for whole packs of this width.
  template <class S>
  static constexpr Index most_lanes = Index{tensor_alignment} / Index{sizeof(S)};
  /// Returns the offset of a layer's bias.
  template <class S>
  static constexpr Index offset(Index layer) {
    Index begin = 0;
    for (Index i = 0; i < layer; ++i) begin += panel_elements(in(i), out(i), most_lanes<S>);
    return begin;
  }
  /// Returns the number of padded outputs of the widest layer.
  template <class S>
  static constexpr Index width() {
    Index widest = 0;
    for (Index i = 0; i < count; ++i) widest = std::max(widest, panel_elements(0, out(i), most_lanes<S>));
    return widest;
  }
};

/// The whole network as one function with constant sizes.
template <class Layers>
struct StaticForward {
  template <class Isa, class S>
  [[gnu::always_inline]] static void run(const S* memory, const S* parameters, const S* x, S* y) {
    run<Isa>(memory, parameters, x, y, std::make_integer_sequence<Index, Layers::count>{});
  }

 private:
  template <class Isa, class S, Index... I>
  [[gnu::always_inline]] static void run(const S* memory, const S* parameters, const S* x, S* y,
                                         std::integer_sequence<Index, I...>) {
    alignas(tensor_alignment) S values[2][Layers::template width<S>()];
    (layer<Isa, I>(memory, parameters + 2 * I, I == 0 ? x : values[(I + 1) % 2], values[I % 2]), ...);
    const S* const result = values[(Layers::count - 1) % 2];
    for (Index i = 0; i < Layers::out(Layers::count - 1); ++i) y[i] = result[i];
  }

  template <class Isa, Index i, class S>
  [[gnu::always_inline]] static void layer(const S* memory, const S* parameters, const S* x, S* y) {
    constexpr Index n = Isa::template lanes<S>, in = Layers::in(i), out = Layers::out(i),
                    panels = (out + n - 1) / n;
    const S* const bias = memory + Layers::template offset<S>(i);
    DenseProduct::run<Isa>(bias + panels * n, bias, x, in, panels, y);
    Activate::run<Isa>(y, panels, out, Layers::activation(i), parameters[0], parameters[1]);
  }
};

}  // namespace detail

/// A Predictor with compile-time sizes and its memory inside the object, for networks so small that calls and
/// loops take most of the time:
///
///     constexpr auto tanh = nn::Activation::tanh;
///     const nn::StaticPredictor<48, 256, tanh, 128, tanh, 64, tanh, 12> predict{net};
///
/// The list gives the number of inputs, then the number of outputs and the activation, if any, of each layer.
/// It has the guarantees of Predictor. BasicStaticPredictor<double, ...> is the same for doubles.
template <class Scalar, auto... parameters>
class BasicStaticPredictor {
  using Layers = detail::StaticLayers<parameters...>;

 public:
  /// Copies the layers. Throws ArgumentError unless they match the type.
  explicit BasicStaticPredictor(std::span<const DenseLayer<Scalar>> layers) {
    detail::check_layers(layers, 4096);
    if (static_cast<Index>(layers.size()) != Layers::count)
      detail::throw_static_layers(static_cast<Index>(layers.size()), "layers", Layers::count);
    Index lanes = 1;
    simd::with_instruction_set([&]<class Isa>(Isa) {
      lanes = Isa::template lanes<Scalar>;
      forward_ = simd::detail::entry<Isa, detail::StaticForward<Layers>, const Scalar*, const Scalar*,
                                     const Scalar*, Scalar*>();
    });
    for (Index i = 0; i < Layers::count; ++i) {
      const DenseLayer<Scalar>& layer = layers[to_size(i)];
      if (!layer.categories.empty())
        throw ArgumentError("StaticPredictor: layer " + std::to_string(i) +
                            " has columns of categories, expected none; Predictor supports them");
      if (layer.in != Layers::in(i)) detail::throw_static_layers(layer.in, "inputs", Layers::in(i));
      if (layer.out != Layers::out(i)) detail::throw_static_layers(layer.out, "outputs", Layers::out(i));
      if (layer.activation != Layers::activation(i))
        throw ArgumentError("StaticPredictor: layer " + std::to_string(i) +
                            " has a different activation from the one in the type");
      Scalar* const bias = memory_.data() + Layers::template offset<Scalar>(i);
      detail::pack_panels(layer, lanes, bias, bias + detail::panel_elements(0, layer.out, lanes));
      parameters_[2 * i] = static_cast<Scalar>(layer.first);
      parameters_[2 * i + 1] = static_cast<Scalar>(layer.second);
    }
  }
  /// Copies a network in its current state. Throws ArgumentError as Predictor does, and unless the network's
  /// layers match the type. Requires <gradus/nn.hpp>.
  template <std::same_as<Sequential<Scalar>> Network>
  explicit BasicStaticPredictor(const Network& net)
      : BasicStaticPredictor(std::span<const DenseLayer<Scalar>>(dense_layers(net))) {}

  /// Returns the number of inputs per sample.
  static constexpr Index in() noexcept { return Layers::in(0); }
  /// Returns the number of outputs per sample.
  static constexpr Index out() noexcept { return Layers::out(Layers::count - 1); }

  /// Computes the output for one sample. Returns false, and writes nothing, unless x has `in()` elements and
  /// y has `out()`. x and y may refer to the same memory.
  bool operator()(std::span<const Scalar> x, std::span<Scalar> y) const noexcept {
    if (x.size() != to_size(in()) || y.size() != to_size(out())) return false;
    forward_(memory_.data(), parameters_.data(), x.data(), y.data());
    return true;
  }

 private:
  alignas(tensor_alignment) IndexedArray<Scalar, Layers::template offset<Scalar>(Layers::count)> memory_{};
  IndexedArray<Scalar, 2 * Layers::count> parameters_{};  // parameters of the activations
  void (*forward_)(const Scalar*, const Scalar*, const Scalar*, Scalar*) = nullptr;
};

/// A BasicStaticPredictor of floats.
template <auto... parameters>
using StaticPredictor = BasicStaticPredictor<float, parameters...>;

}  // namespace gradus::nn
