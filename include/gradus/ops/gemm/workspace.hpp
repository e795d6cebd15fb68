// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/aligned_buffer.hpp>
#include <gradus/ops/gemm/pack_strips.hpp>

namespace gradus::ops::detail {

/// Memory for the packed operands of one product, or of one part of it.
template <class S>
struct GemmWorkspace {
  static constexpr Index most_lanes = 64 / Index{sizeof(S)};
  static constexpr Index most_packs = 3, most_rows = 8;
  // Narrower packs make more strips, each with an extra cache line.
  static constexpr Index a_size = block_rows<S> * block_depth + block_rows<S> * 64 / Index{sizeof(S)};
  static constexpr Index b_size = most_packs * strip_stride<S>(most_lanes);
  static constexpr Index tile_size = most_rows * most_packs * most_lanes;
  static constexpr Index size = a_size + b_size + tile_size;

  explicit GemmWorkspace(S* memory) : a_block(memory), b_panel(memory + a_size), tile(b_panel + b_size) {}

  S* a_block;  ///< strips of a
  S* b_panel;  ///< strips of b
  S* tile;     ///< one tile of c
};

/// Visited products use separate memory, so that the visitor may start a product itself.
enum class MemoryUse { product, visit };

/// Returns at least `size` elements of this thread's memory, which grows and is kept until the thread ends.
/// The memory is on the heap, because threads may have small stacks.
template <class S, MemoryUse use = MemoryUse::product>
S* gemm_memory(Index size) {
  static thread_local gradus::detail::AlignedBuffer<S> buffer;
  buffer.reserve(size);
  return buffer.data();
}

}  // namespace gradus::ops::detail
