// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <gradus/core/index.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/parameter.hpp>

/// Freezing excludes parameters from training, to fine-tune part of a network.
///
///     nn::freeze(net);                                                        // all parameters
///     nn::unfreeze(net, [](const auto& p) { return p.name.starts_with("4."); });  // train child 4
///
/// A frozen parameter has `requires_grad == false`. Backward passes compute no gradient for it and stop at
/// the first child with a trainable parameter. Gradient clipping ignores it. Optimisers leave it and its
/// state unchanged, so an optimiser may hold all parameters, and some may be frozen or unfrozen between
/// steps. As in PyTorch, freezing does not change the forward pass: in training mode, dropout stays on, and
/// BatchNorm1d uses batch statistics and updates the running ones. Files do not record freezing.
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

/// Freezes the parameters of a network or module for which `holds(named_parameter)` is true, and zeroes their
/// gradients. Returns the number of such parameters; 0 often means a wrong name.
template <class Net, class Predicate>
Index freeze(Net& net, Predicate holds) {
  return detail::set_requires_grad(net, false, holds);
}
/// Freezes all parameters and returns their number.
template <class Net>
Index freeze(Net& net) {
  return nn::freeze(net, [](const auto&) { return true; });
}

/// Unfreezes the parameters for which `holds(named_parameter)` is true, and zeroes their gradients. Returns
/// the number of such parameters.
template <class Net, class Predicate>
Index unfreeze(Net& net, Predicate holds) {
  return detail::set_requires_grad(net, true, holds);
}
/// Unfreezes all parameters and returns their number.
template <class Net>
Index unfreeze(Net& net) {
  return nn::unfreeze(net, [](const auto&) { return true; });
}

}  // namespace gradus::nn
