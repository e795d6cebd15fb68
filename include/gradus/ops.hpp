// SPDX-License-Identifier: MIT

#pragma once

/// Kernels: pure functions of tensors, with each forward function next to its backward function. Each header
/// follows those that it includes.

// clang-format off
// IWYU pragma: begin_exports
#include <gradus/ops/check.hpp>
#include <gradus/ops/loss_reduction.hpp>
#include <gradus/ops/broadcast.hpp>

#include <gradus/ops/matrix_product.hpp>
#include <gradus/ops/affine.hpp>
#include <gradus/ops/matmul.hpp>

#include <gradus/ops/activation.hpp>
#include <gradus/ops/leaky_relu.hpp>
#include <gradus/ops/elu.hpp>
#include <gradus/ops/softplus.hpp>
#include <gradus/ops/silu.hpp>
#include <gradus/ops/gelu.hpp>
#include <gradus/ops/elementwise.hpp>

#include <gradus/ops/permute.hpp>
#include <gradus/ops/indexing.hpp>
#include <gradus/ops/select.hpp>
#include <gradus/ops/extremum.hpp>
#include <gradus/ops/norm.hpp>

#include <gradus/ops/softmax.hpp>
#include <gradus/ops/softmax_cross_entropy.hpp>
#include <gradus/ops/mean_squared_error.hpp>
#include <gradus/ops/binary_cross_entropy.hpp>

#include <gradus/ops/dropout.hpp>
#include <gradus/ops/batch_norm.hpp>
#include <gradus/ops/batch_statistics.hpp>
#include <gradus/ops/layer_norm.hpp>
// IWYU pragma: end_exports
