#pragma once

// The library's only macros: an `#if` cannot read a constant. CMakeLists.txt takes the version from here too.
#define GRADUS_VERSION_MAJOR 0
#define GRADUS_VERSION_MINOR 1
#define GRADUS_VERSION_PATCH 0
#define GRADUS_VERSION_STRING "0.1.0"

namespace gradus {

/// Semantic version of these headers.
inline constexpr int version_major = GRADUS_VERSION_MAJOR;
inline constexpr int version_minor = GRADUS_VERSION_MINOR;
inline constexpr int version_patch = GRADUS_VERSION_PATCH;
inline constexpr const char* version_string = GRADUS_VERSION_STRING;

}  // namespace gradus
