// SPDX-License-Identifier: MIT

#pragma once

/// Requires OpenSSL's libcrypto and zlib: link the CMake target gradus::download.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include <zlib.h>

#include <gradus/core/error.hpp>
#include <gradus/data/digest.hpp>

namespace gradus {

/// The checksums of a file, in hexadecimal digits of either case. A file is accepted if any of them matches;
/// empty sums are not compared.
struct FileSums {
  std::string md5 = {};              ///< of the file's bytes
  std::string sha256 = {};           ///< of the file's bytes
  std::string unpacked_sha256 = {};  ///< of the unpacked bytes, if the file is gzip-compressed
  std::uint64_t unpacked_size = 0;   ///< in bytes; unpacking stops beyond it. 0: unknown
};

namespace detail {

/// Converts a sum to lower case. Throws ArgumentError unless it is empty or has `digits` hexadecimal digits.
inline std::string normalised_sum(const char* name, const std::string& sum, std::size_t digits) {
  std::string lower = sum;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  const bool valid = lower.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!sum.empty() && (!valid || sum.size() != digits)) {
    throw ArgumentError("FileSums: " + std::string(name) + " is '" + sum + "', expected " +
                        std::to_string(digits) + " hexadecimal digits");
  }
  return lower;
}

/// An incremental SHA-256 of the unpacked contents of a file. Files that are not gzip-compressed are hashed
/// unchanged.
class UnpackedSha256 {
 public:
  /// Gives up after `most` unpacked bytes; 0 means no limit.
  explicit UnpackedSha256(std::uint64_t most)
      : room_(most != 0 ? most : std::numeric_limits<std::uint64_t>::max()) {}

  void update(std::span<const std::byte> bytes) {
    const std::size_t missing = std::min(magic_size - std::min(magic_size, start_.size()), bytes.size());
    start_.insert(start_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(missing));
    if (start_.size() < magic_size) return;
    if (missing > 0) {
      if (start_[0] == std::byte{0x1f} && start_[1] == std::byte{0x8b}) begin_unpacking();
      take(start_);
    }
    take(bytes.subspan(missing));
  }

  /// Returns the hash, or nullopt if the gzip data are damaged, truncated or larger than expected.
  std::optional<std::string> hex() {
    if (start_.size() < magic_size) take(start_);
    if (is_bad_ || (stream_ && !member_ended_)) return std::nullopt;
    return sha256_.hex();
  }

 private:
  struct InflateEnd {
    void operator()(z_stream* stream) const {
      inflateEnd(stream);
      delete stream;
    }
  };

  static constexpr std::size_t magic_size = 2;
  static constexpr int gzip_only = 15 + 16;  // zlib's code: window of 2^15 bytes, gzip wrapper
  static constexpr std::size_t output_size = std::size_t{1} << 16;

  void begin_unpacking() {
    input_.resize(output_size);
    output_.resize(output_size);
    stream_ = std::unique_ptr<z_stream, InflateEnd>(new z_stream{});
    if (inflateInit2(stream_.get(), gzip_only) != Z_OK) throw std::bad_alloc();
  }

  void take(std::span<const std::byte> bytes) {
    if (!stream_) {
      add(bytes);
      return;
    }
    while (!bytes.empty() && !is_bad_) bytes = bytes.subspan(unpack(bytes));
  }

  void add(std::span<const std::byte> bytes) {
    if (bytes.size() > room_) {
      is_bad_ = true;
      return;
    }
    room_ -= bytes.size();
    sha256_.update(bytes);
  }

  /// Unpacks one piece of input and returns the number of bytes consumed.
  std::size_t unpack(std::span<const std::byte> bytes) {
    if (member_ended_) inflateReset(stream_.get());
    // The input is copied, because zlib's input pointer is not const.
    const std::size_t offered = std::min(bytes.size(), input_.size());
    std::copy_n(bytes.begin(), offered, input_.begin());
    stream_->next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_->avail_in = static_cast<uInt>(offered);
    int code = Z_OK;
    do {
      stream_->next_out = reinterpret_cast<Bytef*>(output_.data());
      stream_->avail_out = static_cast<uInt>(output_.size());
      code = inflate(stream_.get(), Z_NO_FLUSH);
      if (code == Z_MEM_ERROR) throw std::bad_alloc();
      add(std::span(output_).first(output_.size() - stream_->avail_out));
      // With a full output buffer, zlib may hold more output although all input has been consumed.
    } while (code == Z_OK && !is_bad_ && (stream_->avail_in > 0 || stream_->avail_out == 0));
    member_ended_ = code == Z_STREAM_END;
    const std::size_t taken = offered - stream_->avail_in;
    if (taken == 0 || (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)) is_bad_ = true;
    return taken;
  }

  Sha256 sha256_;
  std::uint64_t room_;
  std::vector<std::byte> start_;
  std::vector<std::byte> input_;
  std::vector<std::byte> output_;
  std::unique_ptr<z_stream, InflateEnd> stream_;
  bool member_ended_ = false;
  bool is_bad_ = false;
};

/// A comparison of the sums of a file, received in pieces, with the expected ones.
class SumCheck {
 public:
  /// Throws ArgumentError for a sum of the wrong length or if there is no sum.
  explicit SumCheck(const FileSums& expected)
      : expected_{normalised_sum("MD5", expected.md5, 32), normalised_sum("SHA-256", expected.sha256, 64),
                  normalised_sum("SHA-256", expected.unpacked_sha256, 64), expected.unpacked_size} {
    if (!expected_.md5.empty()) md5_.emplace();
    if (!expected_.sha256.empty()) sha256_.emplace();
    if (!expected_.unpacked_sha256.empty()) unpacked_.emplace(expected_.unpacked_size);
    if (!md5_ && !sha256_ && !unpacked_)
      throw ArgumentError("FileSums: all sums are empty, expected at least one");
  }

  void update(std::span<const std::byte> bytes) {
    if (md5_) md5_->update(bytes);
    if (sha256_) sha256_->update(bytes);
    if (unpacked_) unpacked_->update(bytes);
  }

  /// Returns "" if a sum matches, else `MD5 <found>, expected <expected>` for each sum. Call it once.
  std::string mismatch() {
    std::string text;
    const auto matches = [&text](const char* name, const std::string& found, const std::string& expected) {
      text += (text.empty() ? "" : "; ") + std::string(name) + " " + found + ", expected " + expected;
      return found == expected;
    };
    if (md5_ && matches("MD5", md5_->hex(), expected_.md5)) return "";
    if (sha256_ && matches("SHA-256", sha256_->hex(), expected_.sha256)) return "";
    if (unpacked_) {
      const std::string found = unpacked_->hex().value_or("unknown (damaged or oversized gzip data)");
      if (matches("SHA-256 of the unpacked bytes", found, expected_.unpacked_sha256)) return "";
    }
    return text;
  }

 private:
  FileSums expected_;
  std::optional<Md5> md5_;
  std::optional<Sha256> sha256_;
  std::optional<UnpackedSha256> unpacked_;
};

}  // namespace detail

}  // namespace gradus
