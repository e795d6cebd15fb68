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

/// A module is a plain struct with three functions. It needs no base class and no registration:
///
/// - `Shape output_shape(const Shape& x) const` returns the output's shape, or throws ShapeError.
/// - `void forward(x, y, Context&) const` writes the output.
/// - `void backward(x, y, dy, dx, Context&) const` writes the gradient of the loss with respect to the input.
///
/// Arguments that are read are `TensorView<const Scalar>`, those that are written `TensorView<Scalar>`; no
/// two of them overlap. Whatever else backward needs is saved in a Context::buffer. A module may also have:
///
/// - parameters: `void visit(f)`, which calls `f("weight", weight)` for each Parameter, and
///   `void gradient(x, dy, Context&)`, which adds to their gradients (a container has `accumulate` instead);
/// - other state: `void visit_buffers(f)`, which calls `f("running_mean", tensor)`, and
///   `void update(Context&)`, which runs after each training forward;
/// - counters: `void visit_counters(f)`, which calls `f("num_batches_tracked", count)` with a `std::int64_t`.
///   Counters are saved and restored exactly, whatever the scalar type;
/// - `bool is_identity(const Context&) const`: true if the output is the input, possibly reshaped, so that a
///   container may pass on a view instead of calling forward;
/// - `Index forward_sample(std::span<const Scalar> x, std::span<Scalar> y, Context&) const`: the output for
/// one
///   sample, `[1, in] -> [1, out]`, equal to forward's bit for bit. Returns out, or -1 if y is too small or x
///   has the wrong size. `predict` of a single row then makes no shapes and views for this module;
/// - `void reset_parameters(Generator&)`: reinitialises the parameters; `std::string name() const`: for
///   messages;
/// - `Tanh<Other> cast<Other>() const`, for a module without parameters: returns it for another scalar type,
///   so that `Tanh{}` works in a network of doubles. A class derived from a module needs its own `cast`.
///
/// `visit`, `visit_buffers` and `visit_counters` should have const overloads, which pass const references to
/// f. Without them, a const module is copied and the copy is visited. Only the functions below check which of
/// these members a module has.
template <class M, class Scalar>
concept Module = std::copy_constructible<M> &&
    requires(const M& module, const Shape& shape, TensorView<const Scalar> in, TensorView<Scalar> out,
             Context& context) {
  { module.output_shape(shape) } -> std::convertible_to<Shape>;
  module.forward(in, out, context);
  module.backward(in, in, in, out, context);
};

/// A module that contains modules. `accumulate(x, y, dy, dx, Context&)` does the work of gradient and
/// backward in one sweep; if dx is null, it skips the latter. `Index depth() const` returns 1 + the largest
/// depth of its modules, which limits the nesting when a network is built: see nn/nesting.hpp.
template <class M, class Scalar>
concept Container = Module<M, Scalar> &&
    requires(M& module, TensorView<const Scalar> in, TensorView<Scalar> out, Context& context) {
  module.accumulate(in, in, in, out, context);
};

namespace detail {

/// A stand-in for any visitor, used to check whether a module can be visited.
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
/// A module that can be cast to another scalar. Excludes a class that only inherits `cast`, which would
/// slice.
template <class M, class Scalar>
concept Castable = requires(const M& module) {
  { module.template cast<Scalar>() } -> Module<Scalar>;
  requires std::same_as<M, decltype(module.template cast<float>())> ||
      std::same_as<M, decltype(module.template cast<double>())>;
};

}  // namespace detail

/// A module for this scalar type, or one that can be cast to it.
template <class M, class Scalar>
concept ModuleFor = Module<M, Scalar> || detail::Castable<M, Scalar>;

namespace detail {

/// The scalar type of a network of these modules: double if all of them, or all that cannot be cast, are for
/// double; otherwise float.
template <class... Modules>
struct ScalarOf {
  static constexpr bool plain = (Module<Modules, double> && ...) && !(Module<Modules, float> && ...);
  static constexpr bool cast = (ModuleFor<Modules, double> && ...) && !(ModuleFor<Modules, float> && ...);
  using type = std::conditional_t<plain || cast, double, float>;
};
template <class... Modules>
using scalar_of = typename ScalarOf<Modules...>::type;

/// Fails with one line of explanation instead of the compiler's forty.
template <class M, class Scalar>
constexpr void check_module() {
  static_assert(ModuleFor<M, Scalar>,
                "not a module for this network's scalar type: it needs output_shape, forward and backward as "
                "described in "
                "gradus/nn/module.hpp; float and double cannot be mixed; a class derived from a module needs "
                "its own cast");
}

}  // namespace detail

