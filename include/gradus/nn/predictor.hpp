// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/aligned_buffer.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/nn/dense_layer.hpp>
#include <gradus/nn/pack_panels.hpp>
#include <gradus/nn/predictor_kernels.hpp>

namespace gradus::nn {

/// An immutable copy of a network, for low-latency inference on one or a few samples:
///
///     const nn::Predictor predict{net};  // requires <gradus/nn.hpp>
///     if (!predict(observation, action)) ...
///
/// The weights are packed for the processor's vector registers, BatchNorm1d is folded into them, a category
/// of OneHot selects a row of them, and all planning is done at construction. A call does not allocate, lock
/// or throw, and many threads may call at once. Intermediate values are on the stack: 4 KB of floats if no
/// layer has more than 512 outputs, otherwise 32 KB.
///
/// Terms are summed in a different order than in `net.predict`. In the tests, with layers of up to 600
/// inputs, outputs differ by at most 2e-6 of the largest output, 4e-15 for doubles.
template <class Scalar = float>
class Predictor {
 public:
  /// The maximum number of outputs of a layer.
  static constexpr Index max_width = 4096;

  /// Copies the layers. Throws ArgumentError if there are none, if their sizes do not match, or if a layer
  /// has more than max_width outputs.
  explicit Predictor(std::span<const DenseLayer<Scalar>> layers) {
    detail::check_layers(layers, max_width);
    Index lanes = 1;
    simd::with_instruction_set([&]<class Isa>(Isa) {
      lanes = Isa::template lanes<Scalar>;
      forward_ = simd::detail::entry<Isa, detail::DenseForward, const detail::PanelLayer<Scalar>&,
                                     const Scalar*, const Scalar*, Scalar*>();
    });
    for (const DenseLayer<Scalar>& layer : layers) {
      layers_.push_back(detail::panel_layer(layer, lanes, size_));
      size_ += detail::panel_elements(layer.in, layer.out, lanes);
      widest_ = std::max(widest_, layers_.back().panels * lanes);
    }
    in_ = layers.front().inputs();
    memory_.reserve(size_);
    for (std::size_t i = 0; i < layers.size(); ++i)
      detail::pack_panels(layers[i], lanes, memory_.data() + layers_[i].bias,
                          memory_.data() + layers_[i].weight);
  }
  /// Copies a network in its current state. Throws ArgumentError as above and for a module that
  /// `dense_layers` does not support. Requires <gradus/nn.hpp>.
  template <std::same_as<Sequential<Scalar>> Network>
  explicit Predictor(const Network& net)
      : Predictor(std::span<const DenseLayer<Scalar>>(dense_layers(net))) {}

  /// Copies the network.
  Predictor(const Predictor& other)
      : layers_(other.layers_),
        memory_(other.size_),
        size_(other.size_),
        in_(other.in_),
        widest_(other.widest_),
        forward_(other.forward_) {
    std::copy_n(other.memory_.data(), size_, memory_.data());
  }
  /// Moves the network. Afterwards, calls of `other` return false.
  Predictor(Predictor&& other) noexcept = default;
  /// Copies the network. Changes nothing if memory runs out.
  Predictor& operator=(const Predictor& other) { return *this = Predictor(other); }
  /// Moves the network. Afterwards, calls of `other` return false.
  Predictor& operator=(Predictor&& other) noexcept = default;
  ~Predictor() = default;

  /// Returns the number of inputs per sample.
  Index in() const noexcept { return in_; }
  /// Returns the number of outputs per sample.
  Index out() const noexcept { return layers_.empty() ? 0 : layers_.back().out; }

  /// Computes the output for one sample. Returns false, and writes nothing, unless x has `in()` elements and
  /// y has `out()`. x and y may refer to the same memory.
  bool operator()(std::span<const Scalar> x, std::span<Scalar> y) const noexcept {
    if (layers_.empty() || x.size() != to_size(in()) || y.size() != to_size(out())) return false;
    run(x.data(), y.data(), 1);
    return true;
  }
  /// Computes the outputs of `count` samples, stored contiguously in x and in y. Returns false, and writes
  /// nothing, unless x has `count * in()` elements and y has `count * out()`. x and y must not overlap.
  bool operator()(std::span<const Scalar> x, std::span<Scalar> y, Index count) const noexcept {
    if (layers_.empty() || count < 0 || x.size() != to_size(count * in()) ||
        y.size() != to_size(count * out()))
      return false;
    run(x.data(), y.data(), count);
    return true;
  }

 private:
  static constexpr Index small_width = 512;

  void run(const Scalar* x, Scalar* y, Index count) const noexcept {
    if (widest_ <= small_width)
      run_on_stack<small_width>(x, y, count);
    else
      run_on_stack<max_width>(x, y, count);
  }

  template <Index width>
  void run_on_stack(const Scalar* x, Scalar* y, Index count) const noexcept {
    alignas(tensor_alignment) Scalar values[2][width];
    for (; count > 0; --count, x += in(), y += out()) {
      const Scalar* from = x;
      Index turn = 0;
      for (const detail::PanelLayer<Scalar>& layer : layers_) {
        forward_(layer, memory_.data(), from, values[turn]);
        from = values[turn];
        turn = 1 - turn;
      }
      std::copy_n(from, out(), y);
    }
  }

  std::vector<detail::PanelLayer<Scalar>> layers_;
  gradus::detail::AlignedBuffer<Scalar> memory_;  // the biases and weights of all layers
  Index size_ = 0;                                // number of elements in memory_
  Index in_ = 0;                                  // number of inputs per sample
  Index widest_ = 0;                              // padded outputs of the widest layer
  void (*forward_)(const detail::PanelLayer<Scalar>&, const Scalar*, const Scalar*, Scalar*) = nullptr;
};

/// Deduces the scalar type from the network.
template <class Scalar>
Predictor(const Sequential<Scalar>&) -> Predictor<Scalar>;

}  // namespace gradus::nn
