#pragma once

/// All of gradus that stands on Eigen alone, in reading order: nothing is named before it is defined.
///
/// What needs another library is included by itself, beside the CMake component that links it:
/// `gradus/data/fashion_mnist.hpp` and `gradus/data/gzip.hpp` (`gradus::gzip`), `gradus/data/download.hpp`
/// (`gradus::download`), `gradus/io/state_dict.hpp`, `checkpoint.hpp`, `safetensors.hpp`
/// (`gradus::safetensors`).
///
/// What writes files is included by itself too, since it brings the system's headers (<fcntl.h> and others)
/// along: `gradus/core/atomic_file.hpp` (`write_text`) and `gradus/data/write_idx.hpp`.

// clang-format off
#include <gradus/version.hpp>

#include <gradus/core/eigen_tensor.hpp>
#include <gradus/core/print.hpp>

#include <gradus/nn.hpp>
#include <gradus/autograd.hpp>
#include <gradus/optim.hpp>
#include <gradus/data.hpp>
#include <gradus/train.hpp>
