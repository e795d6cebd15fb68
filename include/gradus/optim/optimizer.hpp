// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>

#include <gradus/core/index.hpp>
#include <gradus/core/tensor.hpp>

namespace gradus::optim {

namespace detail {

/// A stand-in for any visitor, used to check whether an optimiser's state can be visited.
struct AnyStateVisitor {
  template <class Name, class Tensor>
  void operator()(const Name&, Tensor&) const {}
};

}  // namespace detail

/// The interface that the trainer, schedules and checkpoints require of an optimiser:
///
/// - `step()` updates the parameters and zeroes their gradients; `zero_grad()` only does the latter;
/// - `group_count()` returns the number of parameter groups, whose learning rates can be read and set;
///   without a group number, `learning_rate()` returns that of the first group and `set_learning_rate(rate)`
///   sets all;
/// - `visit_state(f)` calls `f(name, tensor)` for each tensor kept between steps, in the order of the
///   parameters;
/// - `step_count()` returns the number of steps of the first group, and `set_step_count(count)` sets all.
///
/// If it also has `visit_parameters(f)`, which calls `f(named_parameter)` for each parameter, the trainer
/// detects an optimiser that was created for another copy of the network.
template <class O>
concept Optimizer = requires(O& optimizer, const O& constant, Index group, double rate) {
  typename O::scalar_type;
  optimizer.step();
  optimizer.zero_grad();
  { constant.group_count() } -> std::convertible_to<Index>;
  { constant.learning_rate() } -> std::convertible_to<double>;
  { constant.learning_rate(group) } -> std::convertible_to<double>;
  optimizer.set_learning_rate(rate);
  optimizer.set_learning_rate(group, rate);
  optimizer.visit_state(detail::AnyStateVisitor{});
  { constant.step_count() } -> std::convertible_to<Index>;
  optimizer.set_step_count(group);
};

}  // namespace gradus::optim
