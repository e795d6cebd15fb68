// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include <gradus/autograd/arithmetic.hpp>
#include <gradus/autograd/broadcast.hpp>
#include <gradus/autograd/elementwise.hpp>
#include <gradus/autograd/node.hpp>
#include <gradus/autograd/record.hpp>
#include <gradus/autograd/selection.hpp>
#include <gradus/autograd/shape_ops.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/ops/broadcast.hpp>
#include <gradus/ops/extremum.hpp>
#include <gradus/ops/norm.hpp>

/// Reductions over some or all axes.
namespace gradus {

/// Whether reduced axes are kept with extent 1: `sum(x, {0, 2}, keep_dims)`.
enum class KeepDims : bool { no, yes };
/// Keeps the reduced axes with extent 1.
inline constexpr KeepDims keep_dims = KeepDims::yes;

/// The axes of a reduction: one, several or all. Negative axes count from the end.
class Axes {
 public:
  /// Returns all axes.
  static Axes all() { return {}; }
  /// Selects one axis.
  Axes(Index axis) : Axes({axis}) {}
  /// Selects several axes.
  Axes(std::initializer_list<Index> axes) : all_(false), count_(axes.size()) {
    if (count_ > axes_.size())
      throw ShapeError("Axes: got " + std::to_string(count_) + " axes, expected at most " +
                       std::to_string(axes_.size()));
    std::ranges::copy(axes, axes_.begin());
  }

  /// Returns the shape with these axes reduced to extent 1. Throws IndexError for an axis that is out of
  /// range or named twice.
  Shape kept(const Shape& x) const {
    Shape shape = x;
    for (Index axis = 0; axis < x.rank(); ++axis) {
      if (contains(x, axis)) shape = shape.with(axis, 1);
    }
    return shape;
  }
  /// Returns the shape without these axes.
  Shape dropped(const Shape& x) const {
    IndexedArray<Index, Shape::max_rank> extents{};
    Index rank = 0;
    for (Index axis = 0; axis < x.rank(); ++axis) {
      if (!contains(x, axis)) extents[rank++] = x[axis];
    }
    return Shape(std::span<const Index>(extents).first(to_size(rank)));
  }

 private:
  Axes() = default;

  bool contains(const Shape& x, Index axis) const {
    int times = all_ ? 1 : 0;
    for (std::size_t i = 0; i < count_; ++i) times += x.normalize_axis(axes_[i]) == axis ? 1 : 0;
    if (times > 1)
      throw IndexError("Axes: axis " + std::to_string(axis) + " is named twice, expected each at most once");
    return times == 1;
  }

