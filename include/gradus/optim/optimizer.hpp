// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>

#include <gradus/core/eigen.hpp>
#include <gradus/core/tensor.hpp>

namespace gradus::optim {

namespace detail {

/// Stands in for any visitor when an optimiser is asked whether its state can be visited.
struct AnyStateVisitor {
  template <class Name, class Tensor>
  void operator()(const Name&, Tensor&) const {}
};

}  // namespace detail

/// The interface that the trainer, schedules and checkpoints require of an optimiser:
///
/// - `step()` moves the parameters by their gradients and sets the gradients to zero; `zero_grad()` only the
///   latter;
/// - `group_count()` groups of parameters, each with a learning rate that can be read and set; without a
///   group number, `learning_rate()` is that of the first group and `set_learning_rate(rate)` sets all;
/// - `visit_state(f)` calls `f(name, tensor)` for each tensor kept between steps, in the order of the
///   parameters;
/// - `step_count()` is the number of steps of the first group, and `set_step_count(count)` sets all.
///
/// With `visit_parameters(f)`, which calls `f(named_parameter)` for each parameter, the trainer detects an
/// optimiser that was made for another copy of the network.
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
