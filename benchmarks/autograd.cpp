/// What the tape costs: the chapter's network on the tape beside the same network by its own forward and
/// backward, and graphs of numbers in the style of micrograd. Prints medians of interleaved runs in processor
/// time, so that a busy machine slows both alike, and the processor's speed measured among them.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include <gradus/autograd.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>

using namespace gradus;

namespace {

template <class F>
double seconds(F&& f) {
  const std::clock_t start = std::clock();
  f();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

double median(std::vector<double> times) {
  std::ranges::nth_element(times, times.begin() + static_cast<Index>(times.size() / 2));
  return times[times.size() / 2];
}

/// Fused multiply-adds of single precision on one core, in GFLOP/s: twelve independent chains of 256-bit
/// registers, enough to hide their latency. 0 where the compiler was not given such instructions.
#if defined(__GNUC__) && defined(__AVX2__) && defined(__FMA__)
using Register = float __attribute__((vector_size(32)));

inline void multiply_add(Register& x, Register scale, Register shift) {
  asm volatile("vfmadd213ps %2,%1,%0" : "+x"(x) : "x"(scale), "x"(shift));
}

double fma_peak() {
  constexpr long chains = 12;
  constexpr long rounds = 1'000'000;
  const Register scale = Register{} + 0.999999f, shift = Register{} + 1e-7f;
  const double time = seconds([&] {
    const Register one = Register{} + 1.0f;
    Register a = one, b = one, c = one, d = one, e = one, f = one;
    Register g = one, h = one, i = one, j = one, k = one, l = one;
    for (long round = 0; round < rounds; ++round) {
      for (Register* x : {&a, &b, &c, &d, &e, &f, &g, &h, &i, &j, &k, &l}) multiply_add(*x, scale, shift);
    }
  });
  return static_cast<double>(rounds * chains * 16) / time / 1e9;
}
#else
double fma_peak() { return 0; }
#endif

struct Mlp {
  Mlp() {
    Generator random(0);
    net =
        nn::Sequential{nn::Flatten{}, nn::Linear{784, 256, random}, nn::ReLU{}, nn::Linear{256, 10, random}};
    nn::init::weights(net, [&](auto weight) { nn::init::normal(weight, random, 0, 0.01); });
  }
  nn::Sequential<float> net;
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
  std::vector<double> module_times, tape_times;
  for (int i = 0; i < runs; ++i) {
    module_times.push_back(seconds(module_step));
    tape_times.push_back(seconds(tape_step));
  }
  if (module_loss != tape_loss) {
    std::fprintf(stderr, "losses differ: %.9g and %.9g\n", module_loss, tape_loss);
    std::exit(1);
  }
  std::printf("784-256-10, a training step of batch 256: module %.3f ms, tape %.3f ms, ratio %.3f\n",
              median(module_times) * 1e3, median(tape_times) * 1e3,
              median(tape_times) / median(module_times));
}

/// A multilayer perceptron of single numbers, as in micrograd: a node for each multiplication and addition.
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
  std::vector<double> times, peaks;
  Index nodes = 0;
  for (int i = 0; i < runs; ++i) {
    peaks.push_back(fma_peak());
    nodes = 0;
    times.push_back(seconds([&] {
      Variable<double> total(0.0);
      while (nodes < 100'000) {
        const Variable<double> error = net(x, nodes) - 1.0;
        total += error * error;
        nodes += 3;
      }
      total.backward();
    }));
  }
  const double peak = *std::ranges::max_element(peaks),
               per_node = median(times) * 1e9 / static_cast<double>(nodes);
  std::printf(
      "graph of %td numbers: %.1f ns a node to build, differentiate and free; FMA peak %.0f GFLOP/s, "
      "so %.1f ns at 100\n",
      nodes, per_node, peak, per_node * peak / 100);
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 100;
  compare_mlp(runs);
  time_scalar_graphs(runs);
}
