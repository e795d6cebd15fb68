// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include <gradus/autograd/function.hpp>
#include <gradus/autograd/node.hpp>
#include <gradus/autograd/value.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/call.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/module.hpp>

/// Modules on the tape: `Variable y = net(x)` for any Sequential, `Variable y = apply(module, x)` for any
/// module. Each is a single node whose backward is the module's.
namespace gradus {

namespace detail {

/// Returns whether backward adds to gradients of the module's parameters: false if the module is const or
/// frozen.
template <class M>
bool trains(M& module) {
  if constexpr (std::is_const_v<M>)
    return false;
  else
    return nn::has_trainable_parameters(module);
}

/// One pass of a module. `Held` is `M&` for a module that the node refers to and `M` for one that it owns.
template <class Scalar, class Held>
class ModuleNode final : public Node<Scalar> {
  using M = std::remove_reference_t<Held>;

 public:
  /// Runs the forward pass. `input` is the value of a parent, or memory that outlives the node.
  ModuleNode(Held&& module, TensorView<const Scalar> input, nn::PassOptions options)
      : Node<Scalar>(Value<Scalar>::uninitialized(module.output_shape(input.shape()))),
        module_(std::forward<Held>(module)),
        input_(input) {
    const bool training = options.training;
    if (auto* pool = nn::detail::context_pool(module_)) context_ = pool->take();
    context_.begin(std::move(options));
    module_.forward(input_, this->value.view(), context_);
    if constexpr (!std::is_const_v<M>) {
      if (training) nn::update(module_, context_);
    }
  }

  std::string name() const override { return nn::module_name(std::as_const(module_)); }
  using Node<Scalar>::backward;
  void backward(const Variable<Scalar>& dy, BackwardMode mode) override {
    if (recording) throw_second_order(name());
    const bool input_wanted = this->parent_count > 0 && this->few_parents[0]->pass.wanted;
    auto dx = input_wanted ? Value<Scalar>::uninitialized(input_.shape()) : Value<Scalar>(Scalar{});
    const TensorView<Scalar> written = input_wanted ? dx.view() : TensorView<Scalar>{};
    const TensorView<const Scalar> y = std::as_const(this->value).view();
    if (mode == BackwardMode::accumulate && trains(module_)) {
      if constexpr (!std::is_const_v<M>)
        nn::accumulate<Scalar>(module_, input_, y, dy.value(), written, context_);
    } else if (input_wanted) {
      module_.backward(input_, y, dy.value(), written, context_);
    }
    if (input_wanted) this->few_parents[0]->receive(Variable<Scalar>(std::move(dx)));
  }
  void forget() override {
    if (auto* pool = nn::detail::context_pool(module_)) pool->give_back(std::move(context_));
    context_ = {};
  }

