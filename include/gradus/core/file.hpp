// SPDX-License-Identifier: MIT

#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>

/// Opens files for reading and reports file errors. Uses the standard library only; code that needs system
/// headers is in atomic_file.hpp and positioned_file.hpp, which gradus.hpp does not include.
namespace gradus {

/// Deleter that closes a C stream.
struct CloseFile {
  /// Closes the stream.
  void operator()(std::FILE* file) const { std::fclose(file); }
};
/// An owning pointer to a C stream, or null.
using FileHandle = std::unique_ptr<std::FILE, CloseFile>;

/// Returns a path as messages show it: in UTF-8, with control characters escaped.
inline std::string path_text(const std::filesystem::path& path) {
  const std::u8string text = path.u8string();
  return escaped(std::string_view(reinterpret_cast<const char*>(text.data()), text.size()));
}

/// Throws FileError: `<path>: <what>: <the system's text for the errno value>`.
[[noreturn]] inline void throw_file(const std::filesystem::path& path, const std::string& what, int error) {
  throw FileError(path_text(path) + ": " + what + ": " + std::generic_category().message(error));
}

/// Opens a file with a C mode string. Returns null, with errno set, on failure.
inline FileHandle open_file(const std::filesystem::path& path, const char* mode) {
#if defined(_WIN32)
  return FileHandle(
      _wfopen(path.c_str(), std::wstring(mode, mode + std::char_traits<char>::length(mode)).c_str()));
#else
  return FileHandle(std::fopen(path.c_str(), mode));
#endif
}

}  // namespace gradus
