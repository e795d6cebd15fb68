// SPDX-License-Identifier: MIT

#pragma once

/// All of gradus that needs only Eigen, in reading order: each header follows those that it includes.
///
/// The following headers must be included by name because they need another library. The CMake target in
/// parentheses links it.
/// - `gradus/data/gzip.hpp`, `gradus/data/fashion_mnist.hpp`, `gradus/data/npz.hpp` (`gradus::gzip`)
/// - `gradus/data/download.hpp` (`gradus::download`)
/// - `gradus/io.hpp` and what it includes (`gradus::safetensors`)
/// - `gradus/io/onnx.hpp` and what it includes (`gradus::onnx`)
/// - `gradus/distributed/mpi.hpp` and what it includes (`gradus::mpi`)
///
/// These must be included by name because they include system headers such as <fcntl.h>.
/// - `gradus/core/atomic_file.hpp` (`write_text`), `gradus/core/memory_map.hpp`,
/// `gradus/core/positioned_file.hpp`, `gradus/core/temporary_file.hpp`
/// - `gradus/data/write_idx.hpp`, `gradus/data/write_npy.hpp`
///
/// `gradus/core/eigen_tensor.hpp` must be included by name because it takes half a second to compile.

// clang-format off
// IWYU pragma: begin_exports
#include <gradus/version.hpp>

#include <gradus/core.hpp>
#include <gradus/ops.hpp>
#include <gradus/nn.hpp>
#include <gradus/autograd.hpp>
#include <gradus/optim.hpp>
#include <gradus/data.hpp>
#include <gradus/train.hpp>

#if defined(GRADUS_COMPILED)
#include <gradus/compiled.hpp>
#endif
// IWYU pragma: end_exports
