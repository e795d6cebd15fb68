// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include <gradus/core/error.hpp>
#include <gradus/io/safetensors_reader.hpp>

#include "temporary_folder.hpp"

namespace gradus::test {

/// Returns the bytes of a safetensors file.
inline std::string safetensors_bytes(const std::string& json, const std::string& data) {
  std::string file(8, '\0');
  const std::uint64_t length = json.size();
  for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<char>((length >> (8 * i)) & 0xff);
  return file + json + data;
}
inline std::string safetensors_bytes(const std::string& json, std::size_t data_bytes) {
  return safetensors_bytes(json, std::string(data_bytes, '\1'));
}

/// Returns the JSON of one tensor.
inline std::string tensor_json(const std::string& name, const std::string& dtype, const std::string& shape,
                               const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}";
}
/// Returns a header with one tensor named a.
inline std::string header_json(const std::string& shape, const std::string& offsets,
                               const std::string& dtype = "\"F32\"") {
  return "{" + tensor_json("a", dtype, shape, offsets) + "}";
}

/// Returns the error message from reading these bytes as a file, without the names of the reader and the
/// file, or an empty string.
inline std::string safetensors_complaint(const std::string& bytes) {
  const TemporaryFolder folder("safetensors_complaint");
  const std::filesystem::path path = write_file(folder.path / "file", bytes);
  const std::string text = message_of<FileError>([&] { const SafetensorsReader reader(path); });
  const std::string prefix = "SafetensorsReader: " + path.string() + ": ";
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace gradus::test
