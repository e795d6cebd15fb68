// SPDX-License-Identifier: MIT

// The code of CONTRIBUTING.md, which the test docs.contributing compares with this file line by line.

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/gradus.hpp>

namespace gradus::ops {

namespace detail {

struct SquaredRelu {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    const P positive = max(0, x);
    return positive * positive;
  }
};
struct SquaredReluBackward {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& dy) const {
    return select(x <= 0, 0, 2 * x * dy);
  }
};

}  // namespace detail

/// y = max(0, x)^2, element by element: any shape. Throws ShapeError if the shapes differ.
template <class Scalar>
void squared_relu(Input<Scalar> x, TensorView<Scalar> y) {
  check_shape("squared_relu", "output", y.shape(), x.shape());
  detail::map(detail::SquaredRelu{}, y, x);
}

/// dL/dx = 2 max(0, x) dL/dy. Throws ShapeError if the shapes differ.
template <class Scalar>
void squared_relu_backward(Input<Scalar> x, Input<Scalar> dy, TensorView<Scalar> dx) {
  detail::check_gradients("squared_relu_backward", x.shape(), dy.shape(), dx.shape());
  detail::map(detail::SquaredReluBackward{}, dx, x, dy);
}

}  // namespace gradus::ops

namespace gradus::nn {

/// max(0, x)^2 (So et al., 2021): any shape.
template <class Scalar = float>
struct SquaredReLU {
  /// Returns the shape of the input.
  Shape output_shape(const Shape& x) const { return x; }

  /// y = max(0, x)^2
  void forward(TensorView<const Scalar> x, TensorView<Scalar> y, Context&) const {
    ops::squared_relu<Scalar>(x, y);
  }

  /// dL/dx = 2 max(0, x) dL/dy
  void backward(TensorView<const Scalar> x, TensorView<const Scalar>, TensorView<const Scalar> dy,
                TensorView<Scalar> dx, Context&) const {
    ops::squared_relu_backward<Scalar>(x, dy, dx);
  }

  /// Returns the same module for another scalar.
  template <class Other>
  SquaredReLU<Other> cast() const {
    return {};
  }
};

}  // namespace gradus::nn

namespace gradus::optim {

/// Settings of ScaledSGD.
struct ScaledSGDOptions {
  double learning_rate = 1e-3;  ///< the largest change of a weight in one step
  double decay = 0.999;         ///< factor per step for the largest gradient so far
};

namespace detail {

struct ScaledSgdRule {
  using Options = ScaledSGDOptions;
  static constexpr const char* name = "ScaledSGD";

  static void check(const Options& options) {
    check_not_negative(name, "learning_rate", options.learning_rate);
    check_not_negative(name, "decay", options.decay);
  }
  static std::array<State, 1> state(const Options&) { return {State{"largest"}}; }

  // s = max(decay s, |g|);  w -= rate g / s, or 0 where s is 0
  template <class Scalar, class Run>
  static void update(const Options& options, Index, const Run& run) {
    run(Step<Scalar>{static_cast<Scalar>(options.learning_rate), static_cast<Scalar>(options.decay)});
  }

 private:
  template <class Scalar>
  struct Step {
    Scalar rate, decay;

    template <class P>
    [[gnu::always_inline]] void operator()(P& w, P& g, P& s) const {
      s = max(decay * s, abs(g));
      w -= select(s <= 0, 0, rate * g / s);
    }
  };
};

}  // namespace detail

/// Divides each gradient by the largest recent one of the same weight.
template <class Scalar = float>
class ScaledSGD : public ElementwiseOptimizer<Scalar, detail::ScaledSgdRule> {
  using Base = ElementwiseOptimizer<Scalar, detail::ScaledSgdRule>;

 public:
  /// Throws ArgumentError on settings outside their domain, no parameters, or a parameter given twice.
  explicit ScaledSGD(std::vector<nn::NamedParameter<Scalar>> parameters, const ScaledSGDOptions& options = {})
      : Base(std::move(parameters), options) {}
};

}  // namespace gradus::optim

namespace gradus {

namespace detail {

template <class Scalar>
struct SquaredReluFunction {
  Tensor<Scalar> forward(TensorView<const Scalar> x) const {
    Tensor<Scalar> y = Tensor<Scalar>::uninitialized(x.shape());
    ops::squared_relu<Scalar>(x, y);
    return y;
  }
  // dL/dx = 2 max(0, x) dL/dy, out of operators, so that it can be differentiated again
  Variable<Scalar> backward(const Variable<Scalar>& dy, const Variable<Scalar>&,
                            const Variable<Scalar>& x) const {
    return dy * relu(x) * Scalar{2};
  }
};

}  // namespace detail

/// max(0, x)^2 of each element.
template <class Scalar>
Variable<Scalar> squared_relu(const Variable<Scalar>& x) {
  return apply_function(detail::SquaredReluFunction<Scalar>{}, x);
}

}  // namespace gradus

namespace {

using gradus::Generator;
using gradus::Tensor;
using gradus::Variable;

TEST_CASE("CONTRIBUTING: the op and the module have the right gradient") {
  Generator random(0);
  const auto x = Tensor<double>::randn({5, 7}, random);
  CHECK(gradus::gradient_check(gradus::nn::SquaredReLU<double>{}, x));
  const gradus::nn::Sequential net{gradus::nn::SquaredReLU{}};
  CHECK(net.predict(Tensor<float>{{-2, 0, 3}}) == Tensor<float>{{0, 0, 9}});
}

TEST_CASE("CONTRIBUTING: the tape function has the right first and second derivative") {
  Generator random(1);
  const auto f = [](const Variable<double>& x) { return gradus::squared_relu(x); };
  const auto x = Tensor<double>::randn({3, 4}, random);
  CHECK(gradus::gradient_check(f, x));
  CHECK(gradus::gradient_check(f, x, {.order = 2}));
}

TEST_CASE("CONTRIBUTING: the first step of the rule has the length of the learning rate") {
  gradus::nn::Parameter<double> weight(Tensor<double>{1, 1, 1});
  gradus::optim::ScaledSGD<double> rule{{{"weight", &weight}}, {.learning_rate = 0.25}};
  weight.grad() = Tensor<double>{0, 1e-3, -1e3};
  rule.step();
  CHECK(weight.value == Tensor<double>{1, 0.75, 1.25});
}

}  // namespace
