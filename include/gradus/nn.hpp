// SPDX-License-Identifier: MIT

#pragma once

/// Networks: tensors, modules and losses, in reading order: each header comes after those of `nn` that it
/// includes.

// clang-format off
// IWYU pragma: begin_exports
#include <gradus/core/tensor.hpp>

#include <gradus/nn/context.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/nn/module_name.hpp>
#include <gradus/nn/module.hpp>

#include <gradus/nn/init.hpp>
#include <gradus/nn/flatten.hpp>
#include <gradus/nn/identity.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/relu.hpp>
#include <gradus/nn/sigmoid.hpp>
#include <gradus/nn/tanh.hpp>
#include <gradus/nn/leaky_relu.hpp>
#include <gradus/nn/elu.hpp>
#include <gradus/nn/softplus.hpp>
#include <gradus/nn/silu.hpp>
#include <gradus/nn/gelu.hpp>
#include <gradus/nn/softmax.hpp>
#include <gradus/nn/clip.hpp>
#include <gradus/nn/dropout.hpp>
#include <gradus/nn/batch_norm.hpp>
#include <gradus/nn/layer_norm.hpp>
#include <gradus/nn/feature_scaling.hpp>
#include <gradus/nn/standardize.hpp>
#include <gradus/nn/min_max.hpp>
#include <gradus/nn/categorical_column.hpp>
#include <gradus/nn/one_hot.hpp>

#include <gradus/nn/module_list.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/nn/scalers.hpp>
#include <gradus/nn/freeze.hpp>
#include <gradus/nn/summary.hpp>

#include <gradus/nn/dense_layer.hpp>
#include <gradus/nn/dense_layers.hpp>
#include <gradus/nn/dense_product.hpp>
#include <gradus/nn/predictor_kernels.hpp>
#include <gradus/nn/pack_panels.hpp>
#include <gradus/nn/predictor.hpp>
#include <gradus/nn/static_predictor.hpp>

#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/nn/mean_squared_error.hpp>
#include <gradus/nn/binary_cross_entropy.hpp>
// IWYU pragma: end_exports
