#pragma once

/// Training: metrics, the loop, and what watches it, in reading order.

// clang-format off
#include <gradus/train/metrics.hpp>
#include <gradus/train/confusion_matrix.hpp>
#include <gradus/train/mixup_cross_entropy.hpp>

#include <gradus/train/history.hpp>
#include <gradus/train/callback.hpp>
#include <gradus/train/trainer.hpp>

#include <gradus/train/progress_bar.hpp>
#include <gradus/train/monitor.hpp>
#include <gradus/train/snapshot.hpp>
#include <gradus/train/early_stopping.hpp>
#include <gradus/train/best_checkpoint.hpp>
