// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <istream>
#include <span>
#include <string>
#include <system_error>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/file.hpp>

namespace gradus {

/// A source of bytes for a file format reader.
template <class S>
concept ByteSource = requires(S source, const S constant, std::span<std::byte> out) {
  /// Fills `out` and returns the number of bytes written, which is less than out.size() only at the end.
  { source.read(out) } -> std::same_as<std::size_t>;
  /// Returns an upper bound on the bytes left. Readers check the sizes in a header against it.
  { constant.bound() } -> std::same_as<std::uint64_t>;
  /// Returns the file's path for messages, safe to print.
  { constant.name() } -> std::convertible_to<std::string>;
};

/// A source of the unchanged bytes of a file.
class PlainFile {
 public:
  /// Throws FileError if `path` does not exist or is not a regular file.
  explicit PlainFile(const std::filesystem::path& path) : path_(path), name_(path_text(path)) {
    std::error_code error;
    remaining_ = std::filesystem::file_size(path, error);
    if (error) throw_file(path, "cannot be read", error.default_error_condition().value());
    file_ = open_file(path, "rb");
    if (!file_) throw_file(path, "cannot be read", errno);
  }

  /// Reads out.size() bytes, fewer only at the end, and returns the number read. Throws FileError.
  std::size_t read(std::span<std::byte> out) {
    const std::size_t count = std::fread(out.data(), 1, out.size(), file_.get());
    if (std::ferror(file_.get()) != 0) throw_file(path_, "cannot be read", errno);
    remaining_ -= std::min<std::uint64_t>(remaining_, count);
    return count;
  }
  /// Returns an upper bound on the bytes left.
  std::uint64_t bound() const { return remaining_; }
  /// Returns the name of the source, for messages.
  const std::string& name() const { return name_; }

 private:
  std::filesystem::path path_;
  std::string name_;
  std::uint64_t remaining_ = 0;
  FileHandle file_;
};

/// A non-owning source of bytes in memory.
class MemorySource {
 public:
  /// Reads from `bytes`, which must outlive the source.
  explicit MemorySource(std::span<const std::byte> bytes, const std::string& name = "memory")
      : bytes_(bytes), name_(escaped(name)) {}

  /// Reads out.size() bytes, fewer only at the end, and returns the number read.
  std::size_t read(std::span<std::byte> out) {
    const std::size_t count = std::min(out.size(), bytes_.size());
    std::ranges::copy(bytes_.first(count), out.begin());
    bytes_ = bytes_.subspan(count);
    return count;
  }
  /// Returns the number of bytes left.
  std::uint64_t bound() const { return bytes_.size(); }
  /// Returns the name of the source, for messages.
  const std::string& name() const { return name_; }

 private:
  std::span<const std::byte> bytes_;
  std::string name_;
};

/// A non-owning source that reads the rest of a seekable stream.
class StreamSource {
 public:
  /// Throws FileError if the length of the stream cannot be determined.
  explicit StreamSource(std::istream& stream, const std::string& name = "stream")
      : stream_(&stream), name_(escaped(name)) {
    const auto here = stream.tellg();
    stream.seekg(0, std::ios::end);
    const auto end = stream.tellg();
    stream.seekg(here);
    if (!stream || end < here)
      throw FileError("StreamSource: " + name_ + ": length is unknown, expected a seekable stream");
    remaining_ = static_cast<std::uint64_t>(end - here);
  }

  /// Reads out.size() bytes, fewer only at the end, and returns the number read.
  std::size_t read(std::span<std::byte> out) {
    const std::uint64_t wanted = std::min<std::uint64_t>(out.size(), remaining_);
    stream_->read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(wanted));
    const auto count = static_cast<std::uint64_t>(stream_->gcount());
    remaining_ = count == wanted ? remaining_ - count : 0;
    return static_cast<std::size_t>(count);
  }
  /// Returns an upper bound on the bytes left.
  std::uint64_t bound() const { return remaining_; }
  /// Returns the name of the source, for messages.
  const std::string& name() const { return name_; }

 private:
  std::istream* stream_;
  std::string name_;
  std::uint64_t remaining_ = 0;
};

}  // namespace gradus
