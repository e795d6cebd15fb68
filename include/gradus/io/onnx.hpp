// SPDX-License-Identifier: MIT

#pragma once

/// Reads and writes ONNX files (https://onnx.ai), the exchange format of runtimes and frameworks. Requires
/// protozero: link `gradus::onnx`.

// clang-format off
#include <gradus/io/onnx_reader.hpp>
#include <gradus/io/onnx_writer.hpp>
