#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <vector>

#include <gradus/core/aligned_buffer.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus::nn {

/// What one pass is made with: shared by all modules that take part in it.
struct Pass {
  bool training = false;                  ///< dropout drops, batch normalisation looks at the batch
  Generator* random = nullptr;            ///< where dropout draws; only needed in training
  Parallel parallel = {};                 ///< the threads that may help
  std::shared_ptr<ThreadPool> pool = {};  ///< keeps those threads alive as long as the pass; may be null
};

/// The memory of one module in one pass: what its forward must remember for its backward, and scratch space.
/// The module itself remembers nothing, so that one network serves many threads, each with its own Context,
/// while nobody changes its parameters, and the same module may occur twice in a graph.
///
/// Buffers grow and never shrink: after the first steps a pass allocates nothing.
class Context {
 public:
  Pass& pass() { return pass_; }
  bool training() const { return pass_.training; }
  Parallel parallel() const { return pass_.parallel; }
  /// Throws StateError in a pass that was given no generator.
  Generator& random() {
    if (pass_.random == nullptr)
      throw StateError("Context: this pass needs random numbers but has no Generator");
    return *pass_.random;
  }

  /// The module's buffer number `slot` as a tensor of this shape. Backward finds there what forward wrote;
  /// a new or larger buffer has unspecified elements.
  template <class Scalar>
  TensorView<Scalar> buffer(Index slot, const Shape& shape) {
    static_assert(alignof(Scalar) <= tensor_alignment);
    const std::size_t at = static_cast<std::size_t>(slot);
    if (at >= buffers_.size()) buffers_.resize(at + 1);
    constexpr Index size = static_cast<Index>(sizeof(Scalar));
    if (shape.size() >= std::numeric_limits<Index>::max() / size) throw std::bad_array_new_length();
    buffers_[at].reserve((shape.size() + 1) * size);
    return {reinterpret_cast<Scalar*>(buffers_[at].data()), shape};
  }

  /// The context of a container's child number i, in the same pass. The pool is owned by the outermost
  /// context.
  Context& child(Index i) {
    const std::size_t at = static_cast<std::size_t>(i);
    if (at >= children_.size()) children_.resize(at + 1);
    children_[at].pass_ = {pass_.training, pass_.random, pass_.parallel, nullptr};
    return children_[at];
  }

  /// Where a container keeps the shapes of its children's outputs between its forward and its backward.
  std::vector<Shape>& shapes() { return shapes_; }

 private:
  Pass pass_;
  std::vector<detail::AlignedBuffer<std::byte>> buffers_;
  std::vector<Context> children_;
  std::vector<Shape> shapes_;
};

}  // namespace gradus::nn
