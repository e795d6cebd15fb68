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
  /// The name in checkpoints.
  const char* name;
  /// Whether the options require it.
  bool kept = true;
  /// The initial value.
  double initial = 0;
};

/// Base of the element-wise optimisers: each weight is updated from its own gradient and state. The rule is a
/// struct of static functions:
///
/// - `Options`, which has a `double learning_rate`, and `const char* name`;
/// - `check(options)` throws ArgumentError if an option is out of range;
/// - `state(options)` returns the state kept between steps as a `std::array<State, n>`;
/// - `update<Scalar>(options, t, run)` computes the constants of step t = 1, 2, ... and calls `run(f)`, where
///   f applies the rule to a few elements at once: an always-inline `f(P& w, P& g, P& s_1, ..., P& s_n)`,
///   with P a simd::Pack, that updates w and the states and may overwrite g. A state that is not kept is 0;
/// - if the rule has a momentum, `momentum(options)` returns a reference to it;
/// - if checkpoints should keep options besides the learning rate, `visit_options(options, f)` calls
///   `f("momentum", options.momentum)` for each option, including the learning rate.
///
/// The parameters must outlive the optimiser. Its copies update the same parameters, each with its own state.
template <class Scalar, class Rule>
class ElementwiseOptimizer {
 public:
  /// The scalar type.
  using scalar_type = Scalar;
  /// The options of the rule.
  using Options = typename Rule::Options;
  /// Parameters that share options.
  using Group = ParameterGroup<Scalar, Options>;

  /// Updates every parameter from its gradient and zeroes the gradient, in one sweep, without allocating.
  /// Leaves frozen parameters and their state unchanged. With threads, `sgd.step(*pool)`, the result is
  /// bitwise identical. Throws ShapeError if a parameter's shape has changed, or ArgumentError if a step
  /// count overflows, before any update.
  void step(Parallel parallel = {});

  /// Sets all gradients to zero, as `step` also does.
  void zero_grad() {
    for (Members& group : groups_) {
      for (Member& member : group.members) member.parameter->zero_grad();
    }
  }

  /// Adds parameters with their own options. Throws ArgumentError, and changes nothing, if an option is out
  /// of range or a parameter is null or already in a group.
  void add_group(std::vector<nn::NamedParameter<Scalar>> parameters, const Options& options);

  /// Returns the number of groups.
  Index group_count() const { return static_cast<Index>(groups_.size()); }

  /// Returns the options of a group. Throws IndexError.
  const Options& options(Index group = 0) const { return groups_[checked(group)].options; }
  /// Sets the options of a group. Throws IndexError, or ArgumentError if an option is out of range or needs
  /// state that the optimiser was constructed without, such as a momentum.
  void set_options(Index group, const Options& options);

  /// Returns the learning rate of a group. Throws IndexError.
  double learning_rate(Index group = 0) const { return options(group).learning_rate; }
  /// Sets the learning rate of every group. Throws ArgumentError if it is negative or not finite.
  void set_learning_rate(double rate) {
    for (Index group = 0; group < group_count(); ++group) set_learning_rate(group, rate);
  }
  /// Sets the learning rate of a group. Throws IndexError, or ArgumentError if it is negative or not finite.
  void set_learning_rate(Index group, double rate) {
    Options changed = options(group);
    changed.learning_rate = rate;
    set_options(group, changed);
  }

  /// Sets the momentum of every group, which is beta1 for Adam. Throws ArgumentError if it is out of range,
  /// or if the optimiser was constructed without a momentum.
  void set_momentum(double momentum) requires requires(Options& options) { Rule::momentum(options); }
  {
    for (Index group = 0; group < group_count(); ++group) {
      Options changed = options(group);
      Rule::momentum(changed) = momentum;
      set_options(group, changed);
    }
  }

  /// Returns the number of steps since a group was added. A parameter that was frozen during some of them has
  /// a lower count of its own, from which it continues when it is unfrozen. Throws IndexError.
  Index step_count(Index group = 0) const { return groups_[checked(group)].steps; }
  /// Sets the step count of every group and all its parameters. Throws ArgumentError unless the count is in
  /// [0, max_step_count].
  void set_step_count(Index count) {
    for (Index group = 0; group < group_count(); ++group) set_step_count(group, count);
  }
  /// Sets the step count of a group. Throws IndexError, or ArgumentError outside [0, max_step_count].
  void set_step_count(Index group, Index count) {
    check_step_count(Rule::name, count);
    Members& members = groups_[checked(group)];
    members.steps = count;
    for (Member& member : members.members) member.steps = count;
  }

  /// Calls `f(named_parameter)` for each parameter in the order given, over all groups.
  template <class F>
  void visit_parameters(F&& f) const {
    for (const Members& group : groups_) {
      for (const Member& member : group.members) f(member.parameter);
    }
  }

