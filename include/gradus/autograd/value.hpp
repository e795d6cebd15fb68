// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus::detail {

/// A pool that recycles the tensors of deleted nodes. Every training step builds a graph of the same shapes,
/// and fresh memory costs a page fault per 4 KiB. Each thread has its own pool.
template <class Scalar>
class TensorPool {
 public:
  /// The size of the smallest tensor in a pool, in elements: 16 KiB. Smaller tensors come from the heap,
  /// which caches small blocks itself and where sanitizers can check them.
  static constexpr Index smallest = 16 * 1024 / Index{sizeof(Scalar)};
  /// The limits of a thread's pool: 64 MiB of elements, and a number of tensors.
  static constexpr Index most_elements = 64 * 1024 * 1024 / Index{sizeof(Scalar)};
  static constexpr std::size_t most_tensors = 32;

  /// Returns a tensor of this shape whose elements are unspecified.
  static std::unique_ptr<Tensor<Scalar>> take(const Shape& shape) {
    if (shape.size() >= smallest) {
      if (TensorPool* const pool = of_this_thread()) {
        if (auto tensor = pool->find(shape.size())) {
          tensor->resize(shape);
          return tensor;
        }
      }
    }
    return std::make_unique<Tensor<Scalar>>(Tensor<Scalar>::uninitialized(shape));
  }

  /// Returns a tensor to the pool, or frees it if it is too small or too large.
  static void give(std::unique_ptr<Tensor<Scalar>> tensor) noexcept {
    if (tensor->size() < smallest || tensor->size() > most_elements) return;
    if (TensorPool* const pool = of_this_thread()) pool->add(std::move(tensor));
  }

  /// Returns how many tensors the pool of this thread holds.
  static std::size_t kept() noexcept {
    const TensorPool* const pool = of_this_thread();
    return pool ? pool->count_ : 0;
  }

  TensorPool(const TensorPool&) = delete;
  TensorPool& operator=(const TensorPool&) = delete;

 private:
  TensorPool() = default;
  ~TensorPool() { is_gone = true; }

  /// Returns null while the thread ends, when static Variables may outlive the pool.
  static TensorPool* of_this_thread() noexcept {
    if (is_gone) return nullptr;
    static thread_local TensorPool pool;
    return &pool;
  }

  /// Removes and returns the newest tensor of at least `size` and at most 1.25 `size` elements, or returns
  /// null if there is none.
  std::unique_ptr<Tensor<Scalar>> find(Index size) noexcept {
    for (std::size_t i = count_; i-- > 0;) {
      const Index found = tensors_[i]->size();
      if (found >= size && found - size <= size / 4) return remove(i);
    }
    return nullptr;
  }

  void add(std::unique_ptr<Tensor<Scalar>> tensor) noexcept {
    while (count_ == most_tensors || elements_ + tensor->size() > most_elements) remove(0);  // the oldest
    elements_ += tensor->size();
    tensors_[count_++] = std::move(tensor);
  }

  std::unique_ptr<Tensor<Scalar>> remove(std::size_t i) noexcept {
    std::unique_ptr<Tensor<Scalar>> tensor = std::move(tensors_[i]);
    elements_ -= tensor->size();
    std::move(tensors_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
              tensors_.begin() + static_cast<std::ptrdiff_t>(count_),
              tensors_.begin() + static_cast<std::ptrdiff_t>(i));
    --count_;
    return tensor;
  }

  static inline thread_local constinit bool is_gone = false;

  std::array<std::unique_ptr<Tensor<Scalar>>, most_tensors> tensors_;  // oldest first
  std::size_t count_ = 0;
  Index elements_ = 0;
};

inline constexpr Shape scalar_shape{};

/// A tensor that stores a single number of rank 0 inline, so graphs of scalars need no memory beyond their
/// nodes.
template <class Scalar>
class Value {
 public:
  Value(Scalar number) : number_(number) {}
  Value(Tensor<Scalar> tensor) {
    if (tensor.rank() == 0)
      number_ = tensor.item();
    else
      tensor_.reset(new Tensor<Scalar>(std::move(tensor)));
  }
  /// Returns a value of unspecified elements, for kernels that write every element.
  static Value uninitialized(const Shape& shape) {
    Value result(Scalar{});
    if (shape.rank() > 0) result.tensor_.reset(TensorPool<Scalar>::take(shape).release());
    return result;
  }
  static Value zeros(const Shape& shape) {
    Value result = uninitialized(shape);
    std::ranges::fill(result.view(), Scalar{});
    return result;
  }
  static Value copy_of(TensorView<const Scalar> tensor) {
    Value result = uninitialized(tensor.shape());
    std::ranges::copy(tensor, result.view().begin());
    return result;
  }

  bool is_number() const { return tensor_ == nullptr; }
  Scalar& number() { return number_; }
  Scalar number() const { return number_; }
  const Shape& shape() const { return tensor_ ? tensor_->shape() : scalar_shape; }
  TensorView<Scalar> view() { return tensor_ ? tensor_->view() : TensorView<Scalar>(&number_, Shape{}); }
  TensorView<const Scalar> view() const {
    return tensor_ ? std::as_const(*tensor_).view() : TensorView<const Scalar>(&number_, Shape{});
  }

 private:
  struct GiveToPool {
    void operator()(Tensor<Scalar>* tensor) const noexcept {
      TensorPool<Scalar>::give(std::unique_ptr<Tensor<Scalar>>(tensor));
    }
  };

  Scalar number_{};
  std::unique_ptr<Tensor<Scalar>, GiveToPool> tensor_;
};

}  // namespace gradus::detail
