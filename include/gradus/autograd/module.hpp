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
  void backward(const Variable<Scalar>& dy, Goal goal) override {
    if (recording) fail_second_order(name());
    const bool input_wanted = this->parent_count > 0 && this->few_parents[0]->wanted;
    auto dx = input_wanted ? Value<Scalar>::uninitialized(input_.shape()) : Value<Scalar>(Scalar{});
    const TensorView<Scalar> written = input_wanted ? dx.view() : TensorView<Scalar>{};
    const TensorView<const Scalar> y = std::as_const(this->value).view();
    if (goal == Goal::accumulate && trains(module_)) {
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

}  // namespace detail

/// The output of a module, as one operation on the tape. Its parameters are constants if it is const; if not,
/// backward adds to their gradients, once for each time that the module stands in the graph, and an optimiser
/// may step on them. The module must outlive the graph and stay where it is. Throws ShapeError.
template <class Scalar, class M>
requires nn::Module<std::remove_const_t<M>, Scalar> Variable<Scalar> apply(M& module,
                                                                           const Variable<Scalar>& x,
                                                                           nn::Pass pass) {
  auto* node = new detail::ModuleNode<Scalar, M>(module, std::as_const(x).value(), pass);
  Variable<Scalar> y{detail::NodeRef<Scalar>(node)};
  node->requires_grad = detail::recording && (x.requires_grad() || detail::trains(module));
  node->set_parents(x.node());
  return y;
}
template <class Scalar, class M>
requires nn::Module<std::remove_const_t<M>, Scalar> Variable<Scalar> apply(M& module,
                                                                           const Variable<Scalar>& x) {
  return apply(module, x, detail::default_pass(module));
}

/// The same for an input that needs no gradient and outlives the graph, such as a batch: nothing is copied.
template <class Scalar, class M>
requires nn::Module<std::remove_const_t<M>, Scalar> Variable<Scalar> apply(M& module,
                                                                           TensorView<const Scalar> x,
                                                                           nn::Pass pass) {
  auto* node = new detail::ModuleNode<Scalar, M>(module, x, pass);
  node->requires_grad = detail::recording && detail::trains(module);
  return Variable<Scalar>(detail::NodeRef<Scalar>(node));
}
template <class Scalar, class M>
requires nn::Module<std::remove_const_t<M>, Scalar> Variable<Scalar> apply(M& module,
                                                                           TensorView<const Scalar> x) {
  return apply(module, x, detail::default_pass(module));
}

template <class Scalar, class M>
requires nn::Module<std::remove_const_t<M>, Scalar> Variable<Scalar> apply(M& module,
                                                                           const Tensor<Scalar>& x) {
  return apply(module, x.view());
}
/// A temporary is kept by the graph.
template <class Scalar, class M>
requires nn::Module<std::remove_const_t<M>, Scalar> Variable<Scalar> apply(M& module, Tensor<Scalar>&& x) {
  return apply(module, Variable<Scalar>(std::move(x)));
}

}  // namespace gradus
