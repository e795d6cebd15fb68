// SPDX-License-Identifier: MIT

#pragma once

/// Requires zlib: link the CMake target gradus::gzip.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <vector>
#include <zlib.h>

#include <gradus/core/error.hpp>
#include <gradus/data/byte_source.hpp>

namespace gradus {

/// A source of the bytes of a file, unpacked if the first two bytes show that it is gzip-compressed (RFC
/// 1952); its name does not matter. Unpacks directly into the caller's buffer, only as far as requested.
///
/// `read` throws FileError if the data are damaged, truncated, fail the checksum or length check, or are
/// followed by anything but another gzip member.
class GzipFile {
 public:
  /// Opens a file, compressed or not. Throws FileError.
  explicit GzipFile(const std::filesystem::path& path) : file_(path) {
    std::array<std::byte, 2> start{};
    const bool is_gzip = file_.read(start) == start.size() && start == magic;
    file_ = PlainFile(path);
    if (!is_gzip) return;
    input_.resize(input_size);
    stream_ = std::unique_ptr<z_stream, InflateEnd>(new z_stream{});
    if (inflateInit2(stream_.get(), gzip_only) != Z_OK) throw std::bad_alloc();
  }

  /// Returns whether the file is compressed.
  bool is_compressed() const { return stream_ != nullptr; }

  /// Reads out.size() unpacked bytes, fewer only at the end, and returns the number read. Throws FileError.
  std::size_t read(std::span<std::byte> out) {
    if (!is_compressed()) return file_.read(out);
    std::size_t count = 0;
    while (count < out.size() && start_member()) count += inflate_some(out.subspan(count));
    return count;
  }

  /// Returns an upper bound on the unpacked bytes left.
  std::uint64_t bound() const {
    if (!is_compressed()) return file_.bound();
    const std::uint64_t packed = file_.bound() + stream_->avail_in + held_input;
    const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    return packed > most / max_expansion ? most : packed * max_expansion;
  }
  /// Returns the path, for messages.
  const std::string& name() const { return file_.name(); }

 private:
  struct InflateEnd {
    void operator()(z_stream* stream) const {
      inflateEnd(stream);
      delete stream;
    }
  };

  static constexpr std::array<std::byte, 2> magic{std::byte{0x1f}, std::byte{0x8b}};
  static constexpr int gzip_only = 15 + 16;  // zlib's code: window of 2^15 bytes, gzip wrapper
  static constexpr std::size_t input_size = std::size_t{1} << 18;
  // Deflate packs at most 258 bytes into two bits. zlib may hold output from up to 8 bytes of input.
  static constexpr std::uint64_t max_expansion = 1032;
  static constexpr std::uint64_t held_input = 8;

  void refill() {
    if (stream_->avail_in > 0) return;
    stream_->next_in = input_.data();
    stream_->avail_in = static_cast<uInt>(file_.read(std::as_writable_bytes(std::span(input_))));
  }

  /// Continues with the next member after one has ended. Returns false after the last one.
  bool start_member() {
    refill();
    if (!member_ended_) return true;
    if (stream_->avail_in == 0) return false;
    inflateReset(stream_.get());
    member_ended_ = false;
    is_first_member_ = false;
    return true;
  }

  std::size_t inflate_some(std::span<std::byte> out) {
    if (stream_->avail_in == 0)
      throw FileError("GzipFile: " + name() + ": gzip data are truncated, expected more bytes");
    const std::size_t wanted = std::min<std::size_t>(out.size(), std::numeric_limits<uInt>::max());
    stream_->next_out = reinterpret_cast<Bytef*>(out.data());
    stream_->avail_out = static_cast<uInt>(wanted);
    const bool at_start = stream_->total_in == 0;
    const int code = inflate(stream_.get(), Z_NO_FLUSH);
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code == Z_STREAM_END) {
      member_ended_ = true;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      throw_damaged(at_start && !is_first_member_);
    }
    return wanted - stream_->avail_out;
  }

  [[noreturn]] void throw_damaged(bool between_members) const {
    if (between_members)
      throw FileError("GzipFile: " + name() +
                      ": gzip data are followed by other bytes, expected the end of the file");
    throw FileError("GzipFile: " + name() +
                    ": gzip data are damaged: " + (stream_->msg ? stream_->msg : "unknown error"));
  }

  PlainFile file_;
  std::vector<Bytef> input_;
  std::unique_ptr<z_stream, InflateEnd> stream_;
  bool member_ended_ = false;
  bool is_first_member_ = true;
};

}  // namespace gradus
