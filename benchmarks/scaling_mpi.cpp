// SPDX-License-Identifier: MIT

/// Measures the cost of exchanging gradients. Prints the time of sums over all processes by size, the
/// alpha-beta model fitted to it, and the time of training steps: of the computation, the exchange and the
/// optimiser's update, each alone, of a step with an exchange after the backward pass, as in Trainer, and of
/// one with an exchange that begins for each layer during the backward pass.
/// `benchmarks/scaling_model.py --measure` runs it and writes the tables of docs/scaling.md.
///
/// usage: mpirun -n N scaling_mpi [--quick]
///
/// --quick only checks that the program runs: batches and messages are too small for useful figures.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/distributed/mpi.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/relu.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/gradient_exchange.hpp>

#include "support/timing.hpp"

namespace {

using gradus::Index;
using gradus::Tensor;
using gradus::mpi::Communicator;
namespace nn = gradus::nn;

struct Settings {
  int repetitions = 100;
  Index largest_message = Index{1} << 20;  ///< in numbers
  Index batch_size = 256;
  std::vector<std::vector<Index>> networks{{256}, {1024, 1024}, {2048, 2048, 2048}};  ///< hidden layers
};
Settings quick_settings() { return {3, Index{1} << 12, 12, {{256}}}; }

/// Returns the time that the slowest process takes for f(), as the 10th percentile of the repetitions: on a
/// busy machine, a median would also measure the other programs. Calls prepare() before each f(), untimed.
template <class F, class Prepare>
double slowest(Communicator& world, int repetitions, const F& f, const Prepare& prepare) {
  bench::Samples samples;
  prepare();
  f();
  for (int i = 0; i < repetitions; ++i) {
    prepare();
    MPI_Barrier(world.native());
    double time = bench::seconds(f);
    MPI_Allreduce(MPI_IN_PLACE, &time, 1, MPI_DOUBLE, MPI_MAX, world.native());
    samples.add(time);
  }
  return samples.quantile(0.1);
}
template <class F>
double slowest(Communicator& world, int repetitions, const F& f) {
  return slowest(world, repetitions, f, [] {});
}

/// The model t = alpha + beta * bytes, fitted for the smallest relative errors.
struct AlphaBeta {
  double alpha, beta;
};
AlphaBeta fitted(const std::vector<double>& bytes, const std::vector<double>& times) {
  double w = 0, wx = 0, wxx = 0, wt = 0, wxt = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const double weight = 1 / (times[i] * times[i]), x = bytes[i], t = times[i];
    w += weight;
    wx += weight * x;
    wxx += weight * x * x;
    wt += weight * t;
    wxt += weight * x * t;
  }
  const double beta = (w * wxt - wx * wt) / (w * wxx - wx * wx);
  return {(wt - beta * wx) / w, beta};
}

void measure_messages(Communicator& world, const Settings& settings) {
  std::vector<double> bytes, times;
  for (Index size = 1; size <= settings.largest_message; size *= 4) {
    std::vector<float> numbers(static_cast<std::size_t>(size));
    const auto exchange = [&] {
      world.begin_sum(std::span<float>(numbers));
      world.finish_sums();
    };
    bytes.push_back(static_cast<double>(size) * sizeof(float));
    times.push_back(slowest(world, settings.repetitions * (size < 65536 ? 4 : 1), exchange));
    if (world.is_main()) std::printf("sum of %8.0f bytes: %9.1f us\n", bytes.back(), times.back() * 1e6);
  }
  const auto [alpha, beta] = fitted(bytes, times);
  if (!world.is_main()) return;
  std::printf("model: %.1f us + %.3f ns per byte (%.2f GB/s)\n", alpha * 1e6, beta * 1e9, 1e-9 / beta);
}

/// Steps of 784 -> hidden... -> 10 on this process's part of a batch, without a loss.
class Step {
 public:
  Step(Communicator& world, const std::vector<Index>& hidden, Index batch_size) : world_(&world) {
    Index width = 784;
    for (const Index next : hidden) {
      net_.push_back(nn::Linear<float>{width, next, random_});
      net_.push_back(nn::ReLU{});
      width = next;
    }
    net_.push_back(nn::Linear<float>{width, 10, random_});
    const Index rows = world.part().end(batch_size) - world.part().begin(batch_size);
    x_ = Tensor<float>::randn(gradus::Shape{rows, 784}, random_);
    dy_ = Tensor<float>::randn(gradus::Shape{rows, 10}, random_);
    parameters_ = net_.named_parameters();
    sgd_.emplace(parameters_, gradus::optim::SGDOptions{.learning_rate = 1e-6});
    net_.on_backward([this](Index child, auto, auto) {
      if (!overlaps_) return;
      const std::string prefix = std::to_string(child) + ".";
      for (const auto& parameter : parameters_) {
        if (parameter.name.starts_with(prefix)) world_->begin_sum(parameter->grad().span());
      }
    });
  }

  Index size() const {
    return std::accumulate(parameters_.begin(), parameters_.end(), Index{0},
                           [](Index sum, const auto& p) { return sum + p->value.size(); });
  }
  void compute() {
    net_.zero_grad();
    net_.forward(x_);
    net_.backward(dy_);
  }
  void exchange() { exchange_.sum(*world_, parameters_); }
  void update() { sgd_->step(); }
  void whole() {
    compute();
    exchange();
    update();
  }
  void overlapped() {
    overlaps_ = true;
    compute();
    world_->finish_sums();
    overlaps_ = false;
    update();
  }

 private:
  Communicator* world_;
  gradus::Generator random_{1};
  nn::Sequential<float> net_;
  Tensor<float> x_, dy_;
  std::vector<nn::NamedParameter<float>> parameters_;
  std::optional<gradus::optim::SGD<float>> sgd_;
  gradus::detail::GradientExchange<float> exchange_;
  bool overlaps_ = false;
};

void measure_steps(Communicator& world, const Settings& settings) {
  for (const auto& hidden : settings.networks) {
    Step step(world, hidden, settings.batch_size);
    const int repeat = std::max(3, static_cast<int>(settings.repetitions * Index{200'000} / step.size()));
    const auto compute = [&] { step.compute(); };
    const double computation = slowest(world, repeat, compute);
    const double exchange = slowest(
        world, repeat, [&] { step.exchange(); }, compute);
    const double update = slowest(
        world, repeat, [&] { step.update(); }, compute);
    const double whole = slowest(world, repeat, [&] { step.whole(); });
    const double overlapped = slowest(world, repeat, [&] { step.overlapped(); });
    if (!world.is_main()) continue;
    std::printf(
        "%8ld parameters: computation %8.2f ms, exchange %7.2f ms, update %7.2f ms, step %8.2f ms, "
        "overlapped "
        "%8.2f ms\n",
        static_cast<long>(step.size()), computation * 1e3, exchange * 1e3, update * 1e3, whole * 1e3,
        overlapped * 1e3);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_quick = argc > 1 && std::string(argv[1]) == "--quick";
  const Settings settings = is_quick ? quick_settings() : Settings{};
  gradus::mpi::Environment mpi(argc, argv);
  return mpi.run([&](Communicator& world) {
    if (world.is_main()) {
      std::printf("%ld processes, %s, %s, %s\n", static_cast<long>(world.size()),
                  gradus::mpi::Environment::library().c_str(), GRADUS_BENCHMARK_COMPILER,
                  GRADUS_BENCHMARK_FLAGS);
    }
    measure_messages(world, settings);
    measure_steps(world, settings);
  });
}
