// SPDX-License-Identifier: MIT

#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>

#if defined(_WIN32)
#include <vector>

#include <gradus/core/positioned_file.hpp>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <gradus/core/descriptor.hpp>
#endif

namespace gradus {

/// A read-only memory-mapped file. Pages are loaded on first access, and processes that map the same file
/// share them. The file must not be truncated while it is mapped: reading past its new end raises SIGBUS. On
/// Windows the whole file is read into memory instead.
class MemoryMap {
 public:
  /// Maps a file. Throws FileError if it does not exist or is not a regular file.
  explicit MemoryMap(std::filesystem::path path) : path_(std::move(path)) { open(); }
  /// Takes over the mapping.
  MemoryMap(MemoryMap&& other) noexcept : path_(std::move(other.path_)) { swap(other); }
  /// Takes over the mapping.
  MemoryMap& operator=(MemoryMap&& other) noexcept {
    path_.swap(other.path_);
    swap(other);
    return *this;
  }
  /// Unmaps the file.
  ~MemoryMap() { close(); }

  /// Returns the bytes of the file. They are valid as long as this object, or the one it was moved to.
  std::span<const std::byte> bytes() const { return bytes_; }
  /// Returns the path of the file.
  const std::filesystem::path& path() const { return path_; }

 private:
#if defined(_WIN32)
  void open() {
    const PositionedFile file(path_);
    content_.resize(static_cast<std::size_t>(file.size()));
    content_.resize(file.read(0, content_));
    bytes_ = content_;
  }
  void close() {}
  void swap(MemoryMap& other) noexcept {
    content_.swap(other.content_);
    std::swap(bytes_, other.bytes_);
  }

  std::vector<std::byte> content_;
#else
  void open() {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    const detail::Descriptor file = detail::open_descriptor(path_, O_RDONLY | O_NONBLOCK);
    struct stat status {};
    if (!file || ::fstat(file.number(), &status) != 0) throw_file(path_, "cannot be opened", errno);
    if (S_ISDIR(status.st_mode)) throw_file(path_, "cannot be opened", EISDIR);
    if (!S_ISREG(status.st_mode)) throw FileError(path_text(path_) + ": is not a regular file");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size == 0) return;  // mmap rejects empty files
    if (size > std::numeric_limits<std::size_t>::max()) throw_file(path_, "cannot be mapped", EFBIG);
    void* const address =
        ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_PRIVATE, file.number(), 0);
    if (address == MAP_FAILED) throw_file(path_, "cannot be mapped", errno);
    bytes_ = {static_cast<const std::byte*>(address), static_cast<std::size_t>(size)};
  }
  void close() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }
  void swap(MemoryMap& other) noexcept { std::swap(bytes_, other.bytes_); }
#endif

  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
};

}  // namespace gradus
