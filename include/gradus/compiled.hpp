// SPDX-License-Identifier: MIT

#pragma once

/// Declares the templates instantiated in the library of the CMake target gradus::compiled, so that other
/// translation units do not compile them again. gradus/gradus.hpp includes this header if GRADUS_COMPILED is
/// defined, which the target does. Everything else is compiled where it is used. Translation units with and
/// without the target may be linked together, because both define the same templates.

// IWYU pragma: begin_exports
#include <gradus/compiled/nn.hpp>
#include <gradus/compiled/ops.hpp>
#include <gradus/compiled/train.hpp>
// IWYU pragma: end_exports
