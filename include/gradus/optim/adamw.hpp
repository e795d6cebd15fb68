// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <gradus/core/simd/operators.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/optim/elementwise_optimizer.hpp>
#include <gradus/optim/parameter_group.hpp>

namespace gradus::optim {

/// Options for AdamW; the defaults are PyTorch's.
struct AdamWOptions {
  /// The step size.
  double learning_rate = 1e-3;
  double beta1 = 0.9;    ///< fraction of the mean gradient kept per step
  double beta2 = 0.999;  ///< fraction of the mean squared gradient kept per step
  /// Added to the denominator.
  double epsilon = 1e-8;
  double weight_decay = 1e-2;  ///< multiplies w by 1 - learning_rate * weight_decay in each step
  bool amsgrad = false;        ///< whether to divide by the largest mean squared gradient so far
};

namespace detail {

struct AdamWRule {
  using Options = AdamWOptions;
  static constexpr const char* name = "AdamW";

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

  // w *= 1 - rate decay, then Adam's step
  template <class Scalar, class Run>
  static void update(const Options& options, Index t, const Run& run) {
    run(Step<Scalar>(options, t));
  }

 private:
  template <class Scalar>
  struct Step {
    Scalar shrink;
    AdamStep<Scalar> adam;

    Step(const Options& options, Index t)
        : shrink(static_cast<Scalar>(std::fma(-options.learning_rate, options.weight_decay, 1.0))),
          adam(options, t) {}

    template <class P>
    [[gnu::always_inline]] void operator()(P& w, const P& g, P& m, P& v, P& v_max) const {
      w *= shrink;
      adam(w, g, m, v, v_max);
    }
  };
};

}  // namespace detail

/// Adam with weight decay decoupled from the gradient (Loshchilov and Hutter 2019,
/// https://arxiv.org/abs/1711.05101), as defined by PyTorch.
template <class Scalar = float>
class AdamW : public ElementwiseOptimizer<Scalar, detail::AdamWRule> {
  using Base = ElementwiseOptimizer<Scalar, detail::AdamWRule>;

 public:
  /// Throws ArgumentError if an option is out of range, there are no parameters, or one occurs twice.
  explicit AdamW(std::vector<nn::NamedParameter<Scalar>> parameters, const AdamWOptions& options = {})
      : Base(std::move(parameters), options) {}
  /// Takes groups of parameters, each with its own options.
  explicit AdamW(std::vector<ParameterGroup<Scalar, AdamWOptions>> groups) : Base(std::move(groups)) {}
};

}  // namespace gradus::optim
