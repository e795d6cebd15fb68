// SPDX-License-Identifier: MIT

#pragma once

/// Requires zlib: link the CMake target gradus::gzip.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zlib.h>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/positioned_file.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/npy.hpp>
#include <gradus/data/npy_header.hpp>
#include <gradus/data/write_npy.hpp>
#include <gradus/data/zip_directory.hpp>
#include <gradus/data/zip_source.hpp>

namespace gradus {

/// The arrays in a file written by `numpy.savez` or `numpy.savez_compressed`:
///
///     const NpzFile file("digits.npz");
///     const auto images = file.load<float>("images", {.convert = true});
class NpzFile {
 public:
  /// Reads the directory of the file. Throws FileError.
  explicit NpzFile(const std::filesystem::path& file) : file_(file), name_(path_text(file)) {
    for (detail::ZipEntry& entry : detail::ZipDirectory(file_, name_).read()) {
      constexpr std::string_view ending = ".npy";
      if (!entry.name.ends_with(ending)) continue;
      const std::string array = entry.name.substr(0, entry.name.size() - ending.size());
      if (!entries_.emplace(array, std::move(entry)).second)
        throw FileError("NpzFile: " + name_ + ": two arrays are named " + in_quotes(array) +
                        ", expected unique names");
    }
  }

  /// Returns the names of the arrays, in alphabetical order.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    names.reserve(entries_.size());
    for (const auto& [name, entry] : entries_) names.push_back(name);
    return names;
  }
  /// Reads an array. Throws FileError if it does not exist or has another element type.
  template <NpyScalar T>
  Tensor<T> load(const std::string& array, NpyOptions options = {}) const {
    const auto found = entries_.find(array);
    if (found == entries_.end()) {
      throw FileError("NpzFile: " + name_ + ": no array is named " + in_quotes(array) + ", expected one of " +
                      known_names());
    }
    return read_npy<T>(detail::ZipSource(file_, found->second, name_), options);
  }

 private:
  // The first names, for a message.
  std::string known_names() const {
    constexpr std::size_t most = 20;
    std::string known;
    std::size_t count = 0;
    for (const auto& [name, entry] : entries_)
      if (count++ < most) known += (count == 1 ? "" : ", ") + in_quotes(name);
    return known + (count > most ? ", ..." : "");
  }

  PositionedFile file_;
  std::string name_;
  std::map<std::string, detail::ZipEntry> entries_;
};

/// Reads all arrays of a file, whose elements must have type T. Throws FileError.
template <NpyScalar T>
std::map<std::string, Tensor<T>> load_npz(const std::filesystem::path& file, NpyOptions options = {}) {
  const NpzFile npz(file);
  std::map<std::string, Tensor<T>> arrays;
  for (const std::string& name : npz.names()) arrays.emplace(name, npz.load<T>(name, options));
  return arrays;
}

/// A writer of arrays of any element types for `numpy.load`:
///
///     NpzWriter writer("run.npz");
///     writer.add("weights", weights);
///     writer.add("labels", labels);
///     writer.commit();
///
/// The file appears when `commit` has completed it, or not at all.
class NpzWriter {
 public:
  /// Deflates the arrays if `compress` is set, like `numpy.savez_compressed`. Throws FileError.
  explicit NpzWriter(const std::filesystem::path& file, bool compress = true)
      : file_(file), name_(path_text(file)), compresses_(compress) {}

