// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/sqrt.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/optim/check.hpp>
#include <gradus/optim/elementwise_optimizer.hpp>
#include <gradus/optim/parameter_group.hpp>

namespace gradus::optim {

/// Options for Adam; the defaults are PyTorch's.
struct AdamOptions {
  /// The step size.
  double learning_rate = 1e-3;
  double beta1 = 0.9;    ///< fraction of the mean gradient kept per step
  double beta2 = 0.999;  ///< fraction of the mean squared gradient kept per step
  /// Added to the denominator.
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient; see also AdamW
  bool amsgrad = false;     ///< whether to divide by the largest mean squared gradient so far
};

namespace detail {

template <class Options>
void check_adam(const char* name, const Options& options) {
  check_not_negative(name, "learning_rate", options.learning_rate);
  check_fraction(name, "beta1", options.beta1);
  check_fraction(name, "beta2", options.beta2);
  check_not_negative(name, "epsilon", options.epsilon);
  check_not_negative(name, "weight_decay", options.weight_decay);
}

template <class Options>
std::array<State, 3> adam_state(const Options& options) {
  return {State{"exp_avg"}, State{"exp_avg_sq"}, State{"max_exp_avg_sq", options.amsgrad}};
}

// The step shared by Adam and AdamW:
// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
// w -= rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
template <class Scalar>
struct AdamStep {
  Scalar beta1, rest1, beta2, rest2, rate, scale, epsilon;
  bool amsgrad;

  template <class Options>
  AdamStep(const Options& options, Index t)
      : beta1(static_cast<Scalar>(options.beta1)),
        rest1(static_cast<Scalar>(1 - options.beta1)),
        beta2(static_cast<Scalar>(options.beta2)),
        rest2(static_cast<Scalar>(1 - options.beta2)),
        rate(static_cast<Scalar>(options.learning_rate /
                                 (1 - std::pow(options.beta1, static_cast<double>(t))))),
        scale(static_cast<Scalar>(1 / std::sqrt(1 - std::pow(options.beta2, static_cast<double>(t))))),
        epsilon(static_cast<Scalar>(options.epsilon)),
        amsgrad(options.amsgrad) {}

  template <class P>
  [[gnu::always_inline]] void operator()(P& w, const P& g, P& m, P& v, P& v_max) const {
    m = beta1 * m + rest1 * g;
    v = beta2 * v + rest2 * g * g;  // PyTorch's order of operations, in which g^2 may overflow
    v_max = amsgrad ? max(v_max, v) : v;
    w -= rate * m / (scale * sqrt(v_max) + epsilon);
  }
};

struct AdamRule {
  using Options = AdamOptions;
  static constexpr const char* name = "Adam";

  template <class F>
  static void visit_options(Options& options, const F& f) {
    f("learning_rate", options.learning_rate);
    f("beta1", options.beta1);
    f("beta2", options.beta2);
    f("epsilon", options.epsilon);
    f("weight_decay", options.weight_decay);
    f("amsgrad", options.amsgrad);
  }
  static void check(const Options& options) { check_adam(name, options); }
  static std::array<State, 3> state(const Options& options) { return adam_state(options); }
  static double& momentum(Options& options) { return options.beta1; }

  // g += decay w, then Adam's step
  template <class Scalar, class Run>
  static void update(const Options& options, Index t, const Run& run) {
    run(Step<Scalar>(options, t));
  }

 private:
  template <class Scalar>
  struct Step {
    Scalar decay;
    AdamStep<Scalar> adam;

    Step(const Options& options, Index t)
        : decay(static_cast<Scalar>(options.weight_decay)), adam(options, t) {}

    template <class P>
    [[gnu::always_inline]] void operator()(P& w, P& g, P& m, P& v, P& v_max) const {
      if (decay > 0) g += decay * w;
      adam(w, g, m, v, v_max);
    }
  };
};

}  // namespace detail

/// Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980), optionally with AMSGrad
/// (https://arxiv.org/abs/1904.09237), as defined by PyTorch.
///
///     Adam adam{net.named_parameters(), {.learning_rate = 1e-3}};
template <class Scalar = float>
class Adam : public ElementwiseOptimizer<Scalar, detail::AdamRule> {
  using Base = ElementwiseOptimizer<Scalar, detail::AdamRule>;

 public:
  /// Throws ArgumentError if an option is out of range, there are no parameters, or one occurs twice.
  explicit Adam(std::vector<nn::NamedParameter<Scalar>> parameters, const AdamOptions& options = {})
      : Base(std::move(parameters), options) {}
  /// Takes groups of parameters, each with its own options.
  explicit Adam(std::vector<ParameterGroup<Scalar, AdamOptions>> groups) : Base(std::move(groups)) {}
};

}  // namespace gradus::optim
