#pragma once

/// The one place that includes Eigen: its own code stays silent under a user's strict warning flags.

#include <gradus/version.hpp>

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wfloat-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wdouble-promotion"
#pragma GCC diagnostic ignored "-Wuninitialized"  // the AVX-512 intrinsics of gcc 12
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // likewise
#endif
#elif defined(_MSC_VER)
#pragma warning(push, 0)
#endif

#include <Eigen/Core>

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#elif defined(_MSC_VER)
#pragma warning(pop)
#endif

namespace gradus {

/// The integer of every size, index and label: signed, as wide as a pointer.
using Index = Eigen::Index;

}  // namespace gradus
