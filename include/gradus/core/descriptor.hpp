// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#include <share.h>
#include <sys/stat.h>
#else
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#endif

#include <gradus/version.hpp>

/// Thin wrappers around file descriptors. Functions that return an int return 0 or an errno value; those that
/// return a Descriptor return an empty one, with errno set, on failure.
namespace gradus::detail {

/// An owning file descriptor, possibly empty.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }

  int close() {
    if (number_ < 0) return 0;
#if defined(_WIN32)
    const int result = _close(std::exchange(number_, -1));
#else
    const int result = ::close(std::exchange(number_, -1));
#endif
    // The descriptor is closed whatever close reports; on Linux at least, even after EINTR.
    return result == 0 || errno == EINTR ? 0 : errno;
  }

 private:
  int number_ = -1;
};

#if defined(_WIN32)

inline Descriptor open_descriptor(const std::filesystem::path& path, int flags, int mode = 0) {
  int number = -1;
  const int error = _wsopen_s(&number, path.c_str(), flags | _O_BINARY | _O_NOINHERIT, _SH_DENYNO, mode);
  errno = error;
  return Descriptor(number);
}

/// Creates a file that does not exist yet.
inline Descriptor create_exclusively(const std::filesystem::path& path, bool) {
  return open_descriptor(path, _O_WRONLY | _O_CREAT | _O_EXCL, _S_IREAD | _S_IWRITE);
}

/// Opens a device, or an existing file for appending.
inline Descriptor open_to_write(const std::filesystem::path& path) {
  return open_descriptor(path, _O_WRONLY | _O_APPEND);
}

/// Duplicates a descriptor.
inline Descriptor duplicate(int number) { return Descriptor(_dup(number)); }

inline int write_all(const Descriptor& file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto part = static_cast<unsigned>(std::min<std::size_t>(bytes.size(), std::size_t{1} << 30));
    const int count = _write(file.number(), bytes.data(), part);
    if (count < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

inline int sync(const Descriptor& file) { return _commit(file.number()) == 0 || errno == EBADF ? 0 : errno; }

inline void sync_folder(const std::filesystem::path&) {}

#else

/// Opens a path; retries when interrupted by a signal.
inline Descriptor open_descriptor(const std::filesystem::path& path, int flags, unsigned mode = 0) {
  int number = -1;
  do {
    number = ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode);
  } while (number < 0 && errno == EINTR);
  return Descriptor(number);
}

/// Creates a file that does not exist yet. If `for_owner_alone`, only its owner can access it; otherwise the
/// umask applies.
inline Descriptor create_exclusively(const std::filesystem::path& path, bool for_owner_alone) {
  return open_descriptor(path, O_WRONLY | O_CREAT | O_EXCL, for_owner_alone ? 0600 : 0666);
}

/// Opens a device, a FIFO (waiting for its reader), or an existing file for appending.
inline Descriptor open_to_write(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool is_file = std::filesystem::is_regular_file(path, ignored);
  return open_descriptor(path, O_WRONLY | (is_file ? O_APPEND : 0));
}

/// Duplicates a descriptor; both share one file position.
inline Descriptor duplicate(int number) { return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, 3)); }

/// Writes all bytes, in as many calls as necessary.
inline int write_all(const Descriptor& file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    // macOS refuses more than 2^31 - 1 bytes at once.
    const std::size_t part = std::min<std::size_t>(bytes.size(), std::size_t{1} << 30);
    const auto count = ::write(file.number(), bytes.data(), part);
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // non-blocking terminal or pipe
      pollfd ready{file.number(), POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

/// Waits until the bytes are on disk. Succeeds if the file is not on a disk or the system does not support
/// fsync for it.
inline int sync(const Descriptor& file) {
  while (::fsync(file.number()) != 0) {
    if (errno == EINTR) continue;
    return errno == EINVAL || errno == ENOSYS || errno == ENOTSUP || errno == EROFS ? 0 : errno;
  }
  return 0;
}

/// Makes a rename in this folder durable, as far as the file system supports it.
inline void sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor = open_descriptor(folder, O_RDONLY);
  if (descriptor) sync(descriptor);
}

#endif

}  // namespace gradus::detail
