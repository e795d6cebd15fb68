// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/byte_order.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/positioned_file.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/io/float_type.hpp>
#include <gradus/io/safetensors_dtype.hpp>
#include <gradus/io/safetensors_entry.hpp>
#include <gradus/io/safetensors_header.hpp>
#include <gradus/io/safetensors_source.hpp>

namespace gradus {

namespace detail {

inline constexpr std::uint64_t safetensors_header_limit = 100'000'000;  // as in the reference implementation

}  // namespace detail

/// An open safetensors file, on disk or in memory. The header is read and checked on construction, tensors on
/// request. Const members are safe to call from several threads.
class SafetensorsReader {
 public:
  /// Throws FileError if the file is missing, truncated or malformed. A tensor of unknown dtype or rank is an
  /// error only when it is read.
  explicit SafetensorsReader(SafetensorsSource source) : source_(std::move(source)) {
    const std::uint64_t size = source_.size();
    if (size < 8) {
      throw FileError("SafetensorsReader: " + name() + ": file has " + std::to_string(size) +
                      " bytes, expected at least 8");
    }
    std::uint64_t length = 0;
    read_bytes(0, std::as_writable_bytes(std::span(&length, 1)));
    length = little_endian(length);
    if (length == 0 || length > size - 8 || length > detail::safetensors_header_limit) {
      throw FileError("SafetensorsReader: " + name() + ": header length is " + std::to_string(length) +
                      " in a file of " + std::to_string(size) +
                      " bytes, expected a safetensors header within the file");
    }
    std::string json(static_cast<std::size_t>(length), '\0');
    read_bytes(8, std::as_writable_bytes(std::span(json)));
    data_start_ = 8 + length;
    header_ = parse_safetensors_header("SafetensorsReader: " + name(), json, size - data_start_);
  }

  /// Returns the name of the file in messages; safe to print.
  const std::string& name() const { return source_.name(); }
  /// Returns the tensors of the file, in data order.
  const std::vector<SafetensorsEntry>& entries() const& { return header_.entries; }
  /// Returns the tensors of the file, in data order.
  std::vector<SafetensorsEntry> entries() && { return std::move(header_.entries); }
  /// Returns the texts under `__metadata__`.
  const std::map<std::string, std::string>& metadata() const& { return header_.metadata; }
  /// Returns the texts under `__metadata__`.
  std::map<std::string, std::string> metadata() && { return std::move(header_.metadata); }

  /// Returns the description of a tensor, or null if there is none with this name.
  const SafetensorsEntry* find(std::string_view name) const& { return header_.find(name); }
  const SafetensorsEntry* find(std::string_view name) const&& = delete;

  /// Reads a tensor. Throws FileError if it does not exist, has another dtype or too many dimensions for a
  /// Shape, or if a byte of a BOOL tensor is neither 0 nor 1.
  template <TensorScalar Scalar>
  Tensor<Scalar> read(std::string_view name) const {
    const std::string_view dtype = detail::safetensors_dtype<Scalar>();
    const SafetensorsEntry* entry = &with_shape(name);
    if (entry->dtype != dtype) throw_dtype(*entry, std::string(dtype));
    Tensor<Scalar> tensor = Tensor<Scalar>::uninitialized(entry->shape);
    const std::span<std::byte> bytes = std::as_writable_bytes(tensor.span());
    read_bytes(data_start_ + entry->begin, bytes);
    if constexpr (std::is_same_v<Scalar, bool>) check_bools(*entry, bytes);
    to_little_endian(tensor.span());
    return tensor;
  }

  /// Reads a tensor of any FloatType and converts it, rounding to nearest and overflowing to infinity. Throws
  /// FileError for any other dtype, and like `read`.
  template <FloatOrDouble Scalar>
  Tensor<Scalar> read_converted(std::string_view name) const {
    const SafetensorsEntry& entry = with_shape(name);
    const std::optional<FloatType> type = detail::float_type(entry.dtype);
    if (!type) throw_dtype(entry, "F64, F32, F16 or BF16");
    if (entry.dtype == detail::safetensors_dtype<Scalar>()) return read<Scalar>(name);
    Tensor<Scalar> tensor = Tensor<Scalar>::uninitialized(entry.shape);
    std::vector<std::byte> block;
    std::uint64_t position = data_start_ + entry.begin;
    constexpr std::size_t most = std::size_t{1}
                                 << 16;  // elements at a time, so that little more is allocated
    for (std::span<Scalar> rest = tensor.span(); !rest.empty();) {
      const auto part = rest.first(std::min(rest.size(), most));
      block.resize(part.size() * detail::size_of(*type));
      read_bytes(position, block);
      detail::convert_from<Scalar>(*type, block, part);
      position += block.size();
      rest = rest.subspan(part.size());
    }
    return tensor;
  }

 private:
  const SafetensorsEntry& with_shape(std::string_view name) const {
    const SafetensorsEntry* entry = find(name);
    if (entry == nullptr) {
      throw FileError("SafetensorsReader: " + this->name() + ": no tensor is named " + in_quotes(name) +
                      ", expected one of entries()");
    }
    if (!entry->has_shape()) {
      throw_error(*entry, "has rank " + std::to_string(entry->rank) + ", expected at most " +
                              std::to_string(Shape::max_rank));
    }
    return *entry;
  }
  [[noreturn]] void throw_dtype(const SafetensorsEntry& entry, const std::string& expected) const {
    throw_error(entry, "has dtype " + escaped(entry.dtype, detail::longest_name) + ", expected " + expected);
  }
  [[noreturn]] void throw_error(const SafetensorsEntry& entry, const std::string& what) const {
    throw FileError("SafetensorsReader: " + name() + ": " + in_quotes(entry.name) + " " + what);
  }

  void check_bools(const SafetensorsEntry& entry, std::span<const std::byte> bytes) const {
    const auto wrong = std::ranges::find_if(bytes, [](std::byte byte) { return byte > std::byte{1}; });
    if (wrong == bytes.end()) return;
    throw_error(
        entry, "has a BOOL with value " + std::to_string(std::to_integer<int>(*wrong)) + ", expected 0 or 1");
  }

  void read_bytes(std::uint64_t position, std::span<std::byte> bytes) const {
    if (source_.read(position, bytes) != bytes.size()) {
      throw FileError("SafetensorsReader: " + name() + ": file is truncated, expected " +
                      std::to_string(bytes.size()) + " bytes from byte " + std::to_string(position) + " on");
    }
  }

  SafetensorsSource source_;
  std::uint64_t data_start_ = 0;
  SafetensorsHeader header_;
};

}  // namespace gradus
