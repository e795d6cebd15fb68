// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/random.hpp>

namespace gradus {

/// A source of batches, such as a Loader. Each batch has `x`, `labels` and `size()`. `training_epoch(random)`
/// returns a pass to train on, `evaluation_epoch()` one to evaluate on. A source that has a `name()` gives it
/// to its validation results.
template <class Source>
concept BatchSource = requires(Source& source, Generator& random) {
  source.size();
  (*source.training_epoch(random).begin()).size();
  (*source.evaluation_epoch().begin()).size();
};

}  // namespace gradus
