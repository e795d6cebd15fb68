// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/nn/any_module.hpp>
#include <gradus/nn/feature_scaling.hpp>
#include <gradus/nn/min_max.hpp>
#include <gradus/nn/standardize.hpp>

namespace gradus::nn {

/// Returns the constants of a Standardize or MinMax, or null for any other module. For code that inspects
/// networks, such as exporters.
template <class Scalar>
const FeatureScaling<Scalar>* find_feature_scaling(const AnyModule<Scalar>& module) {
  if (const auto* standardize = module.template get_if<Standardize<Scalar>>()) return standardize;
  return module.template get_if<MinMax<Scalar>>();
}

}  // namespace gradus::nn
