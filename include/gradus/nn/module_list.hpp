// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/any_module.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/nesting.hpp>
#include <gradus/nn/parameter.hpp>

namespace gradus::nn {

namespace detail {

/// Calls `f(path, parameter)` for every parameter of the children: `1.weight` is child 1's `weight`.
template <class Children, class F>
void visit_children(Children& children, F& f) {
  for (std::size_t i = 0; i < children.size(); ++i) {
    const std::string path = std::to_string(i) + ".";
    children[i].visit(
        [&](std::string_view name, auto& parameter) { f(path + std::string(name), parameter); });
  }
}
/// Calls `f(path, tensor)` for every buffer of the children.
template <class Children, class F>
void visit_child_buffers(Children& children, F& f) {
  for (std::size_t i = 0; i < children.size(); ++i) {
    const std::string path = std::to_string(i) + ".";
    children[i].visit_buffers(
        [&](std::string_view name, auto& tensor) { f(path + std::string(name), tensor); });
  }
}

}  // namespace detail

/// The children of a network: modules as values, in order, with the parameters and buffers of all of them.
/// Base of Sequential, which says what they compute. Sequences nest up to max_nesting deep.
template <class Scalar>
class ModuleList {
 public:
  /// Returns the number of children.
  Index size() const { return static_cast<Index>(children_.size()); }
  /// Child number i. Throws IndexError.
  AnyModule<Scalar>& operator[](Index i) & { return children_[checked(i)]; }
  /// Returns child i of a const network. Throws IndexError.
  const AnyModule<Scalar>& operator[](Index i) const& { return children_[checked(i)]; }
  /// Of a temporary network, the child itself.
  AnyModule<Scalar> operator[](Index i) && { return std::move(children_[checked(i)]); }

  /// All parameters in order, with PyTorch's names: `1.weight`, `1.bias`; `3.0.weight` in a nested sequence.
  std::vector<NamedParameter<Scalar>> named_parameters() &;
  void named_parameters() && = delete;  // they would point into a network that is gone
  /// State that is not trained, such as running means.
  std::vector<NamedBuffer<Scalar>> named_buffers() & {
    std::vector<NamedBuffer<Scalar>> all;
    visit_buffers([&](std::string_view name, Tensor<Scalar>& tensor) {
      all.push_back({std::string(name), &tensor});
    });
    return all;
  }
  void named_buffers() && = delete;
  /// Sets all gradients to zero.
  void zero_grad() {
    visit([](std::string_view, Parameter<Scalar>& parameter) { parameter.zero_grad(); });
  }
  /// Draws all parameters anew, module by module, as PyTorch does when it builds the network.
  void reset_parameters(Generator& random) {
    for (AnyModule<Scalar>& child : children_) child.reset_parameters(random);
  }

  /// Calls f(name, parameter) for each parameter.
  template <class F>
  void visit(F&& f) {
    detail::visit_children(children_, f);
  }
  /// Calls f(name, parameter) for each parameter.
  template <class F>
  void visit(F&& f) const {
    detail::visit_children(children_, f);
  }
  /// Calls f(name, tensor) for each buffer.
  template <class F>
  void visit_buffers(F&& f) {
    detail::visit_child_buffers(children_, f);
  }
  /// Calls f(name, tensor) for each buffer.
  template <class F>
  void visit_buffers(F&& f) const {
    detail::visit_child_buffers(children_, f);
  }
  /// Returns whether there is a parameter to train.
  bool has_parameters() const {
    return std::ranges::any_of(children_, [](const auto& child) { return child.has_parameters(); });
  }
  /// Returns whether there is a parameter that is not frozen.
  bool has_trainable_parameters() {
    return std::ranges::any_of(children_, [](auto& child) { return child.has_trainable_parameters(); });
  }
  /// Returns 1 plus the largest depth of the children.
  Index depth() const {
    Index deepest = 0;
    for (const AnyModule<Scalar>& child : children_) deepest = std::max(deepest, child.depth());
    return deepest + 1;
  }

 protected:
  /// Throws ArgumentError if modules would be nested more than max_nesting deep.
  void append(AnyModule<Scalar> child);

  /// Throws IndexError unless there is a child i.
  void check(Index i) const { static_cast<void>(checked(i)); }

  /// The modules.
  std::vector<AnyModule<Scalar>> children_;

 private:
  std::size_t checked(Index i) const {
    if (i < 0 || i >= size()) {
      throw IndexError("Sequential: child " + std::to_string(i) + ", expected one in [0, " +
                       std::to_string(size()) + ")");
    }
    return to_size(i);
  }
};

// Not in the class, where they would be inline: gradus/compiled.hpp keeps them out of a translation unit.

template <class Scalar>
std::vector<NamedParameter<Scalar>> ModuleList<Scalar>::named_parameters() & {
  std::vector<NamedParameter<Scalar>> all;
  visit([&](std::string_view name, Parameter<Scalar>& parameter) {
    all.push_back({std::string(name), &parameter});
  });
  return all;
}

template <class Scalar>
void ModuleList<Scalar>::append(AnyModule<Scalar> child) {
  if (child.depth() >= max_nesting) detail::throw_nesting();
  children_.push_back(std::move(child));
}

}  // namespace gradus::nn
