// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <utility>
#include <vector>

#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/sqrt.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/optim/check.hpp>
#include <gradus/optim/elementwise_optimizer.hpp>
#include <gradus/optim/parameter_group.hpp>

namespace gradus::optim {

/// Options for RMSprop; the defaults are PyTorch's.
struct RMSpropOptions {
  /// The step size.
  double learning_rate = 1e-2;
  double alpha = 0.99;  ///< fraction of the mean squared gradient kept per step
  /// Added to the denominator.
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient
  /// The fraction of the velocity kept per step; 0 for no velocity.
  double momentum = 0;
  bool centered = false;  ///< whether to divide by an estimate of the gradient's standard deviation
};

namespace detail {

struct RMSpropRule {
  using Options = RMSpropOptions;
  static constexpr const char* name = "RMSprop";

  template <class F>
  static void visit_options(Options& options, const F& f) {
    f("learning_rate", options.learning_rate);
    f("alpha", options.alpha);
    f("epsilon", options.epsilon);
    f("weight_decay", options.weight_decay);
    f("momentum", options.momentum);
    f("centered", options.centered);
  }
  static void check(const Options& options) {
    check_not_negative(name, "learning_rate", options.learning_rate);
    check_not_negative(name, "epsilon", options.epsilon);
    check_not_negative(name, "weight_decay", options.weight_decay);
    check_not_negative(name, "momentum", options.momentum);
    check_fraction(name, "alpha", options.alpha);
  }
  static std::array<State, 3> state(const Options& options) {
    return {State{"square_avg"}, State{"grad_avg", options.centered},
            State{"momentum_buffer", options.momentum > 0}};
  }
  static double& momentum(Options& options) { return options.momentum; }

  // g += decay w;  v = alpha v + (1 - alpha) g^2;  m = alpha m + (1 - alpha) g
  // g /= sqrt(v) + epsilon, centered g /= sqrt(v - m^2) + epsilon
  // w -= rate g, with momentum b = momentum b + g;  w -= rate b
  template <class Scalar, class Run>
  static void update(const Options& options, Index t, const Run& run) {
    run(Step<Scalar>(options, t));
  }

 private:
  template <class Scalar>
  struct Step {
    Scalar rate, decay, alpha, rest, epsilon, momentum;
    bool centered;

    Step(const Options& options, Index)
        : rate(static_cast<Scalar>(options.learning_rate)),
          decay(static_cast<Scalar>(options.weight_decay)),
          alpha(static_cast<Scalar>(options.alpha)),
          rest(static_cast<Scalar>(1 - options.alpha)),
          epsilon(static_cast<Scalar>(options.epsilon)),
          momentum(static_cast<Scalar>(options.momentum)),
          centered(options.centered) {}

    template <class P>
    [[gnu::always_inline]] void operator()(P& w, P& g, P& v, P& m, P& b) const {
      if (decay > 0) g += decay * w;
      v = alpha * v + rest * g * g;  // PyTorch's order of operations, in which g^2 may overflow
      P variance = v;
      if (centered) {
        m = alpha * m + rest * g;
        variance -= m * m;
      }
      g /= sqrt(variance) + epsilon;
      if (momentum > 0) {
        b = momentum * b + g;
        w -= rate * b;
      } else {
        w -= rate * g;
      }
    }
  };
};

}  // namespace detail

/// RMSprop (Hinton's lecture 6e, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf),
/// with momentum and centring (Graves 2013, https://arxiv.org/abs/1308.0850), as defined by PyTorch.
template <class Scalar = float>
class RMSprop : public ElementwiseOptimizer<Scalar, detail::RMSpropRule> {
  using Base = ElementwiseOptimizer<Scalar, detail::RMSpropRule>;

 public:
  /// Throws ArgumentError if an option is out of range, there are no parameters, or one occurs twice.
  explicit RMSprop(std::vector<nn::NamedParameter<Scalar>> parameters, const RMSpropOptions& options = {})
      : Base(std::move(parameters), options) {}
  /// Takes groups of parameters, each with its own options.
  explicit RMSprop(std::vector<ParameterGroup<Scalar, RMSpropOptions>> groups) : Base(std::move(groups)) {}
};

}  // namespace gradus::optim
