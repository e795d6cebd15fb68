// SPDX-License-Identifier: MIT

// expect: gradus does not work with -ffast-math
#define __FAST_MATH__ 1
#include <gradus/core/error.hpp>

int main() {}
