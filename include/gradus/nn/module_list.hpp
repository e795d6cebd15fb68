// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/any_module.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/nesting.hpp>
#include <gradus/nn/parameter.hpp>

namespace gradus::nn {

namespace detail {

[[noreturn]] inline void throw_child_name(const std::string& name) {
  throw ArgumentError("Sequential: child name " + in_quotes(name) +
                      ", expected one in UTF-8 without a dot that no other child has");
}

}  // namespace detail

/// A module and its name as a child of a network: `{"fc1", Linear{784, 256}}`.
template <class Scalar>
struct NamedModule {
  /// The name, as in PyTorch's `add_module`.
  std::string name;
  /// The module, cast to the network's scalar type.
  AnyModule<Scalar> module;

  /// Takes the name and the module.
  template <ModuleFor<Scalar> M>
  NamedModule(std::string child_name, M child) : name(std::move(child_name)), module(std::move(child)) {}
};

/// An ordered list of modules, stored by value, and access to their parameters and buffers. Base of
/// Sequential, which defines what they compute. Sequences can be nested up to max_nesting deep.
template <class Scalar>
class ModuleList {
 public:
  /// Returns the number of children.
  Index size() const { return static_cast<Index>(children_.size()); }
  /// Returns child i. Throws IndexError.
  AnyModule<Scalar>& operator[](Index i) & { return children_[checked(i)]; }
  /// Returns child i of a const network. Throws IndexError.
  const AnyModule<Scalar>& operator[](Index i) const& { return children_[checked(i)]; }
  /// Returns the child with this name, or with this number if it has no name: `net["fc1"]`. Throws
  /// IndexError.
  AnyModule<Scalar>& operator[](std::string_view name) & { return children_[found(name)]; }
  /// Returns the child with this name. Throws IndexError.
  const AnyModule<Scalar>& operator[](std::string_view name) const& { return children_[found(name)]; }
  /// Moves the child out of a temporary network.
  AnyModule<Scalar> operator[](std::string_view name) && { return std::move(children_[found(name)]); }
  /// Returns the name of child i: the one it was given, or its number. Throws IndexError.
  std::string child_name(Index i) const {
    const std::string& name = names_[checked(i)];
    return name.empty() ? std::to_string(i) : name;
  }
  /// Moves the child out of a temporary network.
  AnyModule<Scalar> operator[](Index i) && { return std::move(children_[checked(i)]); }

  /// Returns all parameters in order, with PyTorch's names: `1.weight`, `1.bias`; `3.0.weight` in a nested
  /// sequence, `fc1.weight` in a child with a name.
  std::vector<NamedParameter<Scalar>> named_parameters() &;
  void named_parameters() && = delete;  // they would point into a destroyed network
  /// Returns the state that is not trained, such as running means.
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
  /// Reinitialises the modules in order, as PyTorch does when it builds the network.
  void reset_parameters(Generator& random) {
    for (AnyModule<Scalar>& child : children_) child.reset_parameters(random);
  }

