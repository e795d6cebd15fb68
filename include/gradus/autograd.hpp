// SPDX-License-Identifier: MIT

#pragma once

/// The tape: variables, operators on them and their gradients. Headers are in reading order: each follows
/// those of `autograd` that it includes. The operators in `variable.hpp` call functions defined in
/// `arithmetic.hpp`.

// clang-format off
// IWYU pragma: begin_exports
#include <gradus/autograd/node.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/autograd/backward.hpp>
#include <gradus/autograd/grad.hpp>
#include <gradus/autograd/record.hpp>

#include <gradus/autograd/shape_ops.hpp>
#include <gradus/autograd/broadcast.hpp>
#include <gradus/autograd/arithmetic.hpp>
#include <gradus/autograd/elementwise.hpp>
#include <gradus/autograd/selection.hpp>
#include <gradus/autograd/pow.hpp>
#include <gradus/autograd/reduction.hpp>
#include <gradus/autograd/matmul.hpp>
#include <gradus/autograd/softmax.hpp>
#include <gradus/autograd/losses.hpp>

#include <gradus/autograd/function.hpp>
#include <gradus/autograd/module.hpp>
#include <gradus/autograd/parameter.hpp>
#include <gradus/autograd/linear.hpp>

#include <gradus/autograd/gradient_check.hpp>
#include <gradus/autograd/graph_to_dot.hpp>
// IWYU pragma: end_exports
