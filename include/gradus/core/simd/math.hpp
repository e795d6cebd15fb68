// SPDX-License-Identifier: MIT

#pragma once

/// Elementary functions of packs: exp, expm1, log, log1p, sqrt, tanh and sigmoid, correct at all limits.

// IWYU pragma: begin_exports
#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/log.hpp>
#include <gradus/core/simd/sqrt.hpp>
#include <gradus/core/simd/tanh.hpp>
// IWYU pragma: end_exports
