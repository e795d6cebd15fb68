// SPDX-License-Identifier: MIT

#pragma once

#include <array>

#include <gradus/version.hpp>

namespace gradus {

/// The ten classes of Fashion-MNIST, by label.
inline constexpr std::array<const char*, 10> fashion_classes{
    "t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"};

}  // namespace gradus