 private:
  Held module_;
  TensorView<const Scalar> input_;
  nn::Context context_;
};

/// Returns the options of a pass for which the caller gives none: those of a network, or training mode for
/// other modules.
template <class M>
nn::PassOptions default_options(M& module) {
  if constexpr (requires {
                  { module.pass_options() } -> std::convertible_to<nn::PassOptions>;
                }) {
    return module.pass_options();
  } else {
    return {.training = true};
  }
}

/// The scalar type of a module's argument: a Variable, a tensor or a view.
template <class X>
struct InputScalar {};
template <class Scalar>
struct InputScalar<Variable<Scalar>> {
  using type = Scalar;
};
template <class Scalar>
struct InputScalar<Tensor<Scalar>> {
  using type = Scalar;
};
template <class Scalar>
struct InputScalar<TensorView<Scalar>> {
  using type = std::remove_const_t<Scalar>;
};
template <class X>
using input_scalar = typename InputScalar<std::remove_cvref_t<X>>::type;

template <class M, class Scalar>
inline constexpr bool is_lasting = std::is_lvalue_reference_v<M>&& nn::Module<std::remove_cvref_t<M>, Scalar>;

/// A module that a graph owns: a temporary, or one that must be converted to the input's scalar type. It has
/// no parameters, because they would be gone before an optimiser saw them.
template <class M, class Scalar>
concept OwnedModule = nn::ModuleFor<std::remove_cvref_t<M>, Scalar> && !is_lasting<M, Scalar> &&
                      !nn::detail::HasParameters<std::remove_cvref_t<M>>;

template <class Scalar, class Held>
Variable<Scalar> apply_module(Held&& module, const Variable<Scalar>& x, nn::PassOptions options) {
  const bool trained = trains(module);
  auto* node = new ModuleNode<Scalar, Held>(std::forward<Held>(module), x.value(), std::move(options));
  Variable<Scalar> y{NodeRef<Scalar>(node)};
  node->requires_grad = recording && (x.requires_grad() || trained);
  node->set_parents(x.node());
  return y;
}
template <class Scalar, class Held>
Variable<Scalar> apply_module(Held&& module, TensorView<const Scalar> x, nn::PassOptions options) {
  const bool trained = trains(module);
  auto* node = new ModuleNode<Scalar, Held>(std::forward<Held>(module), x, std::move(options));
  node->requires_grad = recording && trained;
  return Variable<Scalar>(NodeRef<Scalar>(node));
}

template <class Scalar, class Held, class X>
Variable<Scalar> apply_module_to(Held&& module, X&& x, nn::PassOptions options) {
  using Plain = std::remove_cvref_t<X>;
  if constexpr (std::is_same_v<Plain, Variable<Scalar>>) {
    return apply_module<Scalar, Held>(std::forward<Held>(module), std::as_const(x), std::move(options));
  } else if constexpr (std::is_same_v<Plain, Tensor<Scalar>> && !std::is_lvalue_reference_v<X>) {
    return apply_module<Scalar, Held>(std::forward<Held>(module), Variable<Scalar>(std::forward<X>(x)),
                                      std::move(options));
  } else {
    return apply_module<Scalar, Held>(std::forward<Held>(module), TensorView<const Scalar>(x),
                                      std::move(options));
  }
}

}  // namespace detail

/// Applies a module as one operation on the tape. Parameters of a const module are constants. Otherwise,
/// backward adds to their gradients, once for each use of the module in the graph, so an optimiser can update
/// them. The module must outlive the graph and must not move. Throws ShapeError.
///
/// x is a Variable; a tensor or view that needs no gradient and outlives the graph, such as a batch, which is
/// not copied; or a temporary tensor, which the graph keeps.
template <class M, class X>
requires nn::Module<std::remove_const_t<M>, detail::input_scalar<X>> Variable<detail::input_scalar<X>> apply(
    M& module, X&& x, nn::PassOptions options) {
  return detail::apply_module_to<detail::input_scalar<X>, M&>(module, std::forward<X>(x), std::move(options));
}
/// Applies a module with its default options.
template <class M, class X>
requires nn::Module<std::remove_const_t<M>, detail::input_scalar<X>> Variable<detail::input_scalar<X>> apply(
    M& module, X&& x) {
  return apply(module, std::forward<X>(x), detail::default_options(module));
}

/// Does the same for a temporary module, or one of another scalar type; the graph owns a converted copy.
/// `apply(nn::Tanh{}, x)` computes in the scalar type of x. The module must not have parameters.
template <class M, class X>
requires detail::OwnedModule<M, detail::input_scalar<X>> Variable<detail::input_scalar<X>> apply(
    M&& module, X&& x, nn::PassOptions options) {
  using Scalar = detail::input_scalar<X>;
  auto adapted = nn::adapt<Scalar>(std::remove_cvref_t<M>(std::forward<M>(module)));
  return detail::apply_module_to<Scalar, decltype(adapted)>(std::move(adapted), std::forward<X>(x),
                                                            std::move(options));
}
/// Does the same in training mode.
// No default argument, so that this is a better match than std::apply under `using namespace std`.
template <class M, class X>
requires detail::OwnedModule<M, detail::input_scalar<X>> Variable<detail::input_scalar<X>> apply(M&& module,
                                                                                                 X&& x) {
  return apply(std::forward<M>(module), std::forward<X>(x), {.training = true});
}

namespace detail {

/// Records the call `module(x)` on the tape: see nn/call.hpp.
template <class M, class X>
struct TapeCall {
  static auto run(M& module, X&& x) { return apply(module, std::forward<X>(x)); }
};

}  // namespace detail
}  // namespace gradus
