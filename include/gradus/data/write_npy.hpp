// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/data/npy_header.hpp>

namespace gradus {

namespace detail {

/// Calls `write(bytes)` for each part of a .npy file.
template <NpyScalar T, class Write>
void write_npy(TensorView<const T> tensor, const Write& write) {
  const std::string header = npy_header({npy_type<T>(), false, tensor.shape()});
  write(std::as_bytes(std::span(header)));
  write(std::as_bytes(tensor.span()));
}

}  // namespace detail

/// Writes an array for `numpy.load`. The file appears complete or not at all. Throws FileError.
template <NpyScalar T>
void save_npy(const Tensor<T>& tensor, const std::filesystem::path& file) {
  AtomicFile out(file);
  detail::write_npy(tensor.view(), [&](std::span<const std::byte> bytes) { out.write(bytes); });
  out.commit();
}

}  // namespace gradus
