// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/byte_order.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/io/float_type.hpp>
#include <gradus/io/safetensors_dtype.hpp>
#include <gradus/io/safetensors_reader.hpp>

namespace gradus {

/// A writer that collects tensors and writes them to one safetensors file.
class SafetensorsWriter {
 public:
  /// Adds a tensor, which must stay alive until `write`. Throws ArgumentError for a duplicate name or one
  /// that the format does not allow: `__metadata__`, or text that is not UTF-8.
  template <class Scalar>
  void add(std::string_view name, TensorView<Scalar> tensor) {
    add_entry(name, detail::safetensors_dtype<std::remove_const_t<Scalar>>(), tensor.shape(),
              tensor.span().size_bytes());
    parts_.push_back({std::as_bytes(tensor.span()), sizeof(Scalar), {}});
  }
  /// Adds a tensor that `write` converts to `type`; it must stay alive until then.
  template <class Scalar>
  requires FloatOrDouble<std::remove_const_t<Scalar>>
  void add_converted(std::string_view name, TensorView<Scalar> tensor, FloatType type) {
    using Element = std::remove_const_t<Scalar>;
    if (detail::dtype_of(type) == detail::safetensors_dtype<Element>()) return add(name, tensor);
    add_entry(name, detail::dtype_of(type), tensor.shape(), tensor.span().size() * detail::size_of(type));
    parts_.push_back({std::as_bytes(tensor.span()), sizeof(Scalar),
                      [type](std::span<const std::byte> elements, std::vector<std::byte>& stored) {
                        const auto* first = reinterpret_cast<const Element*>(elements.data());
                        detail::convert_to<Element>(type, {first, elements.size() / sizeof(Element)}, stored);
                      }});
  }
  /// Adds a tensor, which must stay alive until `write`.
  template <class Scalar>
  void add(std::string_view name, const Tensor<Scalar>& tensor) {
    add(name, tensor.view());
  }
  /// Deleted because a temporary would be gone before `write`.
  template <class Scalar>
  void add(std::string_view name, Tensor<Scalar>&& tensor) = delete;

  /// Adds metadata text, replacing any with the same key. Throws ArgumentError unless it is UTF-8.
  void add_metadata(const std::string& key, const std::string& value) {
    check_text("metadata key", key);
    check_text("metadata value", value);
    metadata_[key] = value;
  }

  /// Writes the file, which appears complete or not at all. Throws FileError, and ArgumentError if the header
  /// exceeds the 100 MB that readers accept.
  void write(const std::filesystem::path& path) const {
    const std::string json = header();
    if (json.size() > detail::safetensors_header_limit) {
      throw_error("header has " + std::to_string(json.size()) + " bytes, expected at most " +
                  std::to_string(detail::safetensors_header_limit));
    }
    const std::uint64_t length = little_endian(std::uint64_t{json.size()});
    AtomicFile file(path);
    file.write(std::as_bytes(std::span(&length, 1)));
    file.write(std::as_bytes(std::span(json)));
    for (const Part& part : parts_) write_elements(file, part);
    file.commit();
  }

 private:
  struct Part {
    std::span<const std::byte> bytes;
    std::size_t element_size;
    /// Converts elements; empty if they are written unchanged.
    std::function<void(std::span<const std::byte>, std::vector<std::byte>&)> convert;
  };

  void add_entry(std::string_view name, std::string_view dtype, const Shape& shape, std::size_t bytes) {
    check_text("name", name);
    if (name == "__metadata__") throw_error("tensor is named \"__metadata__\", expected another name");
    if (!names_.emplace(name).second)
      throw_error("two tensors are named " + in_quotes(name) + ", expected unique names");
    std::string extents;
    for (const Index extent : shape) extents += (extents.empty() ? "" : ",") + std::to_string(extent);
    entries_ += (entries_.empty() ? "" : ",") + json_text(name) + R"(:{"dtype":")" + std::string(dtype) +
                R"(","shape":[)" + extents + R"(],"data_offsets":[)" + std::to_string(size_) + "," +
                std::to_string(size_ + bytes) + "]}";
    size_ += bytes;
  }
  [[noreturn]] static void throw_error(const std::string& what) {
    throw ArgumentError("SafetensorsWriter: " + what);
  }
  static void check_text(const char* what, std::string_view text) {
    if (!is_utf8(text)) throw_error(std::string(what) + " is " + in_quotes(text) + ", expected UTF-8");
  }
  static std::string json_text(std::string_view text) { return nlohmann::json(text).dump(); }

  std::string header() const {
    std::string json = "{";
    if (!metadata_.empty()) json += R"("__metadata__":)" + nlohmann::json(metadata_).dump();
    json += (metadata_.empty() || entries_.empty() ? "" : ",") + entries_ + "}";
    json.append((8 - json.size() % 8) % 8, ' ');  // align the data to eight bytes
    return json;
  }

  static void write_elements(AtomicFile& file, const Part& part) {
    if (std::endian::native == std::endian::little && !part.convert) {
      file.write(part.bytes);
      return;
    }
    std::vector<std::byte> block;
    for (auto rest = part.bytes; !rest.empty();) {
      const auto next =
          rest.first(std::min<std::size_t>(rest.size(), 1 << 16));  // a multiple of 8, or the end
      if (part.convert) {
        part.convert(next, block);
      } else {
        block.assign(next.begin(), next.end());
        swap_bytes(std::span(block), part.element_size);
      }
      file.write(block);
      rest = rest.subspan(next.size());
    }
  }

  std::set<std::string, std::less<>> names_;
  std::string entries_;  ///< JSON of the entries, separated by commas
  std::map<std::string, std::string> metadata_;
  std::uint64_t size_ = 0;
  std::vector<Part> parts_;
};

}  // namespace gradus
