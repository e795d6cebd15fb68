// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <gradus/core/eigen.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/parameter.hpp>

/// Freezing: parameters that training leaves as they are, to fine-tune a part of a network.
///
///     nn::freeze(net);                                                        // all parameters
///     nn::unfreeze(net, [](const auto& p) { return p.name.starts_with("4."); });  // child 4 learns
///
/// A frozen parameter has `requires_grad == false`. Backward passes compute no gradient for it and end at the
/// first child that learns. Clipping does not count it. Optimisers leave it and its state unchanged, so an
/// optimiser may hold all parameters and keep them when some are frozen or unfrozen between steps. As in
/// PyTorch, freezing does not change the forward pass: dropout still drops out, and BatchNorm1d still uses
/// the batch's statistics in training mode and updates its running ones. Files do not record what is frozen.
namespace gradus::nn {

namespace detail {

template <class Net, class Predicate>
Index set_requires_grad(Net& net, bool requires_grad, Predicate& holds) {
  Index count = 0;
  nn::visit_parameters(net, [&](std::string_view name, auto& parameter) {
    using Scalar = typename std::remove_cvref_t<decltype(parameter.value)>::scalar_type;
    if (!holds(NamedParameter<Scalar>{std::string(name), &parameter})) return;
    parameter.requires_grad = requires_grad;
    parameter.zero_grad();
    ++count;
  });
  return count;
}

}  // namespace detail

/// Freezes the parameters of a network or module for which `holds(named_parameter)` is true, and sets their
/// gradients to zero. Returns how many parameters it was true for: 0 often means a wrong name.
template <class Net, class Predicate>
Index freeze(Net& net, Predicate holds) {
  return detail::set_requires_grad(net, false, holds);
}
/// Freezes all parameters.
template <class Net>
Index freeze(Net& net) {
  return nn::freeze(net, [](const auto&) { return true; });
}

/// Lets the parameters for which `holds(named_parameter)` is true learn again, with gradients of zero.
/// Returns how many parameters it was true for.
template <class Net, class Predicate>
Index unfreeze(Net& net, Predicate holds) {
  return detail::set_requires_grad(net, true, holds);
}
/// Lets all parameters learn again.
template <class Net>
Index unfreeze(Net& net) {
  return nn::unfreeze(net, [](const auto&) { return true; });
}

}  // namespace gradus::nn
