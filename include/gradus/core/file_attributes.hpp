// SPDX-License-Identifier: MIT

#pragma once

#include <cerrno>
#include <cstddef>
#include <filesystem>

#include <gradus/core/descriptor.hpp>

#if !defined(_WIN32)
#include <sys/stat.h>
#include <unistd.h>
#endif
#if defined(__linux__)
#include <array>
#include <sys/xattr.h>
#endif

namespace gradus::detail {

#if defined(_WIN32)

inline void copy_attributes(const std::filesystem::path&, const Descriptor&) {}

#else

/// Copies an access control list, or removes the one inherited from the folder if `from` has none. Returns
/// false if either fails.
inline bool copy_access_list([[maybe_unused]] const std::filesystem::path& from,
                             [[maybe_unused]] const Descriptor& to) {
#if defined(__linux__)
  constexpr const char* name = "system.posix_acl_access";
  std::array<char, 4096> list;
  const auto size = ::getxattr(from.c_str(), name, list.data(), list.size());
  if (size >= 0) return ::fsetxattr(to.number(), name, list.data(), static_cast<std::size_t>(size), 0) == 0;
  if (errno != ENODATA) return errno == ENOTSUP;  // ERANGE: list too long
  return ::fremovexattr(to.number(), name) == 0 || errno == ENODATA;
#endif
  return true;
}

/// Copies the owner, group, permissions and access control list of the file at `from`, if it exists, to an
/// open file, as far as the system allows. Nobody gains rights: if the group or the list cannot be kept,
/// group members and others get only the rights that both had.
inline void copy_attributes(const std::filesystem::path& from, const Descriptor& to) {
  struct stat old {};
  struct stat now {};
  if (::stat(from.c_str(), &old) != 0 || ::fstat(to.number(), &now) != 0) return;
  const bool is_same = old.st_uid == now.st_uid && old.st_gid == now.st_gid;
  const bool owner_kept = is_same || ::fchown(to.number(), old.st_uid, old.st_gid) == 0;
  const bool group_kept = owner_kept || old.st_gid == now.st_gid ||
                          ::fchown(to.number(), static_cast<uid_t>(-1), old.st_gid) == 0;
  const bool list_kept = copy_access_list(from, to);
  auto mode = static_cast<unsigned>(old.st_mode) & 07777u;
  if (!owner_kept) mode &= 0777u;  // no set-user-ID for a different owner
  if (!group_kept || !list_kept) {
    const unsigned both = (mode >> 3) & mode & 07u;
    mode = (mode & 0700u) | (both << 3) | both;
  }
  // If this fails, the file stays readable by its owner only.
  [[maybe_unused]] const int ignored = ::fchmod(to.number(), static_cast<mode_t>(mode));
}

#endif

}  // namespace gradus::detail
