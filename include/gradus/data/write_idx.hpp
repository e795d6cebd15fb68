// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <vector>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/byte_order.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/idx.hpp>

namespace gradus {

/// Writes a tensor as an IDX file, which appears complete or not at all. Throws ArgumentError for an extent
/// above 2^32 - 1; FileError if the file cannot be written.
template <IdxScalar T>
void write_idx(const std::filesystem::path& path, const Tensor<T>& tensor) {
  for (const Index extent : tensor.shape()) {
    if (static_cast<std::uint64_t>(extent) > std::numeric_limits<std::uint32_t>::max()) {
      throw ArgumentError("write_idx: shape is " + tensor.shape().to_string() +
                          ", expected extents of at most 4294967295");
    }
  }
  AtomicFile file(path);
  const auto write_uint32 = [&file](std::uint32_t value) {
    value = big_endian(value);
    file.write(std::as_bytes(std::span(&value, 1)));
  };
  write_uint32((static_cast<std::uint32_t>(idx_type<T>()) << 8) | static_cast<std::uint32_t>(tensor.rank()));
  for (const Index extent : tensor.shape()) write_uint32(static_cast<std::uint32_t>(extent));
  constexpr std::size_t block_size = 1 << 16;
  std::vector<std::byte> block;
  for (auto rest = std::as_bytes(tensor.span()); !rest.empty(); rest = rest.subspan(block.size())) {
    const auto next = rest.first(std::min(rest.size(), block_size));
    block.assign(next.begin(), next.end());
    if constexpr (std::endian::native != std::endian::big) swap_bytes(std::span(block), sizeof(T));
    file.write(block);
  }
  file.commit();
}

}  // namespace gradus
