// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/safetensors_reader.hpp>
#include <gradus/io/safetensors_source.hpp>
#include <gradus/io/tensor_names.hpp>
#include <gradus/nn/sequential.hpp>

namespace gradus {

/// The deviation of a network's output from the one stored in a file.
struct Verification {
  double difference = 0;    ///< largest absolute difference
  double largest = 0;       ///< largest absolute value of the output in the file
  double tolerance = 1e-6;  ///< largest relative error accepted

  /// Returns the difference relative to `largest`: 0 if both are 0, NaN if the output has NaN.
  double relative_error() const { return difference == 0 ? 0 : difference / largest; }
  /// Returns whether the relative error is at most the tolerance.
  bool ok() const { return relative_error() <= tolerance; }
  /// Returns `relative error is 3.1e-08, expected at most 1e-06`.
  std::string to_string() const {
    return "relative error is " + format_general(relative_error()) + ", expected at most " +
           format_general(tolerance);
  }
};

/// Compares a network with the input and output in a file written by tools/gradus_from_torch.py or by `save`
/// with an example: `if (!verify(net, file).ok()) ...`. Throws FileError if they are missing or do not fit.
template <class Scalar>
[[nodiscard]] Verification verify(const nn::Sequential<Scalar>& net, SafetensorsSource source,
                                  double tolerance = 1e-6) {
  const SafetensorsReader reader(std::move(source));
  const Tensor<Scalar> input = reader.template read_converted<Scalar>(detail::verify_input),
                       expected = reader.template read_converted<Scalar>(detail::verify_output);
  try {
    const Shape shape = net.output_shape(input.shape());
    if (shape != expected.shape())
      throw ShapeError("output in the file has shape " + expected.shape().to_string() + ", expected " +
                       shape.to_string() + " as from the network");
  } catch (const ShapeError& error) {
    throw FileError("verify: " + reader.name() + ": " + error.what());
  }
  const Tensor<Scalar> output = net.predict(input);
  Verification result{.tolerance = tolerance};
  for (Index i = 0; i < output.size(); ++i) {
    const auto found = static_cast<double>(output.data()[i]);
    const auto wanted = static_cast<double>(expected.data()[i]);
    const double difference = found == wanted ? 0 : std::abs(found - wanted);
    // A NaN replaces any number and stays.
    if (!(difference <= result.difference) && !std::isnan(result.difference)) result.difference = difference;
    result.largest = std::max(result.largest, std::abs(wanted));
  }
  return result;
}

}  // namespace gradus
