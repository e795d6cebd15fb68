// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

// Each function is in its own translation unit, compiled with its own flags.
std::vector<float> trained_without_flags();
std::vector<float> trained_for_haswell();
std::vector<float> trained_for_this_machine();
