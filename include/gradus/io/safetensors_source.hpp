// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include <gradus/core/escape.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/memory_map.hpp>
#include <gradus/core/positioned_file.hpp>

namespace gradus {

/// The bytes of a safetensors file, from a path, a memory map or memory. Functions that take a source accept
/// all three: `load(net, "net.safetensors")`, `load(net, MemoryMap("net.safetensors"))`,
/// `load(net, std::as_bytes(std::span(array)))`.
class SafetensorsSource {
 public:
  /// Opens a file. Throws FileError if it does not exist or is not a regular file.
  SafetensorsSource(const std::filesystem::path& path)
      : name_(path_text(path)), bytes_(PositionedFile(path)) {}
  /// Opens a file given by anything convertible to a path, such as a string.
  template <class P>
  requires(!std::same_as<P, SafetensorsSource> && std::convertible_to<const P&, std::filesystem::path> &&
           !std::convertible_to<const P&, std::span<const std::byte>>) SafetensorsSource(const P& path)
      : SafetensorsSource(std::filesystem::path(path)) {}
  /// Reads a mapped file; the source takes ownership.
  SafetensorsSource(MemoryMap map) : name_(path_text(map.path())), bytes_(std::move(map)) {}
  /// Reads bytes at any alignment, which must outlive the source. Error messages call them `name`.
  SafetensorsSource(std::span<const std::byte> bytes, std::string_view name = "memory")
      : name_(escaped(name)), bytes_(bytes) {}

  /// Returns the name for messages; safe to print.
  const std::string& name() const { return name_; }
  /// Returns the number of bytes.
  std::uint64_t size() const {
    if (const auto* file = std::get_if<PositionedFile>(&bytes_)) return file->size();
    return memory().size();
  }
  /// Reads out.size() bytes from byte `position` on, fewer only at the end, and returns the number read.
  /// Throws FileError.
  std::size_t read(std::uint64_t position, std::span<std::byte> out) const {
    if (const auto* file = std::get_if<PositionedFile>(&bytes_)) return file->read(position, out);
    const std::span<const std::byte> bytes = memory();
    if (position >= bytes.size()) return 0;
    const auto rest = bytes.subspan(static_cast<std::size_t>(position));
    const std::size_t count = std::min(rest.size(), out.size());
    std::copy_n(rest.begin(), count, out.begin());
    return count;
  }

 private:
  std::span<const std::byte> memory() const {
    if (const auto* map = std::get_if<MemoryMap>(&bytes_)) return map->bytes();
    return std::get<std::span<const std::byte>>(bytes_);
  }

  std::string name_;
  std::variant<PositionedFile, MemoryMap, std::span<const std::byte>> bytes_;
};

}  // namespace gradus
