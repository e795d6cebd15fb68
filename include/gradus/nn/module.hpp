// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/module_name.hpp>
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
/// - counts: `void visit_counters(f)`, calling `f("num_batches_tracked", count)` with a `std::int64_t`. They
///   are saved and restored exactly, whatever the network's scalar is;
/// - `bool is_identity(const Context&) const`: true where the output is the input under another shape, so
///   that nothing is to be computed and a container may pass a view on;
/// - `void reset_parameters(Generator&)`: draws the parameters anew; `std::string name() const`: for
///   messages;
/// - `Tanh<Other> cast<Other>() const`, if it has no parameters: the same module for another scalar, which
///   makes `Tanh{}` fit a network of double. A class that derives from a module needs a `cast` of its own.
///
/// `visit`, `visit_buffers` and `visit_counters` should have const overloads, which call f with constants.
/// Without them a const module is copied, and the copy visited. What this header defines below its concepts
/// is the only code that asks which of these functions a module has.
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

/// Takes the place of any visitor when a module is asked whether it can be visited.
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
concept HasCounters = requires(M& module) {
  module.visit_counters(AnyVisitor{});
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
/// A module that can be cast to another scalar. A class that only inherits `cast` is not: the cast would
/// slice.
template <class M, class Scalar>
concept Castable = requires(const M& module) {
  { module.template cast<Scalar>() } -> Module<Scalar>;
  requires std::same_as<M, decltype(module.template cast<float>())> ||
      std::same_as<M, decltype(module.template cast<double>())>;
};

}  // namespace detail

/// A module that fits a network of this scalar, or can be cast to one that does.
template <class M, class Scalar>
concept ModuleFor = Module<M, Scalar> || detail::Castable<M, Scalar>;

namespace detail {

/// The scalar of a network of these modules: double if all modules are for double, or if all that cannot be
/// cast are.
template <class... Modules>
struct ScalarOf {
  static constexpr bool plain = (Module<Modules, double> && ...) && !(Module<Modules, float> && ...);
  static constexpr bool cast = (ModuleFor<Modules, double> && ...) && !(ModuleFor<Modules, float> && ...);
  using type = std::conditional_t<plain || cast, double, float>;
};
template <class... Modules>
using scalar_of = typename ScalarOf<Modules...>::type;

/// Says in one line what the compiler would otherwise say in forty.
template <class M, class Scalar>
constexpr void check_module() {
  static_assert(
      ModuleFor<M, Scalar>,
      "not a module that computes with this network's scalar: it needs output_shape, forward and "
      "backward as gradus/nn/module.hpp describes them, float and double cannot be mixed, and a class that "
      "derives from a module needs a cast of its own");
}

}  // namespace detail

/// The module as a network of this scalar holds it: itself, or cast to the scalar.
template <class Scalar, ModuleFor<Scalar> M>
auto adapt(M module) {
  if constexpr (Module<M, Scalar>) {
    return module;
  } else {
    return module.template cast<Scalar>();
  }
}

/// True if the module has parameters, for a container if any module in it has.
template <class M>
bool has_parameters([[maybe_unused]] const M& module) {
  if constexpr (requires {
                  { module.has_parameters() } -> std::convertible_to<bool>;
                }) {
    return module.has_parameters();
  } else {
    return detail::HasParameters<M>;
  }
}

/// True if a module has parameters that are not frozen, for a container if any module in it has.
template <class M>
bool has_trainable_parameters(M& module) {
  if constexpr (requires {
                  { module.has_trainable_parameters() } -> std::convertible_to<bool>;
                }) {
    return module.has_trainable_parameters();
  } else if constexpr (detail::HasParameters<M>) {
    bool found = false;
    module.visit([&](std::string_view, const auto& parameter) { found = found || parameter.requires_grad; });
    return found;
  } else {
    return false;
  }
}

/// Calls `f(name, parameter)` for each parameter; those of a const module are constants, which for a module
/// without a const `visit` live until f returns.
template <class M, class F>
void visit_parameters(M& module, F&& f) {
  if constexpr (detail::HasParameters<M>) {
    module.visit(f);
  } else if constexpr (detail::HasParameters<std::remove_const_t<M>>) {
    auto copy = module;
    copy.visit([&](std::string_view name, const auto& parameter) { f(name, parameter); });
  }
}

/// Calls `f(name, tensor)` for each buffer, in the same way.
template <class M, class F>
void visit_buffers(M& module, F&& f) {
  if constexpr (detail::HasBuffers<M>) {
    module.visit_buffers(f);
  } else if constexpr (detail::HasBuffers<std::remove_const_t<M>>) {
    auto copy = module;
    copy.visit_buffers([&](std::string_view name, const auto& tensor) { f(name, tensor); });
  }
}

/// Calls `f(name, count)` for each counter, a `std::int64_t`, in the same way.
template <class M, class F>
void visit_counters(M& module, F&& f) {
  if constexpr (detail::HasCounters<M>) {
    module.visit_counters(f);
  } else if constexpr (detail::HasCounters<std::remove_const_t<M>>) {
    auto copy = module;
    copy.visit_counters([&](std::string_view name, const std::int64_t& count) { f(name, count); });
  }
}

/// Calls `f(name, tensor)` for all that a module or network has learnt: the values of its parameters, then
/// its buffers. `visit_counters` visits the counters.
template <class M, class F>
void visit_state(M& module, F&& f) {
  nn::visit_parameters(module, [&](std::string_view name, auto& parameter) { f(name, parameter.value); });
  nn::visit_buffers(module, [&](std::string_view name, auto& tensor) { f(name, tensor); });
}

/// Adds to the gradients of the parameters and, unless dx is null, writes that of the input. Computes no
/// gradients for a module whose parameters are all frozen.
template <class Scalar, class M>
void accumulate(M& module, Input<Scalar> x, Input<Scalar> y, Input<Scalar> dy,
                std::type_identity_t<TensorView<Scalar>> dx, Context& context) {
  static_assert(!detail::HasParameters<M> || detail::HasGradient<M, Scalar> || Container<M, Scalar>,
                "a module with parameters (visit) needs void gradient(x, dy, Context&), or they never train");
  if constexpr (Container<M, Scalar>) {
    module.accumulate(x, y, dy, dx, context);
  } else {
    if constexpr (detail::HasGradient<M, Scalar>) {
      if (!detail::HasParameters<M> || nn::has_trainable_parameters(module)) module.gradient(x, dy, context);
    }
    if (!dx.is_null()) module.backward(x, y, dy, dx, context);
  }
}

/// Runs what a module does after each training forward, such as moving its running statistics.
template <class M>
void update([[maybe_unused]] M& module, [[maybe_unused]] Context& context) {
  if constexpr (detail::HasUpdate<M>) module.update(context);
}

/// True where forward has nothing to compute and the input may be passed on.
template <class M>
bool is_identity([[maybe_unused]] const M& module, [[maybe_unused]] const Context& context) {
  if constexpr (detail::HasIsIdentity<M>) {
    return module.is_identity(context);
  } else {
    return false;
  }
}

/// Draws the parameters of a module anew, if it knows how.
template <class M>
void reset_parameters([[maybe_unused]] M& module, [[maybe_unused]] Generator& random) {
  if constexpr (detail::HasReset<M>) module.reset_parameters(random);
}

}  // namespace gradus::nn
