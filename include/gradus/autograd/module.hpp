#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include <gradus/autograd/function.hpp>
#include <gradus/autograd/variable.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/module.hpp>

/// Modules on the tape: `Variable y = net(x)` for any Sequential, `Variable y = apply(module, x)` for any
/// module. One node each, whose backward is the module's own.
namespace gradus {

namespace detail {

/// True for a module whose parameters a pass adds gradients to: not for a const one.
template <class M>
bool trains(M& module) {
  return !std::is_const_v<M> && nn::has_parameters(module);
}

template <class Scalar, class M>
class ModuleNode final : public Node<Scalar> {
 public:
  /// The input is a parent, or memory that lives as long.
  ModuleNode(M& module, TensorView<const Scalar> input, nn::Pass pass)
      : Node<Scalar>(Value<Scalar>::uninitialized(module.output_shape(input.shape()))),
        module_(module),
        input_(input) {
    if constexpr (lends_contexts) context_ = module_.take_context();
    context_.pass() = pass;
    module_.forward(input_, this->value.view(), context_);
    if constexpr (!std::is_const_v<M>) {
      if (pass.training) nn::update(module_, context_);
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
    if constexpr (lends_contexts) module_.give_back(std::move(context_));
    context_ = {};
  }

 private:
  static constexpr bool lends_contexts = requires(M & module, nn::Context context) {
    context = module.take_context();
    module.give_back(std::move(context));
  };

  M& module_;
  TensorView<const Scalar> input_;
  nn::Context context_;
};

/// What a pass through a module is made with unless the caller says otherwise: a network knows, others train.
template <class M>
nn::Pass default_pass(M& module) {
  if constexpr (requires {
                  { module.pass() } -> std::convertible_to<nn::Pass>;
                }) {
    return module.pass();
  } else {
    return {.training = true};
  }
}

/// The scalar of what a module is applied to: a Variable, a tensor or a view of one.
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

template <class Scalar, class M>
Variable<Scalar> apply_module(M& module, const Variable<Scalar>& x, nn::Pass pass) {
  auto* node = new ModuleNode<Scalar, M>(module, x.value(), pass);
  Variable<Scalar> y{NodeRef<Scalar>(node)};
  node->requires_grad = recording && (x.requires_grad() || trains(module));
  node->set_parents(x.node());
  return y;
}
template <class Scalar, class M>
Variable<Scalar> apply_module(M& module, TensorView<const Scalar> x, nn::Pass pass) {
  auto* node = new ModuleNode<Scalar, M>(module, x, pass);
  node->requires_grad = recording && trains(module);
  return Variable<Scalar>(NodeRef<Scalar>(node));
}

}  // namespace detail

/// The output of a module, as one operation on the tape. Its parameters are constants if it is const; if not,
/// backward adds to their gradients, once for each time that the module stands in the graph, and an optimiser
/// may step on them. The module must outlive the graph and stay where it is. Throws ShapeError.
///
/// x is a Variable; or a tensor or view that needs no gradient and outlives the graph, such as a batch, which
/// is not copied; or a temporary tensor, which the graph keeps.
template <class M, class X>
requires nn::Module<std::remove_const_t<M>, detail::input_scalar<X>> Variable<detail::input_scalar<X>> apply(
    M& module, X&& x, nn::Pass pass) {
  using Scalar = detail::input_scalar<X>;
  using Plain = std::remove_cvref_t<X>;
  if constexpr (std::is_same_v<Plain, Variable<Scalar>>) {
    return detail::apply_module<Scalar>(module, std::as_const(x), pass);
  } else if constexpr (std::is_same_v<Plain, Tensor<Scalar>> && !std::is_lvalue_reference_v<X>) {
    return detail::apply_module<Scalar>(module, Variable<Scalar>(std::forward<X>(x)), pass);
  } else {
    return detail::apply_module<Scalar>(module, TensorView<const Scalar>(x), pass);
  }
}
template <class M, class X>
requires nn::Module<std::remove_const_t<M>, detail::input_scalar<X>> Variable<detail::input_scalar<X>> apply(
    M& module, X&& x) {
  return apply(module, std::forward<X>(x), detail::default_pass(module));
}

}  // namespace gradus
