// SPDX-License-Identifier: MIT

#pragma once

/// Networks to and from ONNX files (https://onnx.ai), the format that runtimes and other frameworks share.
/// Needs protozero: link `gradus::onnx`.

// clang-format off
#include <gradus/io/onnx_reader.hpp>
#include <gradus/io/onnx_writer.hpp>
