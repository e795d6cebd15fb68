// SPDX-License-Identifier: MIT

#pragma once

/// Files of weights: safetensors, state dictionaries, checkpoints, and networks exported as C source. Not
/// included by gradus.hpp because it needs nlohmann-json (`gradus::safetensors`). gradus/io/onnx.hpp is
/// separate because it needs protozero. Each header follows those that it includes.

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
