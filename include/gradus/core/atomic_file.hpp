#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#if defined(_WIN32)
#include <io.h>
#elif defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <unistd.h>
#endif

#include <gradus/core/error.hpp>

namespace gradus {

namespace detail {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] inline void fail_file(const std::filesystem::path& path, const std::string& what, int error) {
  throw FileError(path.string() + ": " + what + ": " + std::generic_category().message(error));
}

/// Opens a file by C's mode string; null, with errno set, if that fails.
inline FileHandle open_file(const std::filesystem::path& path, const char* mode) {
#if defined(_WIN32)
  return FileHandle(
      _wfopen(path.c_str(), std::wstring(mode, mode + std::char_traits<char>::length(mode)).c_str()));
#else
  return FileHandle(std::fopen(path.c_str(), mode));
#endif
}

/// Returns once the file's bytes have reached the disk; false, with errno set, if they have not.
inline bool sync_file(std::FILE* file) {
#if defined(_WIN32)
  return _commit(_fileno(file)) == 0;
#elif defined(__unix__) || defined(__APPLE__)
  return fsync(fileno(file)) == 0;
#else
  return file != nullptr;
#endif
}

/// Makes a rename in this folder durable. Best effort: not every file system can.
inline void sync_folder([[maybe_unused]] const std::filesystem::path& folder) {
#if defined(__unix__) || defined(__APPLE__)
  const int descriptor = open(folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
#endif
}

}  // namespace detail

/// A file that appears whole or not at all. It is written under another name in the same folder and takes its
/// own name, replacing an older file, in `commit()`; until then, and if the process is killed at any moment,
/// the older file is untouched. Every failure throws FileError with the system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path destination) : destination_(std::move(destination)) {
    // Exclusive, so that two writers never share one; numbered, since a killed process leaves its own behind.
    for (int number = 0; number < max_attempts; ++number) {
      temporary_ = destination_;
      temporary_ += ".tmp" + std::to_string(number);
      file_ = detail::open_file(temporary_, "wbx");
      if (file_ || errno != EEXIST) break;
    }
    if (!file_) detail::fail_file(destination_, "cannot be created", errno);
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  /// Removes what was written unless it was committed.
  ~AtomicFile() {
    if (!committed_) remove_temporary();
  }

  /// Appends bytes.
  void write(std::span<const std::byte> bytes) {
    if (!file_) throw StateError(destination_.string() + ": write after commit");
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
      detail::fail_file(destination_, "cannot be written", errno);
    }
  }

  /// Puts the file in its place; it is on the disk when this returns.
  void commit() {
    if (!file_) throw StateError(destination_.string() + ": second commit");
    if (std::ferror(file_.get()) != 0) detail::fail_file(destination_, "cannot be written", EIO);
    if (std::fflush(file_.get()) != 0 || !detail::sync_file(file_.get())) {
      detail::fail_file(destination_, "cannot be written", errno);
    }
    if (std::fclose(file_.release()) != 0) detail::fail_file(destination_, "cannot be written", errno);
    std::error_code error;
    std::filesystem::rename(temporary_, destination_, error);
    if (error) detail::fail_file(destination_, "cannot be replaced", error.value());
    committed_ = true;
    const auto folder = destination_.parent_path();
    detail::sync_folder(folder.empty() ? std::filesystem::path(".") : folder);
  }

 private:
  static constexpr int max_attempts = 1000;

  void remove_temporary() noexcept {
    file_.reset();
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
  }

  std::filesystem::path destination_;
  std::filesystem::path temporary_;
  detail::FileHandle file_;
  bool committed_ = false;
};

}  // namespace gradus
