// SPDX-License-Identifier: MIT

#include <gradus/core/random.hpp>

int main() { return static_cast<int>(gradus::Generator(0).next() % 2); }
