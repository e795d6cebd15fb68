// SPDX-License-Identifier: MIT

#pragma once

/// Requires zlib: link the CMake target gradus::gzip.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include <zlib.h>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/positioned_file.hpp>
#include <gradus/data/zip_directory.hpp>

namespace gradus::detail {

/// A ByteSource of the unpacked contents of a file in a zip archive. `read` throws FileError if the data are
/// damaged, truncated, longer than declared or fail the checksum.
class ZipSource {
 public:
  /// Takes the archive, which must outlive this object, and its name for error messages. Throws FileError.
  ZipSource(const PositionedFile& file, const ZipEntry& entry, const std::string& name)
      : file_(&file),
        name_(name + ": " + escaped(entry.name, longest_name)),
        checksum_(entry.checksum),
        packed_left_(entry.packed_size),
        left_(entry.unpacked_size) {
    // Deflate packs at most 258 bytes into two bits.
    constexpr std::uint64_t most_expansion = 1032;
    if (entry.method == 0 ? entry.unpacked_size != entry.packed_size
                          : entry.unpacked_size / most_expansion > entry.packed_size)
      fail("unpacked size is " + std::to_string(entry.unpacked_size) + ", expected one that " +
           std::to_string(entry.packed_size) + " packed bytes can give");
    std::array<std::byte, local_header_size> header{};
    if (file.read(entry.position, header) != header.size() || little_endian_at(header, 0, 4) != 0x04034b50)
      fail("local header is missing");
    position_ =
        entry.position + header.size() + little_endian_at(header, 26, 2) + little_endian_at(header, 28, 2);
    if (position_ > file.size() || packed_left_ > file.size() - position_) fail("data are truncated");
    if (entry.method == 0) return;
    stream_ = std::unique_ptr<z_stream, InflateEnd>(new z_stream{});
    if (inflateInit2(stream_.get(), raw_deflate) != Z_OK) throw std::bad_alloc();
    input_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(input_size, packed_left_)));
  }

  /// Reads out.size() bytes, fewer only at the end, and returns the number read. Throws FileError.
  std::size_t read(std::span<std::byte> out) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
    std::size_t count = 0;
    while (count < wanted) {
      const std::span<std::byte> rest =
          out.subspan(count, std::min<std::size_t>(wanted - count, most_at_once));
      const std::size_t got = stream_ ? inflate_some(rest) : file_->read(position_, rest);
      if (got == 0) fail("data are truncated");
      if (!stream_) position_ += got;
      actual_ = crc32(actual_, reinterpret_cast<const Bytef*>(rest.data()), static_cast<uInt>(got));
      count += got;
    }
    left_ -= count;
    if (left_ == 0 && actual_ != checksum_)
      fail("CRC-32 is " + std::to_string(actual_) + ", expected " + std::to_string(checksum_));
    return count;
  }
  /// Returns the number of bytes left.
  std::uint64_t bound() const { return left_; }
  /// Returns the archive and the file in it, for messages.
  const std::string& name() const { return name_; }

 private:
  struct InflateEnd {
    void operator()(z_stream* stream) const {
      inflateEnd(stream);
      delete stream;
    }
  };

  static constexpr std::size_t local_header_size = 30, input_size = std::size_t{1} << 16;
  static constexpr std::size_t most_at_once = std::size_t{1} << 20;
  static constexpr int raw_deflate = -15;  // zlib's code: window of 2^15 bytes, no wrapper

  [[noreturn]] void fail(const std::string& what) const {
    throw FileError("NpzFile: " + name_ + ": " + what);
  }

  /// Returns the number of bytes unpacked, 0 at the end.
  std::size_t inflate_some(std::span<std::byte> out) {
    stream_->next_out = reinterpret_cast<Bytef*>(out.data());
    stream_->avail_out = static_cast<uInt>(out.size());
    // zlib may consume several pieces of input before producing output.
    while (stream_->avail_out == out.size()) {
      if (stream_->avail_in == 0) refill();
      const int code = inflate(stream_.get(), Z_NO_FLUSH);
      if (code == Z_MEM_ERROR) throw std::bad_alloc();
      if (code == Z_STREAM_END || (code == Z_BUF_ERROR && packed_left_ == 0)) break;
      if (code != Z_OK && code != Z_BUF_ERROR) fail("data are damaged");
    }
    return out.size() - stream_->avail_out;
  }
  void refill() {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(input_.size(), packed_left_));
    if (file_->read(position_, std::span(input_).first(size)) != size) fail("data are truncated");
    position_ += size;
    packed_left_ -= size;
    stream_->next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_->avail_in = static_cast<uInt>(size);
  }

  const PositionedFile* file_;
  std::string name_;
  std::uint32_t checksum_;
  std::uint64_t packed_left_, left_;
  std::uint64_t position_ = 0;
  uLong actual_ = 0;
  std::vector<std::byte> input_;
  std::unique_ptr<z_stream, InflateEnd> stream_;
};

}  // namespace gradus::detail
