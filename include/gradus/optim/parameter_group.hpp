// SPDX-License-Identifier: MIT

#pragma once

#include <utility>
#include <vector>

#include <gradus/nn/parameter.hpp>

namespace gradus::optim {

/// Parameters of an optimiser that share options.
template <class Scalar, class Options>
struct ParameterGroup {
  /// The parameters of the group.
  std::vector<nn::NamedParameter<Scalar>> parameters = {};
  /// Their options.
  Options options = {};
};

/// Splits parameters by a predicate, in order, into those for which it is true and the others.
///
///     auto [weights, biases] = split_parameters(net.named_parameters(), has_rank_above_one);
template <class Scalar, class Predicate>
auto split_parameters(const std::vector<nn::NamedParameter<Scalar>>& parameters, Predicate holds) {
  std::pair<std::vector<nn::NamedParameter<Scalar>>, std::vector<nn::NamedParameter<Scalar>>> parts;
  for (const auto& parameter : parameters) {
    (holds(parameter) ? parts.first : parts.second).push_back(parameter);
  }
  return parts;
}

/// True for weight matrices; false for biases and scales, which are commonly excluded from weight decay.
inline constexpr auto has_rank_above_one = [](const auto& named) { return named->value.rank() > 1; };

}  // namespace gradus::optim
