// SPDX-License-Identifier: MIT

#pragma once

/// Optimisers, gradient clipping, learning rate schedules and weight averaging. Headers are in reading order:
/// each follows those of `optim` that it includes.

// clang-format off
// IWYU pragma: begin_exports
#include <gradus/optim/parameter_group.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/optim/check.hpp>
#include <gradus/optim/elementwise_optimizer.hpp>

#include <gradus/optim/sgd.hpp>
#include <gradus/optim/adagrad.hpp>
#include <gradus/optim/rmsprop.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/optim/adamw.hpp>

#include <gradus/optim/clip.hpp>
#include <gradus/optim/exponential_moving_average.hpp>

#include <gradus/optim/schedule/schedule.hpp>
#include <gradus/optim/schedule/decay.hpp>
#include <gradus/optim/schedule/linear_warmup.hpp>
#include <gradus/optim/schedule/cosine.hpp>
#include <gradus/optim/schedule/one_cycle.hpp>
#include <gradus/optim/schedule/scheduler.hpp>
#include <gradus/optim/schedule/reduce_on_plateau.hpp>
// IWYU pragma: end_exports
