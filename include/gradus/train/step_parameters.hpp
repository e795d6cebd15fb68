// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/nn/parameter.hpp>

namespace gradus::detail {

[[noreturn]] inline void throw_foreign_optimizer(std::size_t parameters) {
  throw StateError("Trainer: the optimiser holds none of the network's " + std::to_string(parameters) +
                   " parameters, expected at least one; it may have been made for a copy of the network");
}
[[noreturn]] inline void throw_all_frozen(std::size_t parameters) {
  throw StateError("Trainer: all " + std::to_string(parameters) +
                   " parameters that the optimiser holds are frozen, expected at least one that learns");
}

/// The parameters of a network, divided into those that an optimiser updates, whose gradients are clipped,
/// and the others, whose gradients must be zeroed separately.
template <class Scalar>
class StepParameters {
 public:
  /// Divides the parameters into the two sets. Throws StateError if the optimiser holds none of them, or if
  /// all that it holds are frozen. An optimiser without `visit_parameters` is assumed to hold all of them.
  template <class Net, class Optimizer>
  void find(Net& net, const Optimizer& optimizer) {
    moved_ = net.named_parameters();
    others_.clear();
    if constexpr (requires { optimizer.visit_parameters([](const nn::NamedParameter<Scalar>&) {}); }) {
      std::vector<const nn::Parameter<Scalar>*> held;
      optimizer.visit_parameters([&](const auto& parameter) { held.push_back(parameter.parameter); });
      std::ranges::sort(held, std::less<>());
      std::vector<nn::NamedParameter<Scalar>> moved;
      for (const auto& parameter : moved_) {
        const bool is_held = std::ranges::binary_search(
            held, static_cast<const nn::Parameter<Scalar>*>(parameter.parameter), std::less<>());
        (is_held ? moved : others_).push_back(parameter);
      }
      if (moved.empty()) throw_foreign_optimizer(moved_.size());
      moved_ = std::move(moved);
    }
    if (std::ranges::none_of(moved_, [](const auto& parameter) { return parameter->requires_grad; }))
      throw_all_frozen(moved_.size());
  }

  /// Returns the parameters that the optimiser updates.
  const std::vector<nn::NamedParameter<Scalar>>& moved() const { return moved_; }
  /// Zeroes the gradients of the others.
  void zero_others() const {
    for (const auto& parameter : others_) parameter->zero_grad();
  }

 private:
  std::vector<nn::NamedParameter<Scalar>> moved_;
  std::vector<nn::NamedParameter<Scalar>> others_;
};

}  // namespace gradus::detail
