// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
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

/// The settings of one pass, which all modules in it share.
struct PassOptions {
  bool training = false;                  ///< dropout drops, batch normalisation uses the batch's statistics
  Generator* random = nullptr;            ///< what dropout draws from; only needed in training
  Parallel parallel = {};                 ///< the threads that may help
  std::shared_ptr<ThreadPool> pool = {};  ///< keeps those threads alive during the pass; may be null
  SharedBatch shared = {};  ///< which rows of a larger batch the input is, if several processes share one
};

/// The memory of one module during one pass: what its forward keeps for its backward, and scratch space.
/// Modules themselves keep nothing of a pass. Therefore one network can serve many threads, each with its own
/// Context, as long as its parameters do not change, and one module can occur several times in a graph.
///
/// Buffers grow and never shrink: after the first steps a pass allocates nothing.
class Context {
 public:
  /// Where a container finds the output of one of its children.
  struct Output {
    Shape shape = {};  ///< the shape of the output
    Index writer = 0;  ///< the child that wrote it; a child that computes nothing passes its input on
  };

  /// Begins a pass. Keeps the memory of the passes before it.
  void begin(PassOptions options) { options_ = std::move(options); }
  /// Lets the rest of the pass run on other threads.
  void set_parallel(Parallel parallel) { options_.parallel = parallel; }
  /// Ends the pass: releases its threads and keeps its memory.
  void end() { options_ = {}; }

  /// Whether the pass is a training pass.
  bool training() const { return options_.training; }
  /// The threads that may help.
  Parallel parallel() const { return options_.parallel; }
  /// The larger batch that several processes share. A module that looks at other samples of the batch, or
  /// draws random numbers for them, must do so for all of its rows.
  const SharedBatch& shared() const { return options_.shared; }
  /// Throws StateError if the pass began without a generator.
  Generator& random() const {
    if (options_.random == nullptr)
      throw StateError("Context: this pass needs random numbers but has no Generator");
    return *options_.random;
  }

  /// Returns the module's buffer number `slot` as a tensor of this shape, never null. Backward finds there
  /// what forward wrote; the elements of a new or larger buffer are unspecified. Throws std::bad_alloc.
  template <class Scalar>
  TensorView<Scalar> buffer(Index slot, const Shape& shape) {
    static_assert(alignof(Scalar) <= tensor_alignment);
    const std::size_t at = to_size(slot);
    if (at >= buffers_.size()) buffers_.resize(at + 1);
    // One element more than the tensor has, because a null view means that the result is not wanted.
    constexpr auto size = static_cast<Index>(sizeof(Scalar));
    if (shape.size() >= std::numeric_limits<Index>::max() / size) throw std::bad_array_new_length();
    buffers_[at].reserve((shape.size() + 1) * size);
    return {reinterpret_cast<Scalar*>(buffers_[at].data()), shape};
  }

  /// Returns the context of a container's child number i, in the same pass. Only the outermost context owns
  /// the pool.
  Context& child(Index i) {
    const std::size_t at = to_size(i);
    if (at >= children_.size()) children_.resize(at + 1);
    children_[at].options_ = {options_.training, options_.random, options_.parallel, nullptr,
                              options_.shared};
    return children_[at];
  }

  /// The outputs of a container's children, recorded by its forward for its backward.
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

/// The contexts of passes that are over, kept for their memory.
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

/// Returns the pool in which a network keeps the contexts of its passes on the tape, null for any other
/// module. nn/sequential.hpp defines the second function.
template <class M>
ContextPool* context_pool(M&) {
  return nullptr;
}
template <class Scalar>
ContextPool* context_pool(Sequential<Scalar>& network);

}  // namespace detail
}  // namespace gradus::nn
