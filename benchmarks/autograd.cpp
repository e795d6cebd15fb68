// SPDX-License-Identifier: MIT

/// Measures the cost of the tape: the chapter's network on the tape against its own forward and backward, and
/// micrograd-style graphs of single numbers. Prints medians of interleaved runs in processor time, so that a
/// busy machine slows both alike, and the FMA peak measured between them.
///
/// usage: autograd [REPETITIONS] [--quick]

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <gradus/autograd.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>

#include "support/fma_peak.hpp"
#include "support/mlp.hpp"
#include "support/options.hpp"
#include "support/timing.hpp"

using namespace gradus;

namespace {

struct Mlp {
  gradus::Generator random{0};
  nn::Sequential<float> net = bench::make_network(bench::chapter_sizes, random);
};

void compare_mlp(int runs) {
  Generator random(1);
  const auto x = Tensor<float>::uniform({256, 28, 28}, random);
  std::vector<Index> labels(256);
  for (Index& label : labels) label = random.below(10);

  Mlp by_module, by_tape;
  optim::SGD module_sgd{by_module.net.named_parameters(), {.learning_rate = 0.1}};
  optim::SGD tape_sgd{by_tape.net.named_parameters(), {.learning_rate = 0.1}};
  const nn::SoftmaxCrossEntropy<float> loss;
  Tensor<float> dlogits(Shape{256, 10});
  float module_loss = 0, tape_loss = 0;
  const auto module_step = [&] {
    module_loss = loss(by_module.net.forward(x), labels, dlogits).loss;
    by_module.net.backward(dlogits);
    module_sgd.step();
  };
  const auto tape_step = [&] {
    const Variable error = cross_entropy(by_tape.net(x), labels);
    tape_loss = error.item();
    error.backward();
    tape_sgd.step();
  };
  bench::Samples module_times, tape_times;
  for (int i = 0; i < runs; ++i) {
    module_times.add(bench::time(module_step).processor);
    tape_times.add(bench::time(tape_step).processor);
  }
  if (module_loss != tape_loss) {
    std::fprintf(stderr, "losses differ: %.9g and %.9g\n", module_loss, tape_loss);
    std::exit(1);
  }
  std::printf("784-256-10, a training step of batch 256: module %.3f ms, tape %.3f ms, ratio %.3f\n",
              module_times.median() * 1e3, tape_times.median() * 1e3,
              tape_times.median() / module_times.median());
}

/// A multilayer perceptron of single numbers, as in micrograd: one node per multiplication and addition.
class ScalarMlp {
 public:
  ScalarMlp(Index inputs, Index hidden, Generator& random) : inputs_(inputs), hidden_(hidden) {
    for (Index i = 0; i < hidden * (inputs + 2); ++i)
      parameters_.emplace_back(random.uniform(-1.0, 1.0), requires_grad);
  }

  Variable<double> operator()(const std::vector<double>& x, Index& nodes) const {
    auto parameter = parameters_.begin();
    Variable<double> y(0.0);
    for (Index j = 0; j < hidden_; ++j) {
      Variable<double> sum = *parameter++;
      for (Index i = 0; i < inputs_; ++i) sum += *parameter++ * x[static_cast<std::size_t>(i)];
      y += *parameter++ * relu(sum);
      nodes += 2 * inputs_ + 3;
    }
    return y;
  }

 private:
  Index inputs_, hidden_;
  std::vector<Variable<double>> parameters_;
};

void time_scalar_graphs(int runs) {
  Generator random(0);
  const ScalarMlp net(16, 64, random);
  std::vector<double> x(16);
  for (double& number : x) number = random.uniform(-1.0, 1.0);
  bench::Samples times;
  bench::FmaPeak peak;
  Index nodes = 0;
  for (int i = 0; i < runs; ++i) {
    peak.measure();
    nodes = 0;
    times.add(bench::time([&] {
                Variable<double> total(0.0);
                while (nodes < 100'000) {
                  const Variable<double> error = net(x, nodes) - 1.0;
                  total += error * error;
                  nodes += 3;
                }
                total.backward();
              }).processor);
  }
  const double per_node = times.median() * 1e9 / static_cast<double>(nodes), gflops = peak.gflops(1, 256);
  std::printf(
      "graph of %td numbers: %.1f ns per node to build, differentiate and free; the 256-bit FMA peak is %.0f "
      "GFLOP/s, which corresponds to %.1f ns at 100 GFLOP/s\n",
      nodes, per_node, gflops, per_node * gflops / 100);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, 100);
  const int runs = options.quick ? 5 : options.repetitions;
  compare_mlp(runs);
  time_scalar_graphs(runs);
}
