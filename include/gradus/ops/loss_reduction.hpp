// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/version.hpp>

namespace gradus::ops {

/// Whether a loss is the mean or the sum of its terms.
enum class Reduction { mean, sum };

}  // namespace gradus::ops
