// SPDX-License-Identifier: MIT

#pragma once

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

#include <gradus/core/descriptor.hpp>

#if defined(_WIN32)
#include <process.h>
#else
#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

/// The temporary files of AtomicFile. The one for `model.safetensors` is named
/// `model.safetensors.<process>-<random>-<number>.tmp`. Each is locked while it is being written. Killing a
/// process releases its lock, so the next writer of the same destination knows which files to remove. A
/// process ID is not enough for that, because containers reuse them.
namespace gradus::detail {

/// The writer of a temporary file: a process ID, and a random number because process IDs are reused.
struct Writer {
  long process = 0;
  std::uint64_t random = 0;
  bool operator==(const Writer&) const = default;
};

inline std::uint64_t random_number() {
  try {
    std::random_device device;
    return (std::uint64_t{device()} << 32) ^ device();
  } catch (const std::exception&) {  // no source of randomness
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  }
}

/// Returns this process's writer. After fork, the child's writer differs only in the process ID.
inline Writer this_writer() {
  static const std::uint64_t random = random_number();
#if defined(_WIN32)
  return {_getpid(), random};
#else
  return {static_cast<long>(::getpid()), random};
#endif
}

inline std::string hex_digits(std::uint64_t value) {
  std::string text(16, '0');
  for (std::size_t i = 0; i < 16; ++i) text[i] = "0123456789abcdef"[(value >> (60 - 4 * i)) & 0xf];
  return text;
}

/// Returns the common prefix of the names of all temporary files for one destination: its own name up to 80
/// bytes, otherwise a 64-bit FNV-1a hash of it. Full names stay below the limit of 255 bytes.
inline std::string temporary_stem(const std::filesystem::path& destination) {
  constexpr std::size_t longest = 80;
  const std::u8string name = destination.filename().u8string();
  if (name.size() <= longest) return std::string(name.begin(), name.end()) + ".";
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char8_t byte : name) hash = (hash ^ byte) * 0x100000001b3;
  return "gradus-" + hex_digits(hash) + ".";
}

inline std::filesystem::path temporary_path(const std::filesystem::path& folder, const std::string& stem) {
  static std::atomic<unsigned> next{0};
  const Writer writer = this_writer();
  const std::string name = stem + std::to_string(writer.process) + "-" + hex_digits(writer.random) + "-" +
                           std::to_string(next++) + ".tmp";
  return folder / std::u8string(name.begin(), name.end());
}

/// Returns the writer encoded in a file name, if it is a temporary file with this stem.
inline std::optional<Writer> writer_of(const std::filesystem::path& path, const std::string& stem) {
  const std::u8string file_name = path.filename().u8string();
  std::string_view name(reinterpret_cast<const char*>(file_name.data()), file_name.size());
  if (!name.starts_with(stem)) return std::nullopt;
  name.remove_prefix(stem.size());
  const auto number = [&name](auto& value, int base, std::string_view delimiter) {
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value, base);
    if (error != std::errc()) return false;
    name.remove_prefix(static_cast<std::size_t>(end - name.data()));
    if (!name.starts_with(delimiter)) return false;
    name.remove_prefix(delimiter.size());
    return true;
  };
  Writer writer;
  unsigned count = 0;
  if (!number(writer.process, 10, "-") || !number(writer.random, 16, "-") || !number(count, 10, ".tmp") ||
      !name.empty()) {
    return std::nullopt;
  }
  return writer;
}

#if defined(_WIN32)

inline bool claim(const Descriptor&) { return true; }

/// Removes a temporary file. Windows refuses if the file is open for writing.
inline void remove_if_abandoned(const std::filesystem::path& path, const Writer&) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

#else

/// Locks a new temporary file. Returns false if another writer has already removed it as abandoned.
inline bool claim(const Descriptor& file) {
  if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  struct stat status {};
  return ::fstat(file.number(), &status) != 0 || status.st_nlink > 0;
}

/// Removes a temporary file unless its writer is still running. If files cannot be locked, checks whether the
/// process exists.
inline void remove_if_abandoned(const std::filesystem::path& path, const Writer& writer) {
  const Descriptor file = open_descriptor(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  if (!file) return;
  if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return;
    const bool is_dead = ::kill(static_cast<pid_t>(writer.process), 0) != 0 && errno == ESRCH;
    if (!is_dead) return;
  }
  ::unlink(path.c_str());  // still locked, so that no other process can claim it
}

#endif

/// Removes the temporary files that killed processes left for one destination. Ignores failures: the next
/// writer tries again.
inline void remove_abandoned(const std::filesystem::path& folder, const std::string& stem) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::optional<Writer> writer = writer_of(entry->path(), stem);
    if (writer && *writer != this_writer()) remove_if_abandoned(entry->path(), *writer);
  }
}

/// A temporary file next to its destination. Removed on destruction unless it was renamed.
class TemporaryFile {
 public:
  TemporaryFile() = default;
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    file_.close();  // Windows cannot remove an open file
    if (path_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  /// Creates and locks the file. Returns 0 or an errno value.
  int create(const std::filesystem::path& destination, bool for_owner_alone) {
    constexpr int most_attempts = 100;
    const std::filesystem::path folder = destination.parent_path();
    const std::string stem = temporary_stem(destination);
    remove_abandoned(folder.empty() ? "." : folder, stem);
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
      path_ = temporary_path(folder, stem);
      file_ = create_exclusively(path_, for_owner_alone);
      const int error = file_ ? 0 : errno;
      if (file_ && claim(file_)) return 0;
      path_.clear();
      if (error != 0 && error != EEXIST) return error;
    }
    return EEXIST;
  }

  const Descriptor& file() const { return file_; }

  /// Renames the file to its destination. Returns 0 or an errno value.
  int rename_to(const std::filesystem::path& destination) {
#if defined(_WIN32)
    if (const int error = file_.close(); error != 0) return error;
#endif
    std::error_code error;
    std::filesystem::rename(path_, destination, error);
    if (error) return error.default_error_condition().value();
    path_.clear();
    return file_.close();  // after the rename, because the lock keeps others from removing it
  }

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

}  // namespace gradus::detail
