// SPDX-License-Identifier: MIT

#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#endif

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>

namespace gradus {

/// Returns the folder for downloaded files: `$XDG_CACHE_HOME/gradus`, else `~/.cache/gradus`, or on Windows
/// `%LOCALAPPDATA%\gradus`. Does not create it. Ignores a relative XDG_CACHE_HOME, as the XDG Base Directory
/// Specification requires. Throws FileError if no variable gives an absolute path.
inline std::filesystem::path default_cache_dir() {
  const auto variable = [](const char* name) -> std::filesystem::path {
    const char* const value = std::getenv(name);
    return value ? value : "";
  };
  if (const auto cache = variable("XDG_CACHE_HOME"); cache.is_absolute()) return cache / "gradus";
#if defined(_WIN32)
  if (const auto local = variable("LOCALAPPDATA"); local.is_absolute()) return local / "gradus";
#endif
  const auto home = variable("HOME");
  if (home.is_absolute()) return home / ".cache" / "gradus";
  if (!home.empty()) {
    throw FileError("cache folder: HOME is '" + home.string() + "', expected an absolute path");
  }
  if (const auto cache = variable("XDG_CACHE_HOME"); !cache.empty()) {
    throw FileError("cache folder: XDG_CACHE_HOME is '" + cache.string() +
                    "', expected an absolute path, and HOME is not set");
  }
  throw FileError(
      "cache folder: neither XDG_CACHE_HOME nor HOME is set, expected an absolute path in one of them");
}

namespace detail {

/// Creates a folder and its missing parents. Throws FileError.
inline void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw_file(folder, "cannot be created", error.default_error_condition().value());
}

/// Creates a folder and its missing parents, accessible only to their owner (mode 0700). Leaves existing
/// folders unchanged. Throws FileError.
inline void make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return;
  if (folder.has_relative_path()) make_private_folder(folder.parent_path());
#if defined(__unix__) || defined(__APPLE__)
  if (mkdir(folder.c_str(), S_IRWXU) == 0) return;
  const int reason = errno;
#else
  if (std::filesystem::create_directory(folder, error)) return;
  const int reason = error.default_error_condition().value();
#endif
  // Another process may have created it first, and "a/" exists once "a" does.
  if (!std::filesystem::is_directory(folder, error)) throw_file(folder, "cannot be created", reason);
}

}  // namespace detail

}  // namespace gradus
