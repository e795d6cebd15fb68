// SPDX-License-Identifier: MIT

#pragma once

/// The safetensors format (https://huggingface.co/docs/safetensors): an eight-byte header length, a JSON
/// header, and the tensors' elements, little-endian and row-major. Requires nlohmann-json: link
/// `gradus::safetensors`.

// clang-format off
#include <gradus/io/safetensors_entry.hpp>
#include <gradus/io/safetensors_reader.hpp>
#include <gradus/io/safetensors_writer.hpp>
