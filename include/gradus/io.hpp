// SPDX-License-Identifier: MIT

#pragma once

/// Files of weights: safetensors, state dictionaries and checkpoints, and networks as C source. Needs
/// nlohmann-json (`gradus::safetensors`), so that gradus.hpp does not include it. gradus/io/onnx.hpp is
/// apart, because it needs protozero. Each header comes after those that it includes.

// clang-format off
// IWYU pragma: begin_exports
#include <gradus/io/safetensors_entry.hpp>
#include <gradus/io/safetensors_dtype.hpp>
#include <gradus/io/float_type.hpp>
#include <gradus/io/safetensors_source.hpp>
#include <gradus/io/safetensors_header.hpp>
#include <gradus/io/safetensors_reader.hpp>
#include <gradus/io/safetensors_writer.hpp>
#include <gradus/io/safetensors.hpp>
#include <gradus/io/load_options.hpp>
#include <gradus/io/load_report.hpp>
#include <gradus/io/tensor_names.hpp>
#include <gradus/io/network_state.hpp>
#include <gradus/io/settings.hpp>
#include <gradus/io/module_registry.hpp>
#include <gradus/io/module_kinds.hpp>
#include <gradus/io/architecture_sax.hpp>
#include <gradus/io/architecture.hpp>
#include <gradus/io/state_dict.hpp>
#include <gradus/io/load_network.hpp>
#include <gradus/io/verify.hpp>
#include <gradus/io/save_archive.hpp>
#include <gradus/io/load_archive.hpp>
#include <gradus/io/checkpoint.hpp>
#include <gradus/io/training_checkpoint.hpp>
#include <gradus/io/checkpoints.hpp>

#include <gradus/io/c_program.hpp>
#include <gradus/io/c_writer.hpp>
#include <gradus/io/export_c.hpp>
// IWYU pragma: end_exports
