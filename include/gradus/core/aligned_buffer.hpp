// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include <gradus/core/huge_pages.hpp>
#include <gradus/core/index.hpp>

namespace gradus {

/// The alignment of every tensor in bytes: one cache line, which is also the width of an AVX-512 register.
/// Reductions therefore start at the same lane on every run, and their result does not depend on where the
/// heap placed the tensor.
inline constexpr std::size_t tensor_alignment = 64;

namespace detail {

struct AlignedDelete {
  void operator()(void* memory) const { ::operator delete (memory, std::align_val_t{tensor_alignment}); }
};

/// Uninitialised aligned memory whose capacity never shrinks, so a smaller last batch costs nothing. Buffers
/// of several megabytes use huge pages. Uses the standard aligned new because Eigen's allocator differs
/// between translation units that are compiled with different flags.
template <class Scalar>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(Index size) { reserve(size); }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : memory_(std::move(other.memory_)), capacity_(std::exchange(other.capacity_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    memory_ = std::move(other.memory_);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  Scalar* data() const { return memory_.get(); }
  Index capacity() const { return capacity_; }

  /// Makes room for `size` elements. Growing discards the old ones; throwing changes nothing.
  void reserve(Index size) {
    if (size <= capacity_) return;
    // Half the address space, because aligned new rounds the size up without an overflow check.
    if (size > std::numeric_limits<std::ptrdiff_t>::max() / static_cast<Index>(sizeof(Scalar))) {
      throw std::bad_array_new_length();
    }
    const std::size_t bytes = to_size(size) * sizeof(Scalar);
    memory_.reset(static_cast<Scalar*>(::operator new (bytes, std::align_val_t{tensor_alignment})));
    advise_huge_pages(memory_.get(), bytes);
    capacity_ = size;
  }

 private:
  std::unique_ptr<Scalar[], AlignedDelete> memory_;
  Index capacity_ = 0;
};

}  // namespace detail
}  // namespace gradus
