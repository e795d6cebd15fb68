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

/// A file that appears whole or not at all. It is written under another name in the same folder and replaces
/// an older file in `commit()`; until then, and if the process is killed at any moment, the older file is
/// untouched. Every failure throws FileError with the system's reason.
///
/// - A symbolic link is followed: its target is replaced, or created if it does not exist.
/// - The new file has the permissions of the old one, and its owner and group where the system allows it; a
///   file that may not be written is not replaced. Other hard links to the old file keep the old content.
/// - A device, a FIFO and an open file such as /dev/stdout are written directly, from the first 64 KiB on or
///   in `commit()`: what has been written cannot be taken back.
/// - What earlier processes left of the same destination when they were killed is removed.
class AtomicFile {
 public:
  /// Starts an empty file. Throws FileError if nothing can be written at the path.
  explicit AtomicFile(const std::filesystem::path& path)
      : path_(path), destination_(detail::find_destination(path)) {
    if (!destination_.is_file) return;
    const int error = temporary_.create(destination_.path, destination_.exists);
    if (error != 0) throw_file(path_, "cannot be created", error);
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  /// Removes what was written unless it was committed.
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

  /// Puts the file in its place; it is on the disk when this returns.
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
    check_written(error_);  // half a file must not be passed off as whole
    if (!destination_.is_file && !direct_) open_directly();
    check_written(detail::write_all(destination_.is_file ? temporary_.file() : direct_, bytes));
  }

  /// Opens a device when there is something to write: opening and closing a FIFO would end its reader.
  void open_directly() {
    if (destination_.descriptor == 1) std::fflush(stdout);  // keep the order of what was printed before
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

/// Writes a whole file through AtomicFile: `write_text("history.csv", history.to_csv())`. Throws FileError.
inline void write_text(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

}  // namespace gradus
