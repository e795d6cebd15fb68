// SPDX-License-Identifier: MIT

/// A user-defined module: a plain struct with a forward and a hand-written backward function. It needs no
/// registration. It works in a Sequential together with the library's modules, and is trained and checked
/// like them.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/autograd/gradient_check.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim.hpp>

#include "support/program.hpp"

using namespace gradus;

/// Maxout with two pieces (Goodfellow et al., 2013): the maximum of each pair, `[N, 2 K] -> [N, K]`.
template <class Scalar = float>
struct Maxout {
  using In = TensorView<const Scalar>;

  Shape output_shape(const Shape& x) const {
    if (x.rank() != 2 || x[1] % 2 != 0)
      throw ShapeError("Maxout: input has shape " + x.to_string() + ", expected [N, 2 K]");
    return {x[0], x[1] / 2};
  }
  // y_k = max(x_2k, x_2k+1)
  void forward(In x, TensorView<Scalar> y, nn::Context&) const {
    for (Index k = 0; k < y.size(); ++k) y.data()[k] = std::max(x.data()[2 * k], x.data()[2 * k + 1]);
  }
  // dL/dx_i = dL/dy_k for the larger of the two, else 0
  void backward(In x, In, In dy, TensorView<Scalar> dx, nn::Context&) const {
    for (Index k = 0; k < dy.size(); ++k) {
      const bool first = x.data()[2 * k] >= x.data()[2 * k + 1];
      dx.data()[2 * k] = first ? dy.data()[k] : 0;
      dx.data()[2 * k + 1] = first ? 0 : dy.data()[k];
    }
  }
};

/// Returns two interleaved spirals in the plane, one per class.
std::pair<Tensor<float>, std::vector<Index>> spirals(Index points, Generator& random) {
  Tensor<float> x(Shape{points, 2});
  std::vector<Index> labels;
  for (Index i = 0; i < points; ++i) {
    const float turn = i % 2 == 0 ? 0 : std::numbers::pi_v<float>;
    const float t = random.uniform(0.5, 4);
    x(i, 0) = t / 4 * std::cos(1.7f * t + turn) + random.normal(0, 0.02);
    x(i, 1) = t / 4 * std::sin(1.7f * t + turn) + random.normal(0, 0.02);
    labels.push_back(i % 2);
  }
  return {std::move(x), std::move(labels)};
}

void check_and_train() {
  Generator random(0);
  const GradientCheck check = gradient_check(Maxout<double>{}, Tensor<double>::randn({5, 6}, random));
  std::printf("backward pass of Maxout against finite differences: %s\n\n", check.to_string().c_str());
  if (!check) throw Error("the backward pass of Maxout is wrong");

  nn::Sequential net{nn::Linear{2, 32, random}, Maxout{}, nn::Linear{16, 32, random}, Maxout{},
                     nn::Linear{16, 2, random}};
  std::printf("%s\n", summary(net, {2}).c_str());

  const auto [x, labels] = spirals(400, random);
  const nn::SoftmaxCrossEntropy loss;
  Tensor<float> gradient(Shape{400, 2});
  optim::Adam adam{net.named_parameters(), {.learning_rate = 0.01}};
  for (int step = 0; step <= 200; ++step) {
    const auto result = loss(net.forward(x), labels, gradient);
    net.backward(gradient);
    adam.step();
    if (step % 50 == 0) {
      const double accuracy = static_cast<double>(result.correct) / static_cast<double>(result.count);
      std::printf("step %3d, loss %s, accuracy %s\n", step, format_loss(result.loss).c_str(),
                  format_fixed(accuracy, 3).c_str());
    }
  }
}

int main(int argc, char** argv) {
  CLI::App app(
      "Checks a user-defined module, Maxout, against finite differences and trains it on two spirals.");
  return support::run(app, argc, argv, check_and_train);
}
