// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gradus/core/checked.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/simd/map.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/optim/check.hpp>
#include <gradus/optim/parameter_group.hpp>

namespace gradus::optim {

/// A tensor of the parameter's shape that a rule keeps between steps, such as a momentum.
struct State {
  /// The name in a checkpoint.
  const char* name;
  /// Whether these options need it.
  bool kept = true;
  /// The value that it starts with.
  double initial = 0;
};

/// Base of the element-wise optimisers: each weight is updated from its own gradient and state. The rule is a
/// struct of static functions:
///
/// - `Options`, which has a `double learning_rate`, and `const char* name`;
/// - `check(options)` throws ArgumentError on settings outside their domain;
/// - `state(options)` lists what is kept between steps as `std::array<State, n>`;
/// - `update<Scalar>(options, t, run)` computes the constants of step t = 1, 2, ... and calls `run(f)`, where
///   f is the rule for a few elements at once: an always-inline `f(P& w, P& g, P& s_1, ..., P& s_n)`, P being
///   a simd::Pack, which changes w and the states and may overwrite g. A state that is not kept is 0;
/// - if the rule has a momentum, `momentum(options)` returns a reference to it.
///
/// Parameters must outlive the optimiser. Copies of it move the same parameters, each with its own state.
template <class Scalar, class Rule>
class ElementwiseOptimizer {
 public:
  /// The type of the numbers.
  using scalar_type = Scalar;
  /// The options of the rule.
  using Options = typename Rule::Options;
  /// Parameters that share options.
  using Group = ParameterGroup<Scalar, Options>;

  /// Moves every parameter by its gradient and sets the gradient to zero, in one sweep; allocates nothing.
  /// Threads that share it, `sgd.step(*pool)`, come to the same result bit for bit. Throws ShapeError, before
  /// anything has moved, if a parameter was given another shape, and ArgumentError if the step count
  /// overflows.
  void step(Parallel parallel = {});

  /// Forgets the gradients, as step does by itself.
  void zero_grad() {
    for (Members& group : groups_) {
      for (Member& member : group.members) member.parameter->zero_grad();
    }
  }

  /// More parameters, with settings and a step count of their own. Throws ArgumentError on settings outside
  /// their domain and on a parameter that is here already; then nothing has changed.
  void add_group(std::vector<nn::NamedParameter<Scalar>> parameters, const Options& options);

  /// The number of groups.
  Index group_count() const { return static_cast<Index>(groups_.size()); }

  /// The settings of a group. Throws IndexError.
  const Options& options(Index group = 0) const { return groups_[checked(group)].options; }
  /// Throws ArgumentError on settings outside their domain, and on those that need state which this optimiser
  /// was not built with, such as a momentum where there was none.
  void set_options(Index group, const Options& options);

  /// The learning rate of a group. Throws IndexError.
  double learning_rate(Index group = 0) const { return options(group).learning_rate; }
  /// Sets the learning rate of every group. Throws ArgumentError if it is negative or not finite.
  void set_learning_rate(double rate) {
    for (Index group = 0; group < group_count(); ++group) set_learning_rate(group, rate);
  }
  /// Sets the learning rate of a group. Throws ArgumentError unless it is finite and not negative.
  void set_learning_rate(Index group, double rate) {
    Options changed = options(group);
    changed.learning_rate = rate;
    set_options(group, changed);
  }

  /// Sets the momentum of every group, for Adam its beta1. Throws ArgumentError outside its domain, or if
  /// there was no momentum before.
  void set_momentum(double momentum) requires requires(Options& options) { Rule::momentum(options); }
  {
    for (Index group = 0; group < group_count(); ++group) {
      Options changed = options(group);
      Rule::momentum(changed) = momentum;
      set_options(group, changed);
    }
  }

  /// How many steps a group has made, fewer than the first group if it was added later; to be set when
  /// training is resumed. Throws IndexError.
  Index step_count(Index group = 0) const { return groups_[checked(group)].step_count; }
  /// Sets the count of every group. Throws ArgumentError unless it is in [0, max_step_count].
  void set_step_count(Index count) {
    check_step_count(Rule::name, count);
    for (Members& group : groups_) group.step_count = count;
  }
  /// Sets the count of one group. Throws ArgumentError unless it is in [0, max_step_count], and IndexError.
  void set_step_count(Index group, Index count) {
    check_step_count(Rule::name, count);
    groups_[checked(group)].step_count = count;
  }

  /// Whether a parameter is one of those that it moves.
  bool holds(const nn::Parameter<Scalar>* parameter) const {
    return std::ranges::any_of(groups_, [&](const Members& group) { return has(group, parameter); });
  }

  /// Calls `f(name, tensor)` for each tensor kept between steps. Names are `0.momentum_buffer`: the number of
  /// the parameter in the order given, over all groups, and PyTorch's name.
  template <class F>
  void visit_state(F&& f) {
    visit_states(*this, f);
  }
  /// Calls f(name, tensor) for each tensor of the state.
  template <class F>
  void visit_state(F&& f) const {
    visit_states(*this, f);
  }

 protected:
  /// Takes the parameters, which must outlive the optimiser.
  explicit ElementwiseOptimizer(std::vector<Group> groups);
  /// Takes the parameters, which must outlive the optimiser.
  ElementwiseOptimizer(std::vector<nn::NamedParameter<Scalar>> parameters, const Options& options)
      : ElementwiseOptimizer(std::vector<Group>{{std::move(parameters), options}}) {}

