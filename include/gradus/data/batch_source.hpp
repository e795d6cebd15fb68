// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/core/random.hpp>

namespace gradus {

/// A source of batches, such as a Loader. Each batch has `x`, `labels` and `size()`. `training_epoch(random)`
/// returns a training pass, `evaluation_epoch()` an evaluation pass. Validation results are labelled with the
/// source's `name()`, if it has one.
template <class Source>
concept BatchSource = requires(Source& source, Generator& random) {
  source.size();
  (*source.training_epoch(random).begin()).size();
  (*source.evaluation_epoch().begin()).size();
};

}  // namespace gradus
