// SPDX-License-Identifier: MIT

/// Section 1, activation functions: ReLU, sigmoid and tanh, with their derivatives from the backward pass.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/nn.hpp>

#include "support/experiment.hpp"
#include "support/figure.hpp"
#include "support/program.hpp"

namespace nn = gradus::nn;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;

struct Function {
  std::string name;
  nn::AnyModule<double> module;
};

struct Curve {
  Tensor<double> x, y, slope;
};

/// Returns the function and its derivative, which is what backward writes if the output gradient is 1.
Curve evaluate(const nn::AnyModule<double>& module) {
  Tensor<double> x(Shape{66});
  for (Index i = 0; i < 66; ++i) x(i) = static_cast<double>(i < 33 ? i - 32 : i - 33) / 4;
  x(33) = 1e-9;  // -8, -7.75, ..., 0, just above 0, 0.25, ..., 8: the derivative of ReLU jumps there
  Curve curve{x, x, x};
  const auto ones = Tensor<double>::ones(x.shape());
  nn::Context context;
  module.forward(curve.x, curve.y, context);
  module.backward(curve.x, curve.y, ones, curve.slope, context);
  return curve;
}

std::vector<double> numbers(const Tensor<double>& tensor) { return {tensor.begin(), tensor.end()}; }

void experiment(const support::ExperimentOptions& options) {
  support::check_outputs(options);
  const std::array functions{Function{"ReLU", nn::ReLU{}}, Function{"sigmoid", nn::Sigmoid{}},
                             Function{"tanh", nn::Tanh{}}};
  support::Table table("function,x,y,derivative");
  std::vector<support::Panel> panels;
  std::vector<double> steepest, at_the_end;
  for (const Function& function : functions) {
    const Curve curve = evaluate(function.module);
    for (Index i = 0; i < curve.x.size(); ++i) {
      table.add(function.name, curve.x(i), curve.y(i), curve.slope(i));
    }
    panels.push_back({.title = function.name,
                      .x_label = "x",
                      .lines = {{function.name, numbers(curve.x), numbers(curve.y)},
                                {"derivative", numbers(curve.x), numbers(curve.slope)}}});
    steepest.push_back(std::ranges::max(curve.slope));
    at_the_end.push_back(curve.slope(curve.slope.size() - 1));
    std::printf("%-8s derivative at most %s, and %s at x = 8\n", function.name.c_str(),
                support::brief(steepest.back()).c_str(), support::brief(at_the_end.back()).c_str());
  }
  table.write(options.csv);
  if (!options.plot.empty()) support::draw_figure(options.plot, panels);

  const bool bounded = steepest[1] <= 0.25 && steepest[2] <= 1;
  const bool saturate = at_the_end[1] < 1e-3 && at_the_end[2] < 1e-3;
  const bool relu_passes = std::abs(at_the_end[0] - 1) < 1e-12;
  support::conclude("sigmoid and tanh saturate, ReLU does not", bounded && saturate && relu_passes,
                    "derivative at x = 8: ReLU " + support::brief(at_the_end[0]) + ", sigmoid " +
                        support::brief(at_the_end[1]) + ", tanh " + support::brief(at_the_end[2]));
}

int main(int argc, char** argv) {
  CLI::App app("Draws the activation functions and their derivatives.");
  support::ExperimentOptions options;
  support::add_output_options(app, options);
  return support::run(app, argc, argv, [&] { experiment(options); });
}
