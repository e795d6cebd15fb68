// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/version.hpp>

namespace gradus::detail {

/// Returns whether the process of a trainer prints and saves; true for a trainer without `is_main`.
template <class Trainer>
bool is_main([[maybe_unused]] const Trainer& trainer) {
  if constexpr (requires { trainer.is_main(); })
    return trainer.is_main();
  else
    return true;
}

}  // namespace gradus::detail
