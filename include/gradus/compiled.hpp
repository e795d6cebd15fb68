// SPDX-License-Identifier: MIT

#pragma once

/// Declares what the library of the CMake target gradus::compiled contains, so that other translation units
/// do not compile it again. gradus/gradus.hpp includes this header if GRADUS_COMPILED is defined, which the
/// target sees to. Everything else is compiled where it is used, as without the target. Translation units
/// with and without the target may be linked together: they define the same templates.

// IWYU pragma: begin_exports
#include <gradus/compiled/nn.hpp>
#include <gradus/compiled/ops.hpp>
#include <gradus/compiled/train.hpp>
// IWYU pragma: end_exports
