// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/version.hpp>

namespace gradus::ops {

/// Whether a loss is the mean of its terms or their sum.
enum class Reduction { mean, sum };

}  // namespace gradus::ops
