// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include <gradus/autograd/arithmetic.hpp>
#include <gradus/autograd/elementwise.hpp>
#include <gradus/autograd/node.hpp>
#include <gradus/autograd/record.hpp>
#include <gradus/autograd/softmax.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/ops/binary_cross_entropy.hpp>
#include <gradus/ops/detail/sum.hpp>
#include <gradus/ops/loss_reduction.hpp>
#include <gradus/ops/mean_squared_error.hpp>
#include <gradus/ops/softmax_cross_entropy.hpp>

/// Losses, using the fused kernels of the modules of the same names.
namespace gradus {

using ops::Reduction;

namespace detail {

/// Records a loss; if a gradient may be needed, computes it in the same pass. `kernel(dx)` returns the loss
/// and writes dL/dx unless dx is null. `make_hessian()` returns a function of x and g that computes the
/// product of the Hessian with g.
template <class Scalar, class Kernel, class MakeHessian>
Variable<Scalar> loss(const char* name, const Variable<Scalar>& x, Kernel kernel, MakeHessian make_hessian) {
  if (!recording || !x.requires_grad()) return Variable<Scalar>(kernel(TensorView<Scalar>{}));
  auto dx = Value<Scalar>::uninitialized(x.shape());
  const Scalar value = kernel(dx.view());
  const Variable<Scalar> derivative =
      record("loss_gradient", std::move(dx), x, [hessian = make_hessian()](const Step<Scalar>& step) {
        step.give(0, hessian(step.input(), step.gradient()));
      });
  return record(name, Value<Scalar>(value), x,
                [derivative](const Step<Scalar>& step) { step.give(0, derivative * step.gradient()); });
}

/// Returns the factor of the probabilities in each row of dL/dlogits: `[N, 1]`.
template <class Scalar>
Tensor<Scalar> cross_entropy_row_scales(const Shape& logits, std::span<const Index> labels,
                                        const ops::CrossEntropyOptions<Scalar>& options) {
  const auto weight = [&](Index c) {
    const std::span<const Scalar> weights = options.class_weights;
    return weights.empty() ? 1.0 : static_cast<double>(weights[to_size(c)]);
  };
  const double of_classes = ops::detail::sum_terms<double>(logits[1], weight);
  ops::detail::Sum<double> of_labels;
  for (const Index label : labels) {
    if (label != options.ignore_index) of_labels.add(weight(label));
  }
  const auto smoothing = static_cast<double>(options.label_smoothing);
  const double smooth = smoothing / static_cast<double>(logits[1]), total = of_labels.total();
  // as in ops::softmax_cross_entropy
  const double scale = options.reduction == Reduction::sum ? 1 : total > 0 ? 1 / total : 0;
  Tensor<Scalar> scales(Shape{logits[0], 1});
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == options.ignore_index) continue;
    scales.data()[i] =
        static_cast<Scalar>(scale * (weight(labels[i]) * (1 - smoothing) + smooth * of_classes));
  }
  return scales;
}

}  // namespace detail

/// Returns the softmax cross-entropy of logits `[N, C]` and integer labels, one per sample: see
/// ops::softmax_cross_entropy. Throws ShapeError, IndexError or ArgumentError.
template <class Scalar>
Variable<Scalar> cross_entropy(const Variable<Scalar>& logits, std::span<const Index> labels,
                               const ops::CrossEntropyOptions<std::type_identity_t<Scalar>>& options = {}) {
  const auto kernel = [&](TensorView<Scalar> dlogits) {
    return ops::softmax_cross_entropy<Scalar>(logits.value(), labels, dlogits, options).loss;
  };
  const auto make_hessian = [&] {
    const Variable<Scalar> scales(detail::cross_entropy_row_scales<Scalar>(logits.shape(), labels, options));
    return [scales](const Variable<Scalar>& x, const Variable<Scalar>& g) {
      return scales * detail::softmax_backward(softmax(x), g);
    };
  };
  return detail::loss("cross_entropy", logits, kernel, make_hessian);
}

/// Returns the squared error of a prediction and a target of the same shape: see ops::mean_squared_error.
/// Throws ShapeError.
template <class Scalar>
Variable<Scalar> mean_squared_error(const Variable<Scalar>& x,
                                    const std::type_identity_t<Variable<Scalar>>& target,
                                    Reduction reduction = Reduction::mean) {
  const bool recorded = detail::recording && (x.requires_grad() || target.requires_grad());
  auto dx = recorded ? detail::Value<Scalar>::uninitialized(x.shape()) : detail::Value<Scalar>(Scalar{});
  const Scalar value = ops::mean_squared_error<Scalar>(
      x.value(), target.value(), recorded ? dx.view() : TensorView<Scalar>{}, reduction);
  if (!recorded) return Variable<Scalar>(value);
  const Scalar curvature =
      reduction == Reduction::mean && x.size() > 0 ? Scalar{2} / static_cast<Scalar>(x.size()) : Scalar{2};
  const Variable<Scalar> derivative = detail::record("loss_gradient", std::move(dx), x, target,
                                                     [curvature](const detail::Step<Scalar>& step) {
                                                       if (step.wants(0))
                                                         step.give(0, step.gradient() * curvature);
                                                       if (step.wants(1))
                                                         step.give(1, step.gradient() * -curvature);
                                                     });
  return detail::record("mean_squared_error", detail::Value<Scalar>(value), x, target,
                        [derivative](const detail::Step<Scalar>& step) {
                          const Variable<Scalar> gradient = derivative * step.gradient();
                          if (step.wants(0)) step.give(0, gradient);
                          if (step.wants(1)) step.give(1, -gradient);
                        });
}

/// Shorthand for mean_squared_error.
template <class Scalar>
Variable<Scalar> mse(const Variable<Scalar>& x, const std::type_identity_t<Variable<Scalar>>& target) {
  return mean_squared_error(x, target);
}

/// Returns the binary cross-entropy of logits and target probabilities of the same shape, which are constants
/// here: see ops::binary_cross_entropy. Throws ShapeError.
template <class Scalar>
Variable<Scalar> binary_cross_entropy(const Variable<Scalar>& logits,
                                      std::type_identity_t<TensorView<const Scalar>> target,
                                      Reduction reduction = Reduction::mean) {
  const auto kernel = [&](TensorView<Scalar> dlogits) {
    return ops::binary_cross_entropy<Scalar>(logits.value(), target, dlogits, reduction);
  };
  const Scalar scale = reduction == Reduction::mean && logits.size() > 0
                           ? Scalar{1} / static_cast<Scalar>(logits.size())
                           : Scalar{1};
  const auto make_hessian = [scale] {
    return [scale](const Variable<Scalar>& x, const Variable<Scalar>& g) {
      return detail::slope(detail::Sigmoid<Scalar>{}, sigmoid(x), g) * scale;
    };
  };
  return detail::loss("binary_cross_entropy", logits, kernel, make_hessian);
}

}  // namespace gradus
