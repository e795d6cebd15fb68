// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <gradus/autograd/node.hpp>
#include <gradus/autograd/record.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>

namespace gradus {

/// A function with a custom derivative. Compositions of operators need none. Write one if the derivative has
/// a better form, or if forward calls external code:
///
///     struct Cube {
///       Tensor<double> forward(TensorView<const double> x) const {
///         Tensor<double> y(x.shape());
///         y.array() = x.array().cube();
///         return y;
///       }
///       Variable<double> backward(const Variable<double>& dy, const Variable<double>&,
///                                 const Variable<double>& x) const {
///         return dy * 3 * x * x;
///       }
///     };
///     Variable y = apply_function(Cube{}, x);
///
/// `forward(x...)` takes the values of the inputs. `backward(dy, y, x...)` takes the gradient with respect to
/// the result, the result and the inputs; it returns the gradient with respect to the input, or a std::array
/// with one per input. If it returns Variables computed by operators, as here, it can be differentiated
/// again; if it returns Tensors, it cannot. The graph stores the function by value, so forward may keep data
/// in it.
template <class F, class Scalar, class... Inputs>
concept Function = FloatOrDouble<Scalar> &&
    requires(F& f, const Variable<Scalar>& dy, const Inputs&... inputs) {
  { f.forward(inputs.value()...) } -> std::convertible_to<Tensor<Scalar>>;
  f.backward(dy, dy, inputs...);
};

namespace detail {

template <class>
inline constexpr bool is_variable = false;
template <class Scalar>
inline constexpr bool is_variable<Variable<Scalar>> = true;
template <class T, std::size_t N>
inline constexpr bool is_variable<std::array<T, N>> = is_variable<T>;

[[noreturn]] inline void throw_second_order(const std::string& name) {
  throw StateError("grad: the gradient of " + name +
                   " cannot be differentiated again; compose it of operators");
}

template <class F, class Scalar, class... Rest>
Variable<Scalar> record_function(F f, const Variable<Scalar>& x, const Rest&... rest) {
  constexpr std::size_t count = 1 + sizeof...(Rest);
  const std::array<Variable<Scalar>, count> inputs{x, rest...};
  Tensor<Scalar> y = f.forward(x.value(), rest.value()...);
  const auto backward = [f = std::move(f)](const Step<Scalar>& step) mutable {
    const auto call = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return f.backward(step.gradient(), step.output(), step.input(I)...);
    };
    auto gradients = call(std::make_index_sequence<count>{});
    if constexpr (!is_variable<decltype(gradients)>) {
      if (recording) throw_second_order("function");
    }
    if constexpr (count == 1 && !requires { gradients[0].value(); }) {
      step.give(0, std::move(gradients));
    } else {
      static_assert(std::tuple_size_v<decltype(gradients)> == count, "backward: one gradient for each input");
      for (std::size_t i = 0; i < count; ++i) {
        if (step.wants(i)) step.give(i, std::move(gradients[i]));
      }
    }
  };
  return record("function", Value<Scalar>(std::move(y)), std::span<const Variable<Scalar>>(inputs), backward);
}

}  // namespace detail

/// Applies a function to one or more variables, as one operation on the tape. Throws what `forward` throws.
template <class F, class Scalar, class... Rest>
requires Function<F, Scalar, Variable<Scalar>, Rest...> Variable<Scalar> apply_function(
    F f, const Variable<Scalar>& x, const Rest&... rest) {
  return detail::record_function(std::move(f), x, rest...);
}

}  // namespace gradus
