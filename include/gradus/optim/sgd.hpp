// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/optim/check.hpp>
#include <gradus/optim/elementwise_optimizer.hpp>
#include <gradus/optim/parameter_group.hpp>

namespace gradus::optim {

/// Options for SGD.
struct SGDOptions {
  /// The step size.
  double learning_rate = 0.1;
  /// The fraction of the velocity kept per step; 0 for no velocity.
  double momentum = 0;
  /// The fraction of the gradient that is not added to the velocity.
  double dampening = 0;
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient: the penalty weight_decay / 2 * |w|^2
  /// Whether to use Nesterov's momentum, which looks one step ahead.
  bool nesterov = false;
};

namespace detail {

struct SGDRule {
  using Options = SGDOptions;
  static constexpr const char* name = "SGD";

  template <class F>
  static void visit_options(Options& options, const F& f) {
    f("learning_rate", options.learning_rate);
    f("momentum", options.momentum);
    f("dampening", options.dampening);
    f("weight_decay", options.weight_decay);
    f("nesterov", options.nesterov);
  }
  static void check(const Options& options) {
    check_not_negative(name, "learning_rate", options.learning_rate);
    check_not_negative(name, "momentum", options.momentum);
    check_not_negative(name, "weight_decay", options.weight_decay);
    check_finite(name, "dampening", options.dampening);
    if (options.nesterov && !(options.momentum > 0))
      throw ArgumentError("SGD: momentum is 0, expected a number > 0 with nesterov");
    if (options.nesterov && (options.dampening < 0 || options.dampening > 0)) {
      throw ArgumentError("SGD: dampening is " + format_shortest(options.dampening) +
                          ", expected 0 with nesterov");
    }
  }
  static std::array<State, 1> state(const Options& options) {
    return {State{"momentum_buffer", options.momentum > 0}};
  }
  static double& momentum(Options& options) { return options.momentum; }

  // g += decay w;  b = momentum b + (1 - dampening) g, in the first step b = g;
  // w -= rate b, with Nesterov w -= rate (g + momentum b)
  template <class Scalar, class Run>
  static void update(const Options& options, Index t, const Run& run) {
    const auto rate = static_cast<Scalar>(options.learning_rate);
    const auto decay = static_cast<Scalar>(options.weight_decay);
    if (options.momentum > 0) {
      run(WithMomentum<Scalar>{rate, decay, static_cast<Scalar>(options.momentum),
                               static_cast<Scalar>(1 - options.dampening), t == 1, options.nesterov});
    } else {
      run(Plain<Scalar>{rate, decay});
    }
  }

 private:
  // Two functions, because plain SGD does so little per pack that a branch would be noticeable.
  template <class Scalar>
  struct Plain {
    Scalar rate, decay;

    template <class P>
    [[gnu::always_inline]] void operator()(P& w, P& g, const P&) const {
      if (decay > 0) g += decay * w;
      w -= rate * g;
    }
  };

  template <class Scalar>
  struct WithMomentum {
    Scalar rate, decay, momentum, undamped;
    bool is_first, nesterov;

    template <class P>
    [[gnu::always_inline]] void operator()(P& w, P& g, P& b) const {
      if (decay > 0) g += decay * w;
      b = is_first ? g : momentum * b + undamped * g;
      w -= rate * (nesterov ? g + momentum * b : b);
    }
  };
};

}  // namespace detail

/// Stochastic gradient descent with momentum, Nesterov's momentum and weight decay, as defined by PyTorch.
///
///     SGD sgd{net.named_parameters(), {.learning_rate = 0.1, .momentum = 0.9}};
///
/// Options per group, here without weight decay for biases:
///
///     auto [weights, biases] = split_parameters(net.named_parameters(), has_rank_above_one);
///     SGD sgd{weights, {.learning_rate = 0.1, .weight_decay = 1e-4}};
///     sgd.add_group(biases, {.learning_rate = 0.1});
template <class Scalar = float>
class SGD : public ElementwiseOptimizer<Scalar, detail::SGDRule> {
  using Base = ElementwiseOptimizer<Scalar, detail::SGDRule>;

 public:
  /// Throws ArgumentError if an option is out of range, there are no parameters, or one occurs twice.
  explicit SGD(std::vector<nn::NamedParameter<Scalar>> parameters, const SGDOptions& options = {})
      : Base(std::move(parameters), options) {}
  /// Takes groups of parameters, each with its own options.
  explicit SGD(std::vector<ParameterGroup<Scalar, SGDOptions>> groups) : Base(std::move(groups)) {}
};

}  // namespace gradus::optim
