// SPDX-License-Identifier: MIT

/// Forward and backward propagation step by step (the chapter's section 6): a network with one hidden layer
/// and an L2 penalty, with every gradient computed by hand and by the tape.
///
///     z = W1 x      h = tanh(z)      o = W2 h
///     L = |o - y|^2 / 2      s = lambda / 2 (|W1|^2 + |W2|^2)      J = L + s

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/autograd.hpp>
#include <gradus/core/atomic_file.hpp>
#include <gradus/core/random.hpp>

#include "support/program.hpp"

using namespace gradus;

struct Options {
  double lambda = 0.1;
  std::uint64_t seed = 0;
  std::string dot;
};

std::string numbers(TensorView<const double> tensor) {
  std::string text;
  for (const double x : tensor) text += (x < 0 ? " " : "  ") + format_fixed(x, 6);
  return text;
}

/// Prints both gradients row by row and returns their largest difference.
double compare(const char* name, const Tensor<double>& by_hand, const Variable<double>& by_tape) {
  const double difference = (by_hand.array() - by_tape.value().array()).abs().maxCoeff();
  std::printf("\n%s %s, largest difference %s\n", name, by_hand.shape().to_string().c_str(),
              format_scientific(difference, 1).c_str());
  for (Index row = 0; row < by_hand.shape()[0]; ++row) {
    std::printf("  by hand%s\n  tape   %s\n", numbers(by_hand[row]).c_str(),
                numbers(by_tape.value()[row]).c_str());
  }
  return difference;
}

/// The chapter's graph: inputs, parameters and every intermediate value up to the objective.
struct Graph {
  Variable<double> x, y, w1, w2, z, h, o, loss, s, objective;
};

/// Forward propagation: each line is one step of the chapter's graph.
Graph forward(double lambda, Generator& random) {
  const auto uniform = [&](Index rows, Index columns) {
    return Tensor<double>::uniform({rows, columns}, random, -1, 1);
  };
  const Variable<double> x(uniform(4, 1)), y(uniform(2, 1));
  const Variable<double> w1(uniform(3, 4), requires_grad), w2(uniform(2, 3), requires_grad);

  const Variable z = matmul(w1, x);
  const Variable h = tanh(z);
  const Variable o = matmul(w2, h);
  const Variable loss = 0.5 * sum(pow(o - y, 2));
  const Variable s = 0.5 * lambda * (sum(pow(w1, 2)) + sum(pow(w2, 2)));
  const Variable objective = loss + s;
  return {x, y, w1, w2, z, h, o, loss, s, objective};
}

/// The gradients of the objective J.
struct HandGradients {
  Tensor<double> dO, dW2, dH, dZ, dW1;
};

/// Backward propagation by hand: the chain rule from J back to the parameters.
HandGradients backward_by_hand(const Graph& graph, double lambda) {
  const auto& [x, y, w1, w2, z, h, o, loss, s, objective] = graph;
  const auto X = x.value().matrix(), W1 = w1.value().matrix(), W2 = w2.value().matrix();
  const auto H = h.value().matrix();
  const Tensor<double> dO = o.value().matrix() - y.value().matrix();
  const Tensor<double> dW2 = dO.matrix() * H.transpose() + lambda * W2;
  const Tensor<double> dH = W2.transpose() * dO.matrix();
  const Tensor<double> dZ = (dH.matrix().array() * (1 - H.array().square())).matrix();
  const Tensor<double> dW1 = dZ.matrix() * X.transpose() + lambda * W1;
  return {dO, dW2, dH, dZ, dW1};
}

/// Prints every gradient by hand next to the tape's and returns the largest difference.
double compare_all(const Graph& graph, const HandGradients& by_hand) {
  const auto& [x, y, w1, w2, z, h, o, loss, s, objective] = graph;
  // One backward pass by the tape. Gradients of intermediate values may be requested too.
  const auto tape = grad(objective, {loss, s, o, w2, h, z, w1}, {.retain_graph = true});

  const Tensor<double> one = Tensor<double>::ones({1});
  const auto scalar = [](const Variable<double>& v) { return reshape(v, {1}); };
  double worst = 0;
  worst = std::max(worst, compare("dJ/dL = 1", one, scalar(tape[0])));
  worst = std::max(worst, compare("dJ/ds = 1", one, scalar(tape[1])));
  worst = std::max(worst, compare("dJ/do = o - y", by_hand.dO, tape[2]));
  worst = std::max(worst, compare("dJ/dW2 = dJ/do h^T + lambda W2", by_hand.dW2, tape[3]));
  worst = std::max(worst, compare("dJ/dh = W2^T dJ/do", by_hand.dH, tape[4]));
  worst = std::max(worst, compare("dJ/dz = dJ/dh * (1 - h^2)", by_hand.dZ, tape[5]));
  worst = std::max(worst, compare("dJ/dW1 = dJ/dz x^T + lambda W1", by_hand.dW1, tape[6]));
  return worst;
}

void write_dot(const Graph& graph, const std::string& path) {
  const auto& [x, y, w1, w2, z, h, o, loss, s, objective] = graph;
  write_text(path, graph_to_dot(objective, {{x, "x"},
                                            {y, "y"},
                                            {w1, "W1"},
                                            {w2, "W2"},
                                            {z, "z"},
                                            {h, "h"},
                                            {o, "o"},
                                            {loss, "L"},
                                            {s, "s"},
                                            {objective, "J"}}));
  std::printf("wrote the graph to %s; dot -Tsvg %s draws it\n", path.c_str(), path.c_str());
}

void run(const Options& options) {
  support::check_writable(options.dot);
  Generator random(options.seed);
  const Graph graph = forward(options.lambda, random);
  std::printf("L = %s, s = %s, J = %s\n", format_fixed(graph.loss.item(), 6).c_str(),
              format_fixed(graph.s.item(), 6).c_str(), format_fixed(graph.objective.item(), 6).c_str());
  const double worst = compare_all(graph, backward_by_hand(graph, options.lambda));
  std::printf("\nlargest difference overall: %s\n", format_scientific(worst, 1).c_str());
  if (!options.dot.empty()) write_dot(graph, options.dot);
}

int main(int argc, char** argv) {
  CLI::App app("Walks through forward and backward propagation and compares each gradient with the tape's.");
  app.option_defaults()->always_capture_default();
  Options options;
  support::add_number(app, "--lambda", options.lambda, "Weight of the L2 penalty");
  app.add_option("--seed", options.seed, "Seed for the inputs and weights");
  app.add_option("--dot", options.dot, "Writes the graph for Graphviz")->type_name("FILE.dot");
  return support::run(app, argc, argv, [&] { run(options); });
}
