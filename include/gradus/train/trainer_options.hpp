// SPDX-License-Identifier: MIT

#pragma once

#include <limits>
#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/optim/clip.hpp>

namespace gradus {

/// Options for Trainer.
struct TrainerOptions {
  Index epochs = 10;                  ///< epochs per call of `fit`
  Index batch_size = 256;             ///< samples per training batch
  Index evaluation_batch_size = 256;  ///< affects the memory that an evaluation needs, not its result
  /// Whether to drop a last batch that is smaller than the others, such as one of a single sample, on which
  /// BatchNorm1d cannot train. Applies to data sets; a loader has its own option.
  bool drop_last = false;
  /// The number of batches whose gradients are accumulated per step. The step equals that of one batch with
  /// all their samples: mean losses are weighted by sample count or class weight. The last step of an epoch
  /// may have fewer batches.
  Index accumulation_steps = 1;
  /// The maximum norm of all gradients as one vector, to which larger ones are scaled. See optim/clip.hpp.
  double clip_norm = std::numeric_limits<double>::infinity();
  /// The maximum absolute value of a gradient element, to which larger ones are clamped.
  double clip_value = std::numeric_limits<double>::infinity();
  /// The processes that train together, each on its part of every batch; null for this process alone. Must
  /// outlive the trainer. See distributed/mpi.hpp.
  ProcessGroup* processes = nullptr;
};

namespace detail {

inline void check_trainer_options(const TrainerOptions& options) {
  if (options.epochs < 0)
    throw ArgumentError("Trainer: epochs is " + std::to_string(options.epochs) + ", expected at least 0");
  if (options.accumulation_steps < 1) {
    throw ArgumentError("Trainer: accumulation_steps is " + std::to_string(options.accumulation_steps) +
                        ", expected at least 1");
  }
  optim::detail::check_clip("Trainer: clip_norm", options.clip_norm);
  optim::detail::check_clip("Trainer: clip_value", options.clip_value);
}

}  // namespace detail
}  // namespace gradus