 private:
  using States = decltype(Rule::state(std::declval<const Options&>()));
  static constexpr std::size_t state_count = std::tuple_size_v<States>;
  using Chunk = typename TensorView<Scalar>::ArrayMap;

  struct Member {
    nn::NamedParameter<Scalar> parameter;
    std::array<Tensor<Scalar>, state_count> state;
  };
  struct Members {
    Options options;
    States states;
    std::vector<Member> members;
    Index step_count = 0;
  };

  template <class Self, class F>
  static void visit_states(Self& self, F& f) {
    Index number = 0;
    for (auto& group : self.groups_) {
      for (auto& member : group.members) {
        for (std::size_t i = 0; i < state_count; ++i) {
          if (group.states[i].kept) f(std::to_string(number) + "." + group.states[i].name, member.state[i]);
        }
        ++number;
      }
    }
  }

  template <class Update>
  static void sweep(Member& member, const Update& update, Parallel parallel) {
    nn::Parameter<Scalar>& parameter = *member.parameter;
    parameter.gradient.take(
        [&](Index first, Chunk g) {
          const auto from_first = [&](Tensor<Scalar>& tensor) {
            return tensor.empty() ? nullptr : tensor.data() + first;
          };
          const Scalar* const gradient = g.data();
          std::apply(
              [&](auto&... state) {
                simd::update(update, g.size(), parameter.value.data() + first, gradient,
                             from_first(state)...);
              },
              member.state);
        },
        parallel);
  }

  void check_shapes() const {
    for (const Members& group : groups_) {
      for (const Member& member : group.members) {
        const auto& [name, parameter] = member.parameter;
        const Shape& wanted = parameter->value.shape();
        if (!(parameter->gradient.shape() == wanted))
          throw_shape("gradient", name, parameter->gradient.shape(), wanted);
        for (std::size_t i = 0; i < state_count; ++i) {
          if (group.states[i].kept && !(member.state[i].shape() == wanted)) {
            throw_shape(group.states[i].name, name, member.state[i].shape(), wanted);
          }
        }
      }
    }
  }

  static bool has(const Members& group, const nn::Parameter<Scalar>* parameter) {
    return std::ranges::any_of(group.members,
                               [&](const Member& member) { return member.parameter.parameter == parameter; });
  }

  std::size_t checked(Index group) const {
    if (group < 0 || group >= group_count()) {
      throw IndexError(std::string(Rule::name) + ": group " + std::to_string(group) +
                       ", expected one in [0, " + std::to_string(group_count()) + ")");
    }
    return to_size(group);
  }

  [[noreturn]] static void throw_error(const std::string& what) {
    throw ArgumentError(std::string(Rule::name) + ": " + what);
  }
  [[noreturn]] static void throw_shape(const char* what, const std::string& name, const Shape& got,
                                       const Shape& wanted) {
    throw ShapeError(std::string(Rule::name) + ": " + what + " of parameter '" + name + "' has shape " +
                     got.to_string() + ", expected " + wanted.to_string());
  }

  std::vector<Members> groups_;
};

// Not in the class, where they would be inline: gradus/compiled.hpp keeps them out of a translation unit.

template <class Scalar, class Rule>
void ElementwiseOptimizer<Scalar, Rule>::step(Parallel parallel) {
  check_shapes();
  for (const Members& group : groups_)
    static_cast<void>(gradus::detail::checked_add(Rule::name, group.step_count, 1));
  for (Members& group : groups_) {
    Rule::template update<Scalar>(group.options, ++group.step_count, [&](const auto& update) {
      for (Member& member : group.members) sweep(member, update, parallel);
    });
  }
}

template <class Scalar, class Rule>
void ElementwiseOptimizer<Scalar, Rule>::add_group(std::vector<nn::NamedParameter<Scalar>> parameters,
                                                   const Options& options) {
  Rule::check(options);
  Members group{options, Rule::state(options), {}, 0};
  for (auto& parameter : parameters) {
    if (parameter.parameter == nullptr || holds(parameter.parameter) || has(group, parameter.parameter)) {
      throw_error(parameter.parameter ? "parameter '" + parameter.name + "' is given twice"
                                      : "parameter '" + parameter.name + "' is null");
    }
    group.members.push_back(Member{std::move(parameter), {}});
    Member& member = group.members.back();
    for (std::size_t i = 0; i < state_count; ++i) {
      if (!group.states[i].kept) continue;
      member.state[i] =
          Tensor<Scalar>::full(member.parameter->value.shape(), static_cast<Scalar>(group.states[i].initial));
    }
  }
  groups_.push_back(std::move(group));
}

template <class Scalar, class Rule>
void ElementwiseOptimizer<Scalar, Rule>::set_options(Index group, const Options& options) {
  Rule::check(options);
  Members& members = groups_[checked(group)];
  const States wanted = Rule::state(options);
  for (std::size_t i = 0; i < state_count; ++i) {
    if (wanted[i].kept && !members.states[i].kept) {
      throw_error(std::string("was built without ") + wanted[i].name);
    }
  }
  members.options = options;
}

template <class Scalar, class Rule>
ElementwiseOptimizer<Scalar, Rule>::ElementwiseOptimizer(std::vector<Group> groups) {
  for (Group& group : groups) add_group(std::move(group.parameters), group.options);
  if (std::ranges::all_of(groups_, [](const Members& group) { return group.members.empty(); })) {
    throw_error("got no parameters, expected one or more");
  }
}

}  // namespace gradus::optim
