// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/io/onnx_scaling.hpp>
#include <gradus/nn/flatten.hpp>
#include <gradus/nn/sequential.hpp>

namespace gradus::detail {

/// A builder of a network from an ONNX file, module by module. Tracks its memory, so that a small file cannot
/// produce a large network: many operators may use one constant, or broadcast it.
template <class Scalar>
class OnnxBuilder {
 public:
  /// `file_size` is in bytes; `sample` is the input shape without the batch axis.
  OnnxBuilder(const std::string& where, std::size_t file_size, const Shape& sample)
      : where_(where), left_((file_size / 4 + 32768) * sizeof(Scalar)), sample_(sample) {}

  /// Returns the shape of a sample in the file; the network may hold it flattened.
  const Shape& sample() const { return sample_; }
  bool is_flattened() const { return is_flattened_; }
  void set_sample(const Shape& sample) { sample_ = sample; }
  OnnxScaling& scaling() { return scaling_; }

  /// Throws FileError if the network would become much larger than the file.
  void reserve(Index count, std::size_t size = sizeof(Scalar)) {
    const auto n = static_cast<std::uint64_t>(count);
    if (n > left_ / size) {
      throw FileError(where_ + ": network is much larger than the file: it needs " + std::to_string(n) +
                      " more elements, expected at most " + std::to_string(left_ / size));
    }
    left_ -= n * size;
  }

  /// Appends a module, after any pending scaling.
  template <class M>
  void push(M module) {
    flush();
    count();
    net_.push_back(std::move(module));
  }
  /// Flattens samples to one axis.
  void flatten() {
    if (!is_flattened_ && sample_.rank() != 1) {
      count();
      net_.push_back(nn::Flatten<Scalar>{});
      is_flattened_ = true;
    }
  }
  void flush() {
    if (scaling_.is_identity()) return;
    flatten();
    reserve(4 * sample_.size());
    count();
    net_.push_back(scaling_.module<Scalar>(sample_.size()));
    scaling_ = {};
  }
  nn::Sequential<Scalar> finish() {
    flush();
    return std::move(net_);
  }

 private:
  void count() { reserve(1, 64); }

  const std::string& where_;
  std::uint64_t left_;
  Shape sample_;
  bool is_flattened_ = false;
  OnnxScaling scaling_;
  nn::Sequential<Scalar> net_;
};

}  // namespace gradus::detail
