#pragma once

/// Optimisers, learning rate schedules, gradient clipping, averaged weights.

#include <gradus/optim/parameter_group.hpp>
#include <gradus/optim/optimizer.hpp>
#include <gradus/optim/elementwise_optimizer.hpp>
#include <gradus/optim/sgd.hpp>