  /// Calls `f(name, tensor)` for each tensor kept between steps. A name such as `0.momentum_buffer` consists
  /// of the parameter's number, counted over all groups, and PyTorch's name.
  template <class F>
  void visit_state(F&& f) {
    visit_states(*this, f);
  }
  /// Calls f(name, tensor) for each tensor of the state.
  template <class F>
  void visit_state(F&& f) const {
    visit_states(*this, f);
  }

  /// Saves or loads options, step counts and the state of the parameters: see train/archive.hpp. Throws
  /// ArgumentError if the options do not match the state.
  template <class Archive>
  void serialize(Archive& archive);

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
    Index steps = 0;
  };
  struct Members {
    Options options;
    States states;
    std::vector<Member> members;
    Index steps = 0;
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
    if (!parameter.requires_grad) {
      parameter.zero_grad();
      return;
    }
    ++member.steps;
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

  void check_step() const {
    for (const Members& group : groups_) {
      static_cast<void>(gradus::detail::checked_add(Rule::name, group.steps, 1));
      for (const Member& member : group.members) {
        const auto& [name, parameter] = member.parameter;
        if (!parameter->requires_grad) continue;
        const Shape& wanted = parameter->value.shape();
        if (parameter->gradient.shape() != wanted)
          throw_shape("gradient", name, parameter->gradient.shape(), wanted);
        for (std::size_t i = 0; i < state_count; ++i) {
          if (group.states[i].kept && member.state[i].shape() != wanted) {
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
  bool holds(const nn::Parameter<Scalar>* parameter) const {
    return std::ranges::any_of(groups_, [&](const Members& group) { return has(group, parameter); });
  }

  std::size_t checked(Index group) const {
    if (group < 0 || group >= group_count()) {
      throw IndexError(std::string(Rule::name) + ": group is " + std::to_string(group) +
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

// Defined outside the class so that they are not inline: gradus/compiled.hpp declares them `extern`.

template <class Scalar, class Rule>
void ElementwiseOptimizer<Scalar, Rule>::step(Parallel parallel) {
  check_step();
  for (Members& group : groups_) {
    ++group.steps;
    // Parameters that were frozen for a while have a lower step count and need other constants.
    for (auto first = group.members.begin(); first != group.members.end();) {
      const auto last =
          std::find_if(first, group.members.end(),
                       [steps = first->steps](const Member& member) { return member.steps != steps; });
      Rule::template update<Scalar>(group.options, first->steps + 1, [&](const auto& update) {
        for (auto member = first; member != last; ++member) sweep(*member, update, parallel);
      });
      first = last;
    }
  }
}

template <class Scalar, class Rule>
void ElementwiseOptimizer<Scalar, Rule>::add_group(std::vector<nn::NamedParameter<Scalar>> parameters,
                                                   const Options& options) {
  Rule::check(options);
  Members group{options, Rule::state(options), {}};
  for (auto& parameter : parameters) {
    if (parameter.parameter == nullptr || holds(parameter.parameter) || has(group, parameter.parameter)) {
      throw_error(parameter.parameter
                      ? "parameter '" + parameter.name + "' appears twice, expected each parameter once"
                      : "parameter '" + parameter.name + "' is null, expected a parameter");
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
      throw_error(std::string("options need ") + wanted[i].name +
                  ", expected options for the state that the optimiser was constructed with");
    }
  }
  members.options = options;
}

template <class Scalar, class Rule>
template <class Archive>
void ElementwiseOptimizer<Scalar, Rule>::serialize(Archive& archive) {
  archive.expect("name", Rule::name);
  archive.expect("groups", std::to_string(groups_.size()));
  Index number = 0;
  for (Index i = 0; i < group_count(); ++i) {
    Members& group = groups_[to_size(i)];
    const auto scope = archive.scope("group." + std::to_string(i));
    archive.expect("parameters", std::to_string(group.members.size()));
    Options loaded = group.options;
    if constexpr (requires { Rule::visit_options(loaded, [](const char*, auto&) {}); })
      Rule::visit_options(loaded, [&](const char* name, auto& value) { archive(name, value); });
    else
      archive("learning_rate", loaded.learning_rate);
    set_options(i, loaded);
    archive("step_count", group.steps);
    check_step_count(Rule::name, group.steps);
  }
  for (Members& group : groups_) {
    for (Member& member : group.members) {
      const auto scope = archive.scope(std::to_string(number++));
      archive("step", member.steps);
      check_step_count(Rule::name, member.steps);
      for (std::size_t i = 0; i < state_count; ++i) {
        if (group.states[i].kept) archive(group.states[i].name, member.state[i]);
      }
    }
  }
}

template <class Scalar, class Rule>
ElementwiseOptimizer<Scalar, Rule>::ElementwiseOptimizer(std::vector<Group> groups) {
  for (Group& group : groups) add_group(std::move(group.parameters), group.options);
  if (std::ranges::all_of(groups_, [](const Members& group) { return group.members.empty(); })) {
    throw_error("got 0 parameters, expected at least 1");
  }
}

}  // namespace gradus::optim
