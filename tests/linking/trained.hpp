// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

// Each function is in a translation unit of its own, with flags of its own.
std::vector<float> trained_without_flags();
std::vector<float> trained_for_haswell();
std::vector<float> trained_for_this_machine();
