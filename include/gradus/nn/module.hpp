#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include <gradus/core/error.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/parameter.hpp>

namespace gradus::nn {

/// A module is a plain struct with three functions, no base class and no registration:
///
/// - `Shape output_shape(const Shape& x) const` validates the input's shape: throws ShapeError.
/// - `void forward(x, y, Context&) const` writes the output.
/// - `void backward(x, y, dy, dx, Context&) const` writes the gradient of the loss with respect to the input.
///
/// where x, y and dy are `TensorView<const Scalar>` and what is written is `TensorView<Scalar>`; no two of
/// them overlap. What backward needs beyond x and y is kept in a Context::buffer. It may have as well:
///
/// - parameters: `void visit(f)`, calling `f("weight", weight)` for each Parameter, and
///   `void gradient(x, dy, Context&)`, which adds to their gradients (`accumulate` below, for a container);
/// - other state: `void visit_buffers(f)`, calling `f("running_mean", tensor)`, and
///   `void update(Context&)`, run after each training forward;
/// - `bool is_identity(const Context&) const`: true where the output is the input under another shape, so
/// that
///   nothing is to be computed and a container may pass a view on;
/// - `void reset_parameters(Generator&)`: draws the parameters anew; `std::string name() const`: for
/// messages.
template <class M, class Scalar>
concept Module = std::copy_constructible<M> &&
    requires(const M& module, const Shape& shape, TensorView<const Scalar> in, TensorView<Scalar> out,
             Context& context) {
  { module.output_shape(shape) } -> std::convertible_to<Shape>;
  module.forward(in, out, context);
  module.backward(in, in, in, out, context);
};

/// A module that holds modules: `accumulate(x, y, dy, dx, Context&)` does what gradient and backward do, in
/// one sweep. A null dx is not asked for. `Index depth() const` returns 1 + the largest depth of the modules
/// that it holds, so that networks that nest too deep are refused when they are built: see nn/nesting.hpp.
template <class M, class Scalar>
concept Container = Module<M, Scalar> &&
    requires(M& module, TensorView<const Scalar> in, TensorView<Scalar> out, Context& context) {
  module.accumulate(in, in, in, out, context);
};

namespace detail {

/// Stands in for any visitor when a module is asked whether it can be visited.
struct AnyVisitor {
  template <class T>
  void operator()(std::string_view, T&) const {}
};

template <class M, class Scalar>
concept HasGradient = requires(M& module, TensorView<const Scalar> in, Context& context) {
  module.gradient(in, in, context);
};
template <class M>
concept HasParameters = requires(M& module) {
  module.visit(AnyVisitor{});
};
template <class M>
concept HasBuffers = requires(M& module) {
  module.visit_buffers(AnyVisitor{});
};
template <class M>
concept HasUpdate = requires(M& module, Context& context) {
  module.update(context);
};
template <class M>
concept HasIsIdentity = requires(const M& module, const Context& context) {
  { module.is_identity(context) } -> std::convertible_to<bool>;
};
template <class M>
concept HasReset = requires(M& module, Generator& random) {
  module.reset_parameters(random);
};
template <class M>
concept HasDepth = requires(const M& module) {
  { module.depth() } -> std::convertible_to<Index>;
};
template <class M>
concept HasName = requires(const M& module) {
  { module.name() } -> std::convertible_to<std::string>;
};

/// What the compiler would otherwise say in forty lines.
template <class M, class Scalar>
constexpr void check_module() {
  static_assert(Module<M, Scalar>,
                "not a module that computes with this network's scalar: it needs output_shape, forward and "
                "backward as gradus/nn/module.hpp describes them, and float and double cannot be mixed");
}

/// The name of a type as its author wrote it, without namespaces and template arguments.
template <class M>
std::string type_name() {
#if defined(_MSC_VER) && !defined(__clang__)
  std::string_view text = __FUNCSIG__;  // "... type_name<struct user::Swish<float>>(void)"
  const std::string_view before = "type_name<", after = "<>(";
#else
  std::string_view text =
      __PRETTY_FUNCTION__;  // "std::string ...type_name() [with M = user::Swish<float>; ...]"
  const std::string_view before = "M = ", after = "<;,]";
#endif
  if (const auto start = text.find(before); start != text.npos) text.remove_prefix(start + before.size());
  text = text.substr(0, text.find_first_of(after));
  if (const auto start = text.find_last_of(": "); start != text.npos) text.remove_prefix(start + 1);
  return std::string(text);
}

}  // namespace detail

/// What a module is called in messages and summaries: its own `name()`, else the name of its type.
template <class M>
std::string module_name(const M& module) {
  if constexpr (detail::HasName<M>) {
    return module.name();
  } else {
    return detail::type_name<M>();
  }
}

}  // namespace gradus::nn