  /// Calls f(name, parameter) for each parameter.
  template <class F>
  void visit(F&& f) {
    visit_children(*this, [&f](auto& child, const auto& named) {
      child.visit([&](std::string_view name, auto& parameter) { f(named(name), parameter); });
    });
  }
  /// Calls f(name, parameter) for each parameter.
  template <class F>
  void visit(F&& f) const {
    visit_children(*this, [&f](auto& child, const auto& named) {
      child.visit([&](std::string_view name, auto& parameter) { f(named(name), parameter); });
    });
  }
  /// Calls f(name, tensor) for each buffer.
  template <class F>
  void visit_buffers(F&& f) {
    visit_children(*this, [&f](auto& child, const auto& named) {
      child.visit_buffers([&](std::string_view name, auto& tensor) { f(named(name), tensor); });
    });
  }
  /// Calls f(name, tensor) for each buffer.
  template <class F>
  void visit_buffers(F&& f) const {
    visit_children(*this, [&f](auto& child, const auto& named) {
      child.visit_buffers([&](std::string_view name, auto& tensor) { f(named(name), tensor); });
    });
  }
  /// Calls f(name, count) for each counter.
  template <class F>
  void visit_counters(F&& f) {
    visit_children(*this, [&f](auto& child, const auto& named) {
      child.visit_counters([&](std::string_view name, auto& count) { f(named(name), count); });
    });
  }
  /// Calls f(name, count) for each counter.
  template <class F>
  void visit_counters(F&& f) const {
    visit_children(*this, [&f](auto& child, const auto& named) {
      child.visit_counters([&](std::string_view name, auto& count) { f(named(name), count); });
    });
  }
  /// Returns whether any module has parameters, frozen or not.
  bool has_parameters() const {
    return std::ranges::any_of(children_, [](const auto& child) { return child.has_parameters(); });
  }
  /// Returns whether any parameter is not frozen.
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
  /// Appends a child, which is numbered if the name is empty. Throws ArgumentError if the nesting would
  /// exceed max_nesting, or if the name is not UTF-8, has a dot or is taken.
  void append(AnyModule<Scalar> child, std::string name = {});

  /// Throws IndexError unless there is a child i.
  void check(Index i) const { static_cast<void>(checked(i)); }

  /// The modules.
  std::vector<AnyModule<Scalar>> children_;

 private:
  /// Calls f(child, named) for each child, where named(name) prepends the child's path to a name.
  template <class Self, class F>
  static void visit_children(Self& self, const F& f) {
    for (Index i = 0; i < self.size(); ++i) {
      const std::string path = self.child_name(i) + ".";
      f(self.children_[to_size(i)], [&](std::string_view name) { return path + std::string(name); });
    }
  }
  /// Returns the number of the child with this name, or -1.
  Index find(std::string_view name) const;
  std::size_t found(std::string_view name) const {
    const Index i = find(name);
    if (i < 0) throw IndexError("Sequential: no child is named " + in_quotes(name));
    return to_size(i);
  }
  std::size_t checked(Index i) const {
    if (i < 0 || i >= size()) {
      throw IndexError("Sequential: child " + std::to_string(i) + ", expected one in [0, " +
                       std::to_string(size()) + ")");
    }
    return to_size(i);
  }

  std::vector<std::string> names_;  ///< one per child, empty if it is numbered
  bool any_named_ = false;
};

// Defined outside the class so that they are not inline: gradus/compiled.hpp declares them `extern`.

template <class Scalar>
std::vector<NamedParameter<Scalar>> ModuleList<Scalar>::named_parameters() & {
  std::vector<NamedParameter<Scalar>> all;
  visit([&](std::string_view name, Parameter<Scalar>& parameter) {
    all.push_back({std::string(name), &parameter});
  });
  return all;
}

template <class Scalar>
Index ModuleList<Scalar>::find(std::string_view name) const {
  const auto named = std::ranges::find(names_, name);
  if (named != names_.end() && !name.empty()) return named - names_.begin();
  Index i = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), i);
  const bool numbered = error == std::errc{} && i >= 0 && i < size() && names_[to_size(i)].empty();
  return numbered && std::to_string(i) == name ? i : -1;
}

template <class Scalar>
void ModuleList<Scalar>::append(AnyModule<Scalar> child, std::string name) {
  if (child.depth() >= max_nesting) detail::throw_nesting();
  const std::string number = std::to_string(size());
  if (name == number) name.clear();
  const std::string& full = name.empty() ? number : name;
  const bool may_be_taken = any_named_ || !name.empty();
  if (!is_utf8(full) || full.find('.') != full.npos || (may_be_taken && find(full) >= 0))
    detail::throw_child_name(full);
  any_named_ = may_be_taken;
  names_.push_back(std::move(name));
  try {
    children_.push_back(std::move(child));
  } catch (...) {
    names_.pop_back();
    throw;
  }
}

}  // namespace gradus::nn
