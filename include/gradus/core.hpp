// SPDX-License-Identifier: MIT

#pragma once

/// Tensors and their building blocks. Each header follows those that it includes.
///
/// Headers that include system headers are omitted: `gradus/core/atomic_file.hpp`, `memory_map.hpp`,
/// `positioned_file.hpp` and `temporary_file.hpp`. So is `gradus/core/eigen_tensor.hpp`, which takes half a
/// second to compile.

// clang-format off
// IWYU pragma: begin_exports
#include <gradus/version.hpp>

#include <gradus/core/index.hpp>
#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>

#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/core/matrix_view.hpp>
#include <gradus/core/nested_list.hpp>
#include <gradus/core/mersenne_twister.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>

#include <gradus/core/print.hpp>
#include <gradus/core/terminal.hpp>

#include <gradus/core/byte_order.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/file.hpp>

#include <gradus/core/parallel.hpp>
#include <gradus/core/part.hpp>
#include <gradus/core/process_group.hpp>

#include <gradus/core/simd/instruction_set.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/math.hpp>
#include <gradus/core/simd/map.hpp>
#include <gradus/core/simd/wide_sum.hpp>
#include <gradus/core/simd/sum_map.hpp>
// IWYU pragma: end_exports
