// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/positioned_file.hpp>

namespace gradus::detail {

/// Returns the little-endian number in `count` bytes starting at `at`.
inline std::uint64_t little_endian_at(std::span<const std::byte> bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
  return value;
}

/// A file in a zip archive.
struct ZipEntry {
  std::string name;
  std::uint64_t position;       ///< of its local header
  std::uint64_t packed_size;    ///< in bytes
  std::uint64_t unpacked_size;  ///< in bytes
  std::uint32_t checksum;       ///< CRC-32 of the unpacked bytes
  int method;                   ///< 0 for stored, 8 for deflated
};

/// A reader of the directory at the end of a zip archive, including zip64:
/// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
class ZipDirectory {
 public:
  /// Takes the file, and its name for error messages.
  ZipDirectory(const PositionedFile& file, std::string name) : file_(&file), name_(std::move(name)) {}

  /// Returns the files in directory order. Throws FileError.
  std::vector<ZipEntry> read() {
    find_end();
    if (count_ > size_ / entry_size || position_ > file_->size() || size_ > file_->size() - position_)
      fail("directory lies outside the file");
    std::vector<std::byte> directory(static_cast<std::size_t>(size_));
    read_at(position_, directory);
    std::vector<ZipEntry> entries;
    entries.reserve(static_cast<std::size_t>(count_));
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < count_; ++i) entries.push_back(read_entry(directory, at));
    return entries;
  }

  /// Throws FileError: `NpzFile: <name>: not an npz archive: <what>`.
  [[noreturn]] void fail(const std::string& what) const {
    throw FileError("NpzFile: " + name_ + ": not an npz archive: " + what);
  }

 private:
  static constexpr std::size_t end_size = 22, locator_size = 20, end64_size = 56, entry_size = 46;
  static constexpr std::uint64_t largest_directory = std::uint64_t{1} << 24;

  void read_at(std::uint64_t position, std::span<std::byte> out) const {
    if (file_->read(position, out) != out.size()) fail("file is truncated");
  }

  /// Finds the last record that locates the directory; a comment of any length may follow it.
  void find_end() {
    const std::uint64_t longest = std::min<std::uint64_t>(file_->size(), end_size + 65'535);
    std::vector<std::byte> tail(static_cast<std::size_t>(longest));
    read_at(file_->size() - longest, tail);
    for (std::size_t at = tail.size() >= end_size ? tail.size() - end_size + 1 : 0; at-- > 0;) {
      if (little_endian_at(tail, at, 4) != 0x06054b50) continue;
      if (at + end_size + little_endian_at(tail, at + 20, 2) != tail.size()) continue;
      count_ = little_endian_at(tail, at + 10, 2);
      size_ = little_endian_at(tail, at + 12, 4);
      position_ = little_endian_at(tail, at + 16, 4);
      const std::uint64_t end_position = file_->size() - longest + at;
      if (count_ == 0xffff || size_ == 0xffffffff || position_ == 0xffffffff) read_end64(end_position);
      if (size_ > largest_directory)
        fail("directory has " + std::to_string(size_) + " bytes, expected at most 16 MiB");
      return;
    }
    fail("directory is missing");
  }

  void read_end64(std::uint64_t end_position) {
    std::array<std::byte, locator_size> locator{};
    if (end_position < locator_size) fail("zip64 directory is missing");
    read_at(end_position - locator_size, locator);
    if (little_endian_at(locator, 0, 4) != 0x07064b50) fail("zip64 directory is missing");
    std::array<std::byte, end64_size> end{};
    read_at(little_endian_at(locator, 8, 8), end);
    if (little_endian_at(end, 0, 4) != 0x06064b50) fail("zip64 directory is missing");
    count_ = little_endian_at(end, 32, 8);
    size_ = little_endian_at(end, 40, 8);
    position_ = little_endian_at(end, 48, 8);
  }

  ZipEntry read_entry(std::span<const std::byte> directory, std::size_t& at) const {
    const auto number = [&](std::size_t offset, std::size_t count) {
      return little_endian_at(directory, at + offset, count);
    };
    if (directory.size() - at < entry_size || number(0, 4) != 0x02014b50) fail("directory is damaged");
    const auto name_size = static_cast<std::size_t>(number(28, 2)),
               extra_size = static_cast<std::size_t>(number(30, 2));
    const auto comment_size = static_cast<std::size_t>(number(32, 2));
    if (directory.size() - at - entry_size < name_size + extra_size + comment_size)
      fail("directory is damaged");
    const auto* const name = reinterpret_cast<const char*>(directory.data() + at + entry_size);
    ZipEntry entry{std::string(name, name_size),
                   number(42, 4),
                   number(20, 4),
                   number(24, 4),
                   static_cast<std::uint32_t>(number(16, 4)),
                   static_cast<int>(number(10, 2))};
    if ((number(8, 2) & 1) != 0) fail(in_quotes(entry.name) + " is encrypted, expected plain data");
    if (entry.method != 0 && entry.method != 8) {
      fail(in_quotes(entry.name) + " has compression method " + std::to_string(entry.method) +
           ", expected 0 or 8");
    }
    read_extra64(directory.subspan(at + entry_size + name_size, extra_size), entry);
    at += entry_size + name_size + extra_size + comment_size;
    return entry;
  }

  /// Reads the sizes and positions that exceed 32 bits from an extra field, in which they appear in this
  /// order.
  void read_extra64(std::span<const std::byte> extra, ZipEntry& entry) const {
    while (extra.size() >= 4) {
      const std::uint64_t id = little_endian_at(extra, 0, 2), size = little_endian_at(extra, 2, 2);
      if (size > extra.size() - 4) fail("directory is damaged");
      std::span<const std::byte> field = extra.subspan(4, static_cast<std::size_t>(size));
      extra = extra.subspan(4 + static_cast<std::size_t>(size));
      if (id != 1) continue;
      for (std::uint64_t* const value : {&entry.unpacked_size, &entry.packed_size, &entry.position}) {
        if (*value != 0xffffffff) continue;
        if (field.size() < 8) fail("directory is damaged");
        *value = little_endian_at(field, 0, 8);
        field = field.subspan(8);
      }
    }
  }

  const PositionedFile* file_;
  std::string name_;
  std::uint64_t count_ = 0, size_ = 0, position_ = 0;
};

}  // namespace gradus::detail
