// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <span>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>

#if defined(_WIN32)
#include <memory>
#include <mutex>
#include <system_error>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gradus/core/descriptor.hpp>
#endif

namespace gradus {

/// A file that is read at explicit positions. It has no current position, so threads can share one object.
class PositionedFile {
 public:
  /// Opens a file. Throws FileError if it does not exist or is not a regular file.
  explicit PositionedFile(std::filesystem::path path) : path_(std::move(path)) { open(); }

  /// Returns the size in bytes at the time of opening.
  std::uint64_t size() const { return size_; }

  /// Reads bytes into `out`, starting at `position`. Returns how many were read, which is fewer than
  /// requested only at the end of the file. Throws FileError.
  std::size_t read(std::uint64_t position, std::span<std::byte> out) const {
    std::size_t count = 0;
    while (count < out.size()) {
      const std::size_t got = read_some(position + count, out.subspan(count));
      if (got == 0) break;
      count += got;
    }
    return count;
  }

 private:
#if defined(_WIN32)
  void open() {
    std::error_code error;
    size_ = std::filesystem::file_size(path_, error);
    if (error) throw_file(path_, "cannot be opened", error.default_error_condition().value());
    file_ = open_file(path_, "rb");
    if (!file_) throw_file(path_, "cannot be opened", errno);
  }

  std::size_t read_some(std::uint64_t position, std::span<std::byte> out) const {
    const std::lock_guard lock(*mutex_);
    if (_fseeki64(file_.get(), static_cast<long long>(position), SEEK_SET) != 0) return 0;
    const std::size_t count = std::fread(out.data(), 1, out.size(), file_.get());
    if (std::ferror(file_.get()) != 0) throw_file(path_, "cannot be read", errno);
    return count;
  }

  FileHandle file_;
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
#else
  void open() {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    file_ = detail::open_descriptor(path_, O_RDONLY | O_NONBLOCK);
    struct stat status {};
    if (!file_ || ::fstat(file_.number(), &status) != 0) throw_file(path_, "cannot be opened", errno);
    if (S_ISDIR(status.st_mode)) throw_file(path_, "cannot be opened", EISDIR);
    if (!S_ISREG(status.st_mode)) throw FileError(path_text(path_) + ": is not a regular file");
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  std::size_t read_some(std::uint64_t position, std::span<std::byte> out) const {
    const std::size_t part = std::min<std::size_t>(out.size(), std::size_t{1} << 30);
    for (;;) {
      const auto count = ::pread(file_.number(), out.data(), part, static_cast<off_t>(position));
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) throw_file(path_, "cannot be read", errno);
    }
  }

  detail::Descriptor file_;
#endif

  std::filesystem::path path_;
  std::uint64_t size_ = 0;
};

}  // namespace gradus
