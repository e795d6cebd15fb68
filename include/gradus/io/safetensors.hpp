#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/safetensors_header.hpp>

/// The safetensors format (https://huggingface.co/docs/safetensors): eight bytes of header length, a JSON
/// header, and the tensors' elements, little-endian and row-major. Needs nlohmann-json: link
/// `gradus::safetensors`.
namespace gradus {

namespace detail {

inline constexpr std::uint64_t safetensors_header_limit = 100'000'000;  // as in the reference implementation

template <class Scalar>
constexpr const char* safetensors_dtype() {
  if constexpr (std::is_floating_point_v<Scalar>) return sizeof(Scalar) == 4 ? "F32" : "F64";
  constexpr bool is_signed = std::is_signed_v<Scalar>;
  switch (sizeof(Scalar)) {
    case 1:
      return is_signed ? "I8" : "U8";
    case 2:
      return is_signed ? "I16" : "U16";
    case 4:
      return is_signed ? "I32" : "U32";
    default:
      return is_signed ? "I64" : "U64";
  }
}

/// The format is little-endian; on a big-endian machine every element is turned round.
template <class Scalar>
void to_little_endian(std::span<Scalar> elements) {
  if constexpr (std::endian::native == std::endian::big) {
    for (Scalar& element : elements) {
      auto bytes = std::as_writable_bytes(std::span(&element, 1));
      std::reverse(bytes.begin(), bytes.end());
    }
  }
}

}  // namespace detail

/// An open safetensors file: the header is read and checked at once, each tensor when it is asked for.
class SafetensorsReader {
 public:
  /// Throws FileError if the file is missing, cut short or malformed in any way.
  explicit SafetensorsReader(const std::filesystem::path& path) : path_(path.string()) {
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(path, error);
    if (error) detail::fail_file(path, "cannot be opened", error.value());
    file_ = detail::open_file(path, "rb");
    if (!file_) detail::fail_file(path, "cannot be opened", errno);
    if (size < 8)
      throw FileError(path_ + ": " + std::to_string(size) + " bytes, expected 8 and a safetensors header");
    std::uint64_t length = 0;
    read(std::as_writable_bytes(std::span(&length, 1)));
    detail::to_little_endian(std::span(&length, 1));
    if (length == 0 || length > size - 8 || length > detail::safetensors_header_limit) {
      throw FileError(path_ + ": header length " + std::to_string(length) + " in a file of " +
                      std::to_string(size) + " bytes; not a safetensors file");
    }
    std::string json(length, '\0');
    read(std::as_writable_bytes(std::span(json)));
    data_start_ = 8 + length;
    // the text itself is already in memory; what it describes may take the rest of the file's size, and a
    // little
    constexpr std::uint64_t slack = 1 << 19;
    header_ = parse_safetensors_header(path_, json, size - data_start_,
                                       static_cast<std::size_t>(size - length + slack));
  }

  const std::vector<SafetensorsEntry>& entries() const { return header_.entries; }
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }

  /// The description of a tensor, or null if the file has none of that name.
  const SafetensorsEntry* find(std::string_view name) const {
    const auto found = std::ranges::find(header_.entries, name, &SafetensorsEntry::name);
    return found == header_.entries.end() ? nullptr : &*found;
  }

  /// The elements of a tensor. Throws FileError if there is none of that name or it has another dtype.
  template <TensorScalar Scalar>
  Tensor<Scalar> read(std::string_view name) const {
    const SafetensorsEntry* entry = find(name);
    if (entry == nullptr) throw FileError(path_ + ": no tensor \"" + std::string(name) + "\"");
    if (entry->dtype != detail::safetensors_dtype<Scalar>()) {
      throw FileError(path_ + ": \"" + entry->name + "\" has dtype " + entry->dtype + ", expected " +
                      detail::safetensors_dtype<Scalar>());
    }
    Tensor<Scalar> tensor = Tensor<Scalar>::uninitialized(entry->shape);
    seek(data_start_ + entry->begin);
    read(std::as_writable_bytes(tensor.span()));
    detail::to_little_endian(tensor.span());
    return tensor;
  }

 private:
  void seek(std::uint64_t offset) const {
#if defined(_WIN32)
    const bool failed = _fseeki64(file_.get(), static_cast<long long>(offset), SEEK_SET) != 0;
#else
    const bool failed = fseeko(file_.get(), static_cast<off_t>(offset), SEEK_SET) != 0;
#endif
    if (failed) throw FileError(path_ + ": cannot be read at byte " + std::to_string(offset));
  }
  void read(std::span<std::byte> bytes) const {
    if (!bytes.empty() && std::fread(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
      throw FileError(path_ + ": cut short while " + std::to_string(bytes.size()) + " bytes were read");
    }
  }

  std::string path_;
  detail::FileHandle file_;
  std::uint64_t data_start_ = 0;
  SafetensorsHeader header_;
};

/// Collects tensors and writes them as one safetensors file.
class SafetensorsWriter {
 public:
  /// Adds a tensor, which must live until `write`. Throws ArgumentError on a second one of the same name.
  template <class Scalar>
  void add(std::string_view name, TensorView<Scalar> tensor) {
    if (header_.contains(name))
      throw ArgumentError("SafetensorsWriter: two tensors named \"" + std::string(name) + "\"");
    const std::span<const std::byte> bytes = std::as_bytes(tensor.span());
    header_[std::string(name)] = {{"dtype", detail::safetensors_dtype<std::remove_const_t<Scalar>>()},
                                  {"shape", std::vector<Index>(tensor.shape().begin(), tensor.shape().end())},
                                  {"data_offsets", {size_, size_ + bytes.size()}}};
    size_ += bytes.size();
    parts_.push_back({bytes, sizeof(Scalar)});
  }
  template <class Scalar>
  void add(std::string_view name, const Tensor<Scalar>& tensor) {
    add(name, tensor.view());
  }

  /// Free text for the reader of the file.
  void add_metadata(const std::string& key, const std::string& value) { metadata_[key] = value; }

  /// Writes the file beside its place and renames it: it appears whole or not at all. Throws FileError.
  void write(const std::filesystem::path& path) const {
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata_.empty()) header["__metadata__"] = metadata_;
    header.update(header_);
    std::string json = header.dump();
    json.append((8 - json.size() % 8) % 8, ' ');  // the data begin on a multiple of eight
    std::uint64_t length = json.size();
    detail::to_little_endian(std::span(&length, 1));
    AtomicFile file(path);
    file.write(std::as_bytes(std::span(&length, 1)));
    file.write(std::as_bytes(std::span(json)));
    for (const Part& part : parts_) {
      if constexpr (std::endian::native == std::endian::little) {
        file.write(part.bytes);
      } else {
        std::vector<std::byte> turned(part.bytes.begin(), part.bytes.end());
        for (auto i = turned.begin(); i != turned.end(); i += static_cast<std::ptrdiff_t>(part.item_size)) {
          std::reverse(i, i + static_cast<std::ptrdiff_t>(part.item_size));
        }
        file.write(turned);
      }
    }
    file.commit();
  }

 private:
  struct Part {
    std::span<const std::byte> bytes;
    std::size_t item_size;
  };

  nlohmann::ordered_json header_ = nlohmann::ordered_json::object();
  std::map<std::string, std::string> metadata_;
  std::uint64_t size_ = 0;
  std::vector<Part> parts_;
};

}  // namespace gradus
