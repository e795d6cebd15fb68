// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include <gradus/core/aligned_buffer.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus::nn {

/// The settings of one pass, shared by all modules in it.
struct PassOptions {
  bool training = false;                  ///< dropout is on, and batch normalisation uses batch statistics
  Generator* random = nullptr;            ///< generator for dropout; only needed in training
  Parallel parallel = {};                 ///< threads that share the work
  std::shared_ptr<ThreadPool> pool = {};  ///< keeps those threads alive during the pass; may be null
  SharedBatch shared = {};  ///< position of the input in a larger batch that several processes share
};

/// The memory of one module during one pass: what its forward saves for its backward, and scratch space.
/// Modules themselves hold no per-pass state. One network can therefore serve many threads, each with its own
/// Context, as long as its parameters do not change, and one module can occur several times in a graph.
///
/// Buffers grow and never shrink, so a pass allocates nothing after the first few steps.
class Context {
 public:
  /// The location of a child's output in a container.
  struct Output {
    Shape shape = {};  ///< the shape of the output
    Index writer = 0;  ///< the child that wrote it; an identity child passes its input through
  };

  /// Begins a pass. Keeps the memory of earlier passes.
  void begin(PassOptions options) { options_ = std::move(options); }
  /// Sets the threads for the rest of the pass.
  void set_parallel(Parallel parallel) { options_.parallel = parallel; }
  /// Ends the pass: releases its threads and keeps its memory.
  void end() { options_ = {}; }

  /// Returns whether this is a training pass.
  bool training() const { return options_.training; }
  /// Returns the threads that share the work.
  Parallel parallel() const { return options_.parallel; }
  /// Returns the larger batch that several processes share. A module that looks at other samples of the
  /// batch, or draws random numbers for them, must do so for all of its rows.
  const SharedBatch& shared() const { return options_.shared; }
  /// Returns the generator of the pass. Throws StateError if it has none.
  Generator& random() const {
    if (options_.random == nullptr)
      throw StateError("Context: this pass needs random numbers but has no Generator");
    return *options_.random;
  }

  /// Returns buffer `slot` of the module as a tensor of this shape, never null. Its contents are kept from
  /// forward to backward; the elements of a new or enlarged buffer are unspecified. Throws std::bad_alloc.
  template <class Scalar>
  TensorView<Scalar> buffer(Index slot, const Shape& shape) {
    static_assert(alignof(Scalar) <= tensor_alignment);
    const std::size_t at = to_size(slot);
    if (at >= buffers_.size()) buffers_.resize(at + 1);
    // One extra element, so that an empty tensor is not null: a null view means "result not wanted".
    constexpr auto size = static_cast<Index>(sizeof(Scalar));
    if (shape.size() >= std::numeric_limits<Index>::max() / size) throw std::bad_array_new_length();
    buffers_[at].reserve((shape.size() + 1) * size);
    return {reinterpret_cast<Scalar*>(buffers_[at].data()), shape};
  }

  /// Returns the memory of buffer `slot` as it is, empty if there is none.
  template <class Scalar>
  std::span<Scalar> allocated(Index slot) {
    if (to_size(slot) >= buffers_.size()) return {};
    const auto& buffer = buffers_[to_size(slot)];
    return {reinterpret_cast<Scalar*>(buffer.data()), to_size(buffer.capacity()) / sizeof(Scalar)};
  }

  /// Returns the context of child i of a container, in the same pass. Only the outermost context owns the
  /// pool.
  Context& child(Index i) {
    const std::size_t at = to_size(i);
    if (at >= children_.size()) children_.resize(at + 1);
    children_[at].options_ = {options_.training, options_.random, options_.parallel, nullptr,
                              options_.shared};
    return children_[at];
  }

  /// Returns the outputs of a container's children, recorded by its forward for its backward.
  std::vector<Output>& outputs() { return outputs_; }

 private:
  PassOptions options_;
  std::vector<gradus::detail::AlignedBuffer<std::byte>> buffers_;
  std::vector<Context> children_;
  std::vector<Output> outputs_;
};

template <class Scalar>
class Sequential;

namespace detail {

/// Contexts of finished passes, kept to reuse their memory.
class ContextPool {
 public:
  /// Returns a context of an earlier pass, or a new one if there is none.
  Context take() {
    if (contexts_.empty()) return {};
    Context context = std::move(contexts_.back());
    contexts_.pop_back();
    return context;
  }
  void give_back(Context context) {
    context.end();
    contexts_.push_back(std::move(context));
  }

 private:
  std::vector<Context> contexts_;
};

/// Returns the pool that holds the contexts of a network's passes on the tape, or null for any other module.
/// The second overload is defined in nn/sequential.hpp.
template <class M>
ContextPool* context_pool(M&) {
  return nullptr;
}
template <class Scalar>
ContextPool* context_pool(Sequential<Scalar>& network);

}  // namespace detail
}  // namespace gradus::nn