/// Returns the module for a network of this scalar type: unchanged or cast.
template <class Scalar, ModuleFor<Scalar> M>
auto adapt(M module) {
  if constexpr (Module<M, Scalar>) {
    return module;
  } else {
    return module.template cast<Scalar>();
  }
}

/// Returns whether a module has parameters; for a container, whether any module in it does.
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

/// Returns whether a module has parameters that are not frozen; for a container, whether any module in it
/// does.
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

/// Calls `f(name, parameter)` for each parameter. Those of a const module are const; if it has no const
/// `visit`, they are valid only until f returns.
template <class M, class F>
void visit_parameters(M& module, F&& f) {
  if constexpr (detail::HasParameters<M>) {
    module.visit(f);
  } else if constexpr (detail::HasParameters<std::remove_const_t<M>>) {
    auto copy = module;
    copy.visit([&](std::string_view name, const auto& parameter) { f(name, parameter); });
  }
}

/// Likewise calls `f(name, tensor)` for each buffer.
template <class M, class F>
void visit_buffers(M& module, F&& f) {
  if constexpr (detail::HasBuffers<M>) {
    module.visit_buffers(f);
  } else if constexpr (detail::HasBuffers<std::remove_const_t<M>>) {
    auto copy = module;
    copy.visit_buffers([&](std::string_view name, const auto& tensor) { f(name, tensor); });
  }
}

/// Likewise calls `f(name, count)` for each counter, a `std::int64_t`.
template <class M, class F>
void visit_counters(M& module, F&& f) {
  if constexpr (detail::HasCounters<M>) {
    module.visit_counters(f);
  } else if constexpr (detail::HasCounters<std::remove_const_t<M>>) {
    auto copy = module;
    copy.visit_counters([&](std::string_view name, const std::int64_t& count) { f(name, count); });
  }
}

/// Calls `f(name, tensor)` for everything a module or network has learnt: the values of its parameters, then
/// its buffers. Counters are left to `visit_counters`.
template <class M, class F>
void visit_state(M& module, F&& f) {
  nn::visit_parameters(module, [&](std::string_view name, auto& parameter) { f(name, parameter.value); });
  nn::visit_buffers(module, [&](std::string_view name, auto& tensor) { f(name, tensor); });
}

/// Adds to the gradients of the parameters and, unless dx is null, writes the input gradient. Skips the
/// parameter gradients if all parameters are frozen.
template <class Scalar, class M>
void accumulate(M& module, Input<Scalar> x, Input<Scalar> y, Input<Scalar> dy,
                std::type_identity_t<TensorView<Scalar>> dx, Context& context) {
  static_assert(!detail::HasParameters<M> || detail::HasGradient<M, Scalar> || Container<M, Scalar>,
                "a module with parameters (visit) needs void gradient(x, dy, Context&), otherwise they are "
                "never trained");
  if constexpr (Container<M, Scalar>) {
    module.accumulate(x, y, dy, dx, context);
  } else {
    if constexpr (detail::HasGradient<M, Scalar>) {
      if (!detail::HasParameters<M> || nn::has_trainable_parameters(module)) module.gradient(x, dy, context);
    }
    if (!dx.is_null()) module.backward(x, y, dy, dx, context);
  }
}

/// Updates a module after a training forward, for example its running statistics.
template <class M>
void update([[maybe_unused]] M& module, [[maybe_unused]] Context& context) {
  if constexpr (detail::HasUpdate<M>) module.update(context);
}

/// Returns whether forward has nothing to compute and the input may be passed on.
template <class M>
bool is_identity([[maybe_unused]] const M& module, [[maybe_unused]] const Context& context) {
  if constexpr (detail::HasIsIdentity<M>) {
    return module.is_identity(context);
  } else {
    return false;
  }
}

/// Reinitialises the parameters of a module that supports it.
template <class M>
void reset_parameters([[maybe_unused]] M& module, [[maybe_unused]] Generator& random) {
  if constexpr (detail::HasReset<M>) module.reset_parameters(random);
}

}  // namespace gradus::nn
