// SPDX-License-Identifier: MIT

#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include <gradus/core/descriptor.hpp>
#include <gradus/core/destination.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/file_attributes.hpp>
#include <gradus/core/temporary_file.hpp>

namespace gradus {

/// A file that is written completely or not at all. The bytes go to a temporary file in the same folder,
/// which `commit()` renames over the destination. Until then the old file is untouched, even if the process
/// is killed. Every failure throws FileError with the system's reason.
///
/// - Symbolic links are followed: the target is replaced, or created if it does not exist.
/// - The new file gets the permissions of the old one and, where the system allows it, its owner and group. A
///   read-only file is not replaced. Other hard links to the old file keep the old content.
/// - Devices, FIFOs and open files such as /dev/stdout are written directly, after the first 64 KiB or in
///   `commit()`; these writes cannot be undone.
/// - Temporary files that killed processes left behind for the same destination are removed.
class AtomicFile {
 public:
  /// Creates an empty file. Throws FileError if the path cannot be written.
  explicit AtomicFile(const std::filesystem::path& path)
      : path_(path), destination_(detail::find_destination(path)) {
    if (!destination_.is_file) return;
    const int error = temporary_.create(destination_.path, destination_.exists);
    if (error != 0) throw_file(path_, "cannot be created", error);
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  /// Discards the file unless it was committed.
  ~AtomicFile() = default;

  /// Appends bytes.
  void write(std::span<const std::byte> bytes) {
    if (is_committed_) throw StateError(path_text(path_) + ": write after commit");
    if (buffer_.size() + bytes.size() > buffer_size) flush();
    if (bytes.size() >= buffer_size) {
      write_through(bytes);
    } else {
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }
  }

  /// Puts the file at its destination and waits until it is on disk.
  void commit() {
    if (is_committed_) throw StateError(path_text(path_) + ": second commit");
    flush();
    if (destination_.is_file) detail::copy_attributes(destination_.path, temporary_.file());
    const detail::Descriptor& file = destination_.is_file ? temporary_.file() : direct_;
    check_written(detail::sync(file));
    is_committed_ = true;
    if (!destination_.is_file) {
      check_written(direct_.close());
      return;
    }
    const int error = temporary_.rename_to(destination_.path);
    if (error != 0) throw_file(path_, "cannot be replaced", error);
    const auto folder = destination_.path.parent_path();
    detail::sync_folder(folder.empty() ? std::filesystem::path(".") : folder);
  }

 private:
  static constexpr std::size_t buffer_size = std::size_t{1} << 16;

  void flush() {
    write_through(buffer_);
    buffer_.clear();
  }

  void write_through(std::span<const std::byte> bytes) {
    check_written(error_);  // an incomplete file must not be committed as complete
    if (!destination_.is_file && !direct_) open_directly();
    check_written(detail::write_all(destination_.is_file ? temporary_.file() : direct_, bytes));
  }

  /// Opens a device only when there is something to write: opening and closing a FIFO would end its reader.
  void open_directly() {
    if (destination_.descriptor == 1) std::fflush(stdout);  // keeps the order relative to earlier output
    direct_ = destination_.descriptor < 0 ? detail::open_to_write(destination_.path)
                                          : detail::duplicate(destination_.descriptor);
    if (!direct_) check_written(errno);
  }

  void check_written(int error) {
    error_ = error;
    if (error != 0) throw_file(path_, "cannot be written", error);
  }

  std::filesystem::path path_;
  detail::Destination destination_;
  detail::TemporaryFile temporary_;
  detail::Descriptor direct_;
  std::vector<std::byte> buffer_;
  int error_ = 0;
  bool is_committed_ = false;
};

/// Writes a file through AtomicFile: `write_text("history.csv", history.to_csv())`. Throws FileError.
inline void write_text(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

}  // namespace gradus
