// SPDX-License-Identifier: MIT

#pragma once

// Every header includes this one, directly or indirectly. Including a file that does not exist stops the
// compilation with one message; after an #error, gcc and clang would print thousands more.
#if defined(_MSVC_LANG) ? _MSVC_LANG < 202002L : defined(__cplusplus) && __cplusplus < 202002L
#include "gradus needs C++20: compile with -std=c++20 or /std:c++20"  // an #error
#elif defined(min) || defined(max)
#include "gradus needs NOMINMAX to be defined before <windows.h> is included"  // an #error
#endif

// The library's only macros, because `#if` cannot read a constant. CMakeLists.txt reads the version here.
#define GRADUS_VERSION_MAJOR 0
#define GRADUS_VERSION_MINOR 1
#define GRADUS_VERSION_PATCH 0
#define GRADUS_VERSION_STRING "0.1.0"

namespace gradus {

/// The semantic version of these headers.
/// @{
inline constexpr int version_major = GRADUS_VERSION_MAJOR;
inline constexpr int version_minor = GRADUS_VERSION_MINOR;
inline constexpr int version_patch = GRADUS_VERSION_PATCH;
inline constexpr const char* version_string = GRADUS_VERSION_STRING;
/// @}

}  // namespace gradus
