// SPDX-License-Identifier: MIT

#pragma once

/// Training: metrics, the training loop and its callbacks. Headers are in reading order: each follows those
/// of `train` that it includes.

// clang-format off
// IWYU pragma: begin_exports
#include <gradus/train/archive.hpp>
#include <gradus/train/metrics.hpp>
#include <gradus/train/regression_metrics.hpp>
#include <gradus/train/confusion_matrix.hpp>
#include <gradus/train/mixup_cross_entropy.hpp>

#include <gradus/train/history.hpp>
#include <gradus/train/running_metrics.hpp>
#include <gradus/train/progress.hpp>
#include <gradus/train/metric.hpp>
#include <gradus/train/metric_set.hpp>
#include <gradus/train/callback.hpp>
#include <gradus/train/accumulated_batches.hpp>
#include <gradus/train/buffer_backup.hpp>
#include <gradus/train/step_parameters.hpp>
#include <gradus/train/divergence.hpp>
#include <gradus/train/trainer_options.hpp>
#include <gradus/train/training_step.hpp>
#include <gradus/train/fit_loop.hpp>
#include <gradus/train/trainer.hpp>

#include <gradus/train/progress_bar.hpp>
#include <gradus/train/monitor.hpp>
#include <gradus/train/schedules.hpp>
#include <gradus/train/snapshot.hpp>
#include <gradus/train/early_stopping.hpp>
#include <gradus/train/best_checkpoint.hpp>

#include <gradus/train/categorical_columns.hpp>
// IWYU pragma: end_exports
