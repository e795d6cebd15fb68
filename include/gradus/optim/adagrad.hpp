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

/// Options for Adagrad; the defaults are PyTorch's.
struct AdagradOptions {
  /// The step size.
  double learning_rate = 1e-2;
  double learning_rate_decay = 0;  ///< step t uses learning_rate / (1 + (t - 1) learning_rate_decay)
  double weight_decay = 0;         ///< adds weight_decay * w to the gradient
  /// The initial sum of squared gradients.
  double initial_accumulator_value = 0;
  /// Added to the denominator.
  double epsilon = 1e-10;
};

namespace detail {

struct AdagradRule {
  using Options = AdagradOptions;
  static constexpr const char* name = "Adagrad";

  template <class F>
  static void visit_options(Options& options, const F& f) {
    f("learning_rate", options.learning_rate);
    f("learning_rate_decay", options.learning_rate_decay);
    f("weight_decay", options.weight_decay);
    f("initial_accumulator_value", options.initial_accumulator_value);
    f("epsilon", options.epsilon);
  }
  static void check(const Options& options) {
    check_not_negative(name, "learning_rate", options.learning_rate);
    check_not_negative(name, "learning_rate_decay", options.learning_rate_decay);
    check_not_negative(name, "weight_decay", options.weight_decay);
    check_not_negative(name, "initial_accumulator_value", options.initial_accumulator_value);
    check_not_negative(name, "epsilon", options.epsilon);
  }
  static std::array<State, 1> state(const Options& options) {
    return {State{"sum", true, options.initial_accumulator_value}};
  }

  // g += decay w;  s += g^2;  w -= rate_t g / (sqrt(s) + epsilon)
  template <class Scalar, class Run>
  static void update(const Options& options, Index t, const Run& run) {
    run(Step<Scalar>(options, t));
  }

 private:
  template <class Scalar>
  struct Step {
    Scalar rate, decay, epsilon;

    Step(const Options& options, Index t)
        : rate(static_cast<Scalar>(options.learning_rate /
                                   std::fma(static_cast<double>(t - 1), options.learning_rate_decay, 1.0))),
          decay(static_cast<Scalar>(options.weight_decay)),
          epsilon(static_cast<Scalar>(options.epsilon)) {}

    template <class P>
    [[gnu::always_inline]] void operator()(P& w, P& g, P& s) const {
      if (decay > 0) g += decay * w;
      s += g * g;
      w -= rate * g / (sqrt(s) + epsilon);
    }
  };
};

}  // namespace detail

/// Adagrad (Duchi, Hazan and Singer 2011, https://jmlr.org/papers/v12/duchi11a.html), as defined by PyTorch.
template <class Scalar = float>
class Adagrad : public ElementwiseOptimizer<Scalar, detail::AdagradRule> {
  using Base = ElementwiseOptimizer<Scalar, detail::AdagradRule>;

 public:
  /// Throws ArgumentError if an option is out of range, there are no parameters, or one occurs twice.
  explicit Adagrad(std::vector<nn::NamedParameter<Scalar>> parameters, const AdagradOptions& options = {})
      : Base(std::move(parameters), options) {}
  /// Takes groups of parameters, each with its own options.
  explicit Adagrad(std::vector<ParameterGroup<Scalar, AdagradOptions>> groups) : Base(std::move(groups)) {}
};

}  // namespace gradus::optim
