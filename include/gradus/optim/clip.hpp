#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/nn/parameter.hpp>

namespace gradus::optim {

namespace detail {

inline void check_clip(const char* operation, double limit) {
  if (!(limit >= 0)) {
    throw ArgumentError(std::string(operation) + ": limit is " + format_shortest(limit) +
                        ", expected a number not below 0");
  }
}

}  // namespace detail

/// The Euclidean norm of all gradients together, as if they were one vector. It does not overflow as long as
/// the norm itself is representable.
template <class Scalar>
double grad_norm(const std::vector<nn::NamedParameter<Scalar>>& parameters) {
  double norm = 0;
  for (const auto& parameter : parameters) {
    norm = std::hypot(norm, static_cast<double>(parameter->grad().array().matrix().stableNorm()));
  }
  return norm;
}

/// Scales all gradients so that their common norm is at most `max_norm`, and returns what it was before: the
/// factor is `min(1, max_norm / (norm + 1e-6))`, PyTorch's `clip_grad_norm_`.
///
/// A gradient that is not finite makes the norm so. With a NaN all gradients become NaN; with an infinity the
/// finite ones become 0 and the infinite ones NaN. So a diverged run shows, and the caller who wants to skip
/// the step looks at the result. Throws ArgumentError if max_norm is negative or NaN.
template <class Scalar>
double clip_grad_norm(const std::vector<nn::NamedParameter<Scalar>>& parameters, double max_norm) {
  detail::check_clip("clip_grad_norm", max_norm);
  const double norm = grad_norm(parameters);
  const double factor = max_norm / (norm + 1e-6);
  if (!(factor >= 1)) {
    for (const auto& parameter : parameters) parameter->grad().array() *= static_cast<Scalar>(factor);
  }
  return norm;
}

/// Limits every element of every gradient to `[-limit, limit]`; NaN stays NaN. Throws ArgumentError if the
/// limit is negative or NaN.
template <class Scalar>
void clip_grad_value(const std::vector<nn::NamedParameter<Scalar>>& parameters, double limit) {
  detail::check_clip("clip_grad_value", limit);
  const auto bound = static_cast<Scalar>(limit);
  for (const auto& parameter : parameters) {
    for (Scalar& g : parameter->grad()) g = g < -bound ? -bound : g > bound ? bound : g;
  }
}

}  // namespace gradus::optim
