// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/ops/norm.hpp>

namespace gradus::optim {

namespace detail {

inline void check_clip(const char* operation, double limit) {
  if (!(limit >= 0)) {
    throw ArgumentError(std::string(operation) + ": limit is " + format_shortest(limit) +
                        ", expected a number not below 0");
  }
}

template <class Scalar>
ops::ScaledNorm scaled_grad_norm(const std::vector<nn::NamedParameter<Scalar>>& parameters) {
  return ops::scaled_norm<Scalar>([&](const auto& f) {
    for (const auto& parameter : parameters) {
      if (parameter->requires_grad) f(parameter->grad().data(), parameter->grad().size());
    }
  });
}

}  // namespace detail

/// Returns the Euclidean norm of all gradients as one vector, except those of frozen parameters: NaN if any
/// element is NaN, otherwise infinity if an element is infinite or the norm exceeds the largest double.
/// Squares do not overflow or underflow: `{3e38f, 3e38f}` has the norm 4.24e38.
template <class Scalar>
double grad_norm(const std::vector<nn::NamedParameter<Scalar>>& parameters) {
  return detail::scaled_grad_norm(parameters).norm();
}

/// Scales all gradients so that their overall norm is at most `max_norm`, and returns the norm before
/// scaling. The factor is `min(1, max_norm / (norm + 1e-6))`, as in PyTorch's `clip_grad_norm_`, computed in
/// double. Finite gradients are scaled correctly even if their norm exceeds the largest double.
///
/// If any element is NaN, the norm is NaN and all gradients become NaN. Otherwise, if any element is
/// infinite, the norm is infinite, finite elements become 0 and infinite ones NaN. Divergence thus stays
/// visible; to skip such a step, check the returned norm. Throws ArgumentError if max_norm is negative or
/// NaN.
template <class Scalar>
double clip_grad_norm(const std::vector<nn::NamedParameter<Scalar>>& parameters, double max_norm) {
  detail::check_clip("clip_grad_norm", max_norm);
  const ops::ScaledNorm scaled = detail::scaled_grad_norm(parameters);
  const bool is_large = scaled.exponent > 0;
  const double norm = scaled.norm();
  // For a huge norm, a single factor would be subnormal, so it is applied in two steps.
  const double first = is_large ? std::ldexp(1.0, -scaled.exponent) : 1;
  const double factor = max_norm / ((is_large ? scaled.value : norm) + 1e-6 * first);
  if (!(factor * first >= 1)) {
    for (const auto& parameter : parameters) {
      if (!parameter->requires_grad) continue;
      auto gradient = parameter->grad().array();
      gradient = (gradient.template cast<double>() * first * factor).template cast<Scalar>();
    }
  }
  return norm;
}

/// Clamps every element of every gradient to `[-limit, limit]`, except those of frozen parameters; NaN stays
/// NaN. Throws ArgumentError if the limit is negative or NaN.
template <class Scalar>
void clip_grad_value(const std::vector<nn::NamedParameter<Scalar>>& parameters, double limit) {
  detail::check_clip("clip_grad_value", limit);
  const auto bound = static_cast<Scalar>(limit);
  for (const auto& parameter : parameters) {
    if (!parameter->requires_grad) continue;
    for (Scalar& g : parameter->grad()) g = g < -bound ? -bound : g > bound ? bound : g;
  }
}

}  // namespace gradus::optim
