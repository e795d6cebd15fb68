// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus::detail {

/// Returns the first non-finite output of the last forward as `the output of layer 1, Linear(784 -> 256)`,
/// `the input of the network` if that is not finite, or an empty string if all are finite.
template <class Net, class Scalar>
std::string first_non_finite_output(Net& net, TensorView<const Scalar> input) {
  if (!input.array().isFinite().all()) return "the input of the network";
  for (Index i = 0; i < net.size(); ++i) {
    if (!net.output(i).array().isFinite().all()) {
      return "the output of layer " + std::to_string(i) + ", " + net[i].name();
    }
  }
  return "";
}

template <class Net>
std::string first_non_finite_parameter(Net& net) {
  std::string found;
  net.visit([&](std::string_view name, auto& parameter) {
    if (found.empty() && !parameter.value.array().isFinite().all()) found = "parameter " + std::string(name);
  });
  return found;
}

/// Throws NumericError: `Trainer: loss is nan in epoch 3, batch 17; first not finite: the output of layer 1,
/// Linear(784 -> 256), and parameter 1.weight`.
template <class Net, class Scalar = typename Net::scalar_type>
[[noreturn]] void throw_not_finite(const char* what, double value, const std::string& where, Net& net,
                                   TensorView<const Scalar> input = {}) {
  const std::string output = input.is_null() ? "" : first_non_finite_output<Net, Scalar>(net, input);
  const std::string parameter = first_non_finite_parameter(net);
  std::string message = std::string("Trainer: ") + what + " is " + format_shortest(value) + " " + where;
  if (!output.empty() || !parameter.empty()) {
    message +=
        "; first not finite: " + output + (output.empty() || parameter.empty() ? "" : ", and ") + parameter;
  }
  throw NumericError(message);
}

}  // namespace gradus::detail