  std::array<Index, to_size(Shape::max_rank)> axes_{};
  bool all_ = true;
  std::size_t count_ = 0;
};

namespace detail {

/// The shapes of a reduction's result: with the reduced axes kept, and as the caller requested.
struct Reduced {
  Reduced(const Shape& x, const Axes& axes, KeepDims keep)
      : kept(axes.kept(x)), shape(keep == KeepDims::yes ? kept : axes.dropped(x)) {
    if (x.rank() == 0) axes.dropped(x);
  }
  Shape kept, shape;
};

[[noreturn]] inline void throw_empty_extremum(const char* name, const Shape& x) {
  throw ShapeError(std::string(name) + ": shape " + x.to_string() +
                   " has no elements along the reduced axes, expected at least one");
}

template <class Scalar>
Variable<Scalar> extremum(const char* name, ops::Extremum which, const Variable<Scalar>& x, const Axes& axes,
                          KeepDims keep) {
  const Reduced reduced(x.shape(), axes, keep);
  if (x.shape().empty() && !reduced.kept.empty()) throw_empty_extremum(name, x.shape());
  auto y = Value<Scalar>::uninitialized(reduced.shape);
  ops::extremum_to<Scalar>(which, x.value(), y.view().reshape(reduced.kept));
  return record(name, std::move(y), x, [kept = reduced.kept](const Step<Scalar>& step) {
    // dL/dx = dL/dy [x = y] / (number of such x), where x = y is a constant. NaN equals nothing: 0/0 is NaN.
    const Variable<Scalar> best = reshape(step.output(), kept), in = step.input();
    const auto share = [&] {
      const SetRecording off(false);
      const Tensor<bool> is_best = compared([](Scalar a, Scalar b) { return a == b; }, in, best);
      const Variable<Scalar> tie = where(is_best, Variable<Scalar>(Scalar{1}), Scalar{0});
      return tie / sum_to(tie, kept);
    };
    step.give(0, reshape(step.gradient(), kept) * share());
  });
}

}  // namespace detail

/// Returns the sum over axes, by default over all.
template <class Scalar>
Variable<Scalar> sum(const Variable<Scalar>& x, const Axes& axes = Axes::all(),
                     KeepDims keep = KeepDims::no) {
  const detail::Reduced reduced(x.shape(), axes, keep);
  auto y = detail::Value<Scalar>::uninitialized(reduced.shape);
  ops::sum_to<Scalar>(x.value(), y.view().reshape(reduced.kept));
  return detail::record("sum", std::move(y), x, [kept = reduced.kept](const detail::Step<Scalar>& step) {
    // dL/dx = dL/dy for each summand
    step.give(0, expand(reshape(step.gradient(), kept), step.input().shape()));
  });
}

/// Returns the mean over axes; NaN where there is nothing to average.
template <class Scalar>
Variable<Scalar> mean(const Variable<Scalar>& x, const Axes& axes = Axes::all(),
                      KeepDims keep = KeepDims::no) {
  const detail::Reduced reduced(x.shape(), axes, keep);
  auto y = detail::Value<Scalar>::uninitialized(reduced.shape);
  ops::mean_to<Scalar>(x.value(), y.view().reshape(reduced.kept));
  return detail::record("mean", std::move(y), x, [kept = reduced.kept](const detail::Step<Scalar>& step) {
    // dL/dx = dL/dy / (number of averaged elements)
    const Shape& all = step.input().shape();
    const auto count = static_cast<Scalar>(kept.empty() ? 1 : all.size() / kept.size());
    step.give(0, expand(reshape(step.gradient(), kept) / Variable<Scalar>(count), all));
  });
}

/// Returns the largest element over axes. Ties share the gradient equally, as in `torch.amax`. If any of
/// these elements is NaN, the result and the gradients of all of them are NaN. Throws ShapeError if there is
/// nothing to choose from.
template <class Scalar>
Variable<Scalar> max(const Variable<Scalar>& x, const Axes& axes = Axes::all(),
                     KeepDims keep = KeepDims::no) {
  return detail::extremum("max", ops::Extremum::maximum, x, axes, keep);
}
/// Returns the smallest element over axes.
template <class Scalar>
Variable<Scalar> min(const Variable<Scalar>& x, const Axes& axes = Axes::all(),
                     KeepDims keep = KeepDims::no) {
  return detail::extremum("min", ops::Extremum::minimum, x, axes, keep);
}
/// Does the same for a list of axes.
// In `max(x, {0})` under `using namespace std`, {0} could also be a Variable for std::max.
template <class Scalar>
Variable<Scalar> max(const Variable<Scalar>& x, std::initializer_list<Index> axes,
                     KeepDims keep = KeepDims::no) {
  return max(x, Axes(axes), keep);
}
/// Does the same for a list of axes.
template <class Scalar>
Variable<Scalar> min(const Variable<Scalar>& x, std::initializer_list<Index> axes,
                     KeepDims keep = KeepDims::no) {
  return min(x, Axes(axes), keep);
}

/// Returns the Euclidean norm over axes, accurate even if squares leave the range of Scalar. The gradient at
/// 0 is 0. The result is NaN if an element is NaN.
template <class Scalar>
Variable<Scalar> norm(const Variable<Scalar>& x, const Axes& axes = Axes::all(),
                      KeepDims keep = KeepDims::no) {
  const detail::Reduced reduced(x.shape(), axes, keep);
  auto y = detail::Value<Scalar>::uninitialized(reduced.shape);
  ops::norm_to<Scalar>(x.value(), y.view().reshape(reduced.kept));
  return detail::record("norm", std::move(y), x, [kept = reduced.kept](const detail::Step<Scalar>& step) {
    // dL/dx = dL/dy x / y, and 0 where y = 0; NaN where y is NaN
    const Variable<Scalar> length = reshape(step.output(), kept), zero(Scalar{0});
    Tensor<bool> is_zero(kept);
    std::ranges::transform(length.value(), is_zero.begin(), [](Scalar number) { return number == 0; });
    const Variable<Scalar> divisor = where(is_zero, Variable<Scalar>(Scalar{1}), length);
    const Variable<Scalar> up = where(is_zero, zero, reshape(step.gradient(), kept));
    step.give(0, step.input() / divisor * up);
  });
}

/// Returns log(sum(exp(x))) over axes, without overflow.
template <class Scalar>
Variable<Scalar> logsumexp(const Variable<Scalar>& x, const Axes& axes = Axes::all(),
                           KeepDims keep = KeepDims::no) {
  const detail::Reduced reduced(x.shape(), axes, keep);
  auto y = [&] {
    const detail::SetRecording off(false);
    if (x.size() == 0) return std::move(log(sum(x, axes, keep)).node()->value);  // log(0)
    const Variable<Scalar> largest = max(x, axes, keep_dims);
    const Variable<Scalar> shift = where(greater_than(abs(largest), std::numeric_limits<Scalar>::max()),
                                         Variable<Scalar>(Scalar{0}), largest);
    return std::move(reshape(log(sum(exp(x - shift), axes, keep_dims)) + shift, reduced.shape).node()->value);
  }();
  return detail::record("logsumexp", std::move(y), x,
                        [kept = reduced.kept](const detail::Step<Scalar>& step) {
                          // dL/dx = dL/dy exp(x - y)
                          const Variable<Scalar> share = exp(step.input() - reshape(step.output(), kept));
                          step.give(0, reshape(step.gradient(), kept) * share);
                        });
}

}  // namespace gradus
