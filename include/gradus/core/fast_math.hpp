// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/version.hpp>

/// Rejects compiler flags that make the library's results wrong.
///
/// `-ffast-math` and `-Ofast` let the compiler assume that no number is NaN or infinite, reorder sums and
/// replace division by multiplication. Generator then no longer draws the numbers it promises, and a NaN loss
/// goes unnoticed because `isfinite` always returns true. `-fno-math-errno`, `-fno-trapping-math` and
/// `-ffp-contract` are safe. Define GRADUS_ALLOW_FAST_MATH to compile anyway.

#if !defined(GRADUS_ALLOW_FAST_MATH)
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(_M_FP_FAST)
#error \
    "gradus does not work with -ffast-math, -Ofast, -ffinite-math-only or /fp:fast: NaN checks disappear and random numbers change. Remove the flag, or define GRADUS_ALLOW_FAST_MATH to compile anyway, without any promise about the results."
#endif
#endif