  /// Adds an array. Throws ArgumentError if the name is taken or longer than 65,000 bytes; FileError if the
  /// file would exceed 4 GiB or cannot be written.
  template <NpyScalar T>
  void add(const std::string& array, const Tensor<T>& tensor) {
    Written entry{array + ".npy", static_cast<std::uint32_t>(position_)};
    if (array.size() > 65'000 || std::ranges::find(entries_, entry.name, &Written::name) != entries_.end())
      throw ArgumentError("NpzWriter: array name is " + in_quotes(array) +
                          ", expected a unique name of at most 65,000 bytes");
    std::vector<std::byte> packed;
    detail::write_npy(tensor.view(), [&](std::span<const std::byte> bytes) {
      for (std::span<const std::byte> rest = bytes; !rest.empty();) {
        const auto part = rest.first(std::min(rest.size(), most_at_once));
        entry.checksum = static_cast<std::uint32_t>(crc32(
            entry.checksum, reinterpret_cast<const Bytef*>(part.data()), static_cast<uInt>(part.size())));
        rest = rest.subspan(part.size());
      }
      entry.unpacked_size += bytes.size();
      packed.insert(packed.end(), bytes.begin(), bytes.end());
    });
    if (compresses_) packed = deflated(packed);
    entry.packed_size = packed.size();
    check_size(entry.unpacked_size);
    check_size(position_ + packed.size() + 2 * (entry.name.size() + 100));
    put_local_header(entry);
    put(packed);
    entries_.push_back(std::move(entry));
  }

  /// Completes the file. Throws FileError.
  void commit() {
    const std::uint64_t directory = position_;
    for (const Written& entry : entries_) put_directory_entry(entry);
    const std::uint64_t size = position_ - directory;
    check_size(position_);
    if (entries_.size() >= 0xffff)
      throw FileError("NpzWriter: " + name_ + ": file has " + std::to_string(entries_.size()) +
                      " arrays, expected fewer than 65,535");
    put_numbers({{0x06054b50, 4},
                 {0, 4},
                 {entries_.size(), 2},
                 {entries_.size(), 2},
                 {size, 4},
                 {directory, 4},
                 {0, 2}});
    file_.commit();
  }

 private:
  struct Written {
    std::string name;
    std::uint32_t position;
    std::uint32_t checksum = 0;
    std::uint64_t unpacked_size = 0, packed_size = 0;
  };
  struct Number {
    std::uint64_t value;
    int size;
  };

  static constexpr std::size_t most_at_once = std::size_t{1} << 30;
  static constexpr std::uint64_t version = 20, january_1980 = 0x21;

  void check_size(std::uint64_t size) const {
    if (size >= std::numeric_limits<std::uint32_t>::max())
      throw FileError("NpzWriter: " + name_ + ": file needs " + std::to_string(size) +
                      " bytes, expected less than 4 GiB; save_npy has no limit");
  }
  void put(std::span<const std::byte> bytes) {
    file_.write(bytes);
    position_ += bytes.size();
  }
  void put_numbers(std::initializer_list<Number> numbers) {
    std::vector<std::byte> bytes;
    for (const Number& number : numbers)
      for (int i = 0; i < number.size; ++i)
        bytes.push_back(static_cast<std::byte>(number.value >> (8 * i) & 0xff));
    put(bytes);
  }
  std::uint64_t method() const { return compresses_ ? 8 : 0; }
  void put_local_header(const Written& entry) {
    put_numbers({{0x04034b50, 4},
                 {version, 2},
                 {0, 2},
                 {method(), 2},
                 {0, 2},
                 {january_1980, 2},
                 {entry.checksum, 4},
                 {entry.packed_size, 4},
                 {entry.unpacked_size, 4},
                 {entry.name.size(), 2},
                 {0, 2}});
    put(std::as_bytes(std::span(entry.name)));
  }
  void put_directory_entry(const Written& entry) {
    put_numbers({{0x02014b50, 4},
                 {version, 2},
                 {version, 2},
                 {0, 2},
                 {method(), 2},
                 {0, 2},
                 {january_1980, 2},
                 {entry.checksum, 4},
                 {entry.packed_size, 4},
                 {entry.unpacked_size, 4},
                 {entry.name.size(), 2},
                 {0, 2},
                 {0, 2},
                 {0, 2},
                 {0, 2},
                 {0, 4},
                 {entry.position, 4}});
    put(std::as_bytes(std::span(entry.name)));
  }

  static std::vector<std::byte> deflated(std::span<const std::byte> bytes) {
    struct DeflateEnd {
      void operator()(z_stream* stream) const {
        deflateEnd(stream);
        delete stream;
      }
    };
    const std::unique_ptr<z_stream, DeflateEnd> stream(new z_stream{});
    constexpr int raw_deflate = -15, memory_level = 8;
    if (deflateInit2(stream.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, raw_deflate, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
    std::vector<std::byte> packed;
    std::array<std::byte, 65'536> piece;
    int code = Z_OK;
    while (code != Z_STREAM_END) {
      if (stream->avail_in == 0) {
        const auto part = bytes.first(std::min(bytes.size(), most_at_once));
        bytes = bytes.subspan(part.size());
        // zlib does not write to its input.
        stream->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(part.data()));
        stream->avail_in = static_cast<uInt>(part.size());
      }
      stream->next_out = reinterpret_cast<Bytef*>(piece.data());
      stream->avail_out = static_cast<uInt>(piece.size());
      code = deflate(stream.get(), bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
      packed.insert(packed.end(), piece.begin(),
                    piece.end() - static_cast<std::ptrdiff_t>(stream->avail_out));
    }
    return packed;
  }

  AtomicFile file_;
  std::string name_;
  bool compresses_;
  std::uint64_t position_ = 0;
  std::vector<Written> entries_;
};

/// Writes arrays for `numpy.load`, compressed: `save_npz<float>({{"x", x}, {"y", y}}, "data.npz")`. The file
/// appears complete or not at all. See NpzWriter for arrays of different types. Throws FileError.
template <NpyScalar T>
void save_npz(const std::map<std::string, Tensor<T>>& arrays, const std::filesystem::path& file) {
  NpzWriter writer(file);
  for (const auto& [name, tensor] : arrays) writer.add(name, tensor);
  writer.commit();
}

}  // namespace gradus
