// SPDX-License-Identifier: MIT

#pragma once

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#if !defined(_WIN32)
#include <fcntl.h>
#include <unistd.h>
#endif

#include <gradus/core/file.hpp>

namespace gradus::detail {

/// The file or device to which the bytes for a path are written.
struct Destination {
  std::filesystem::path path;  ///< absolute, with symbolic links resolved
  bool exists = false;
  bool is_file = true;  ///< a regular file, existing or new; otherwise bytes are written to it directly
  int descriptor = -1;  ///< this process's open descriptor that the path names, as /dev/stdout does, or -1
};

#if !defined(_WIN32)

/// If the path is `/dev/fd/N` or `/proc/PID/fd/N`, sets `result` to that open file and returns true.
inline bool is_descriptor_path(const std::filesystem::path& path, Destination& result) {
  const std::string name = path.filename().string();
  int number = -1;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (problem != std::errc() || end != name.data() + name.size() || number < 0) return false;
  std::error_code error;
  const std::string folder = std::filesystem::canonical(path.parent_path(), error).string();
  const std::string process = "/proc/" + std::to_string(::getpid()) + "/";
  const bool is_own = folder == "/dev/fd" || (folder.starts_with(process) && folder.ends_with("/fd"));
  if (error || (!is_own && !(folder.starts_with("/proc/") && folder.ends_with("/fd")))) return false;
  result = {path, true, false, is_own ? number : -1};
  return true;
}

/// Throws FileError if an existing file or device is not writable.
inline void check_may_write(const std::filesystem::path& given, const std::filesystem::path& path) {
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0) return;
  if (errno == EACCES || errno == EPERM || errno == EROFS) throw_file(given, "cannot be written", errno);
}

#else

inline bool is_descriptor_path(const std::filesystem::path&, Destination&) { return false; }
inline void check_may_write(const std::filesystem::path&, const std::filesystem::path&) {}

#endif

/// Resolves symbolic links, the last of which may dangle, and distinguishes files from devices. Throws
/// FileError for a folder and for a path that cannot be written.
inline Destination find_destination(const std::filesystem::path& given) {
  namespace fs = std::filesystem;
  constexpr int most_links = 40;  // as in Linux
  if (given.empty()) throw_file(given, "cannot be created", ENOENT);
  std::error_code error;
  Destination result{fs::absolute(given, error)};
  if (error) result.path = given;
  for (int links = 0; !is_descriptor_path(result.path, result); ++links) {
    const fs::path target = fs::read_symlink(result.path, error);
    if (error) break;
    if (links == most_links) throw_file(given, "cannot be written", ELOOP);
    result.path = target.is_absolute() ? target : result.path.parent_path() / target;
  }
  if (result.is_file) {
    const fs::file_type type = fs::status(result.path, error).type();
    if (type == fs::file_type::none || type == fs::file_type::unknown) {
      throw_file(given, "cannot be written", error ? error.default_error_condition().value() : EIO);
    }
    if (type == fs::file_type::directory) throw_file(given, "cannot be replaced", EISDIR);
    result.exists = type != fs::file_type::not_found;
    result.is_file = !result.exists || type == fs::file_type::regular;
  }
  if (result.exists && result.descriptor < 0) check_may_write(given, result.path);
  return result;
}

}  // namespace gradus::detail
