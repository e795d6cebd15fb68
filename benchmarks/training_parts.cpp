// SPDX-License-Identifier: MIT

/// Measures the parts of a training step of the chapter's network, with a stopwatch in the hooks of its
/// layers, on one thread and on two. Each figure is a median, which a busy machine hardly affects.
///
/// usage: training_parts [REPETITIONS] [--quick]

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gradus/data/loader.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>

#include "support/build.hpp"
#include "support/fma_peak.hpp"
#include "support/json_line.hpp"
#include "support/mlp.hpp"
#include "support/options.hpp"
#include "support/timing.hpp"

namespace {

using gradus::Index;
namespace nn = gradus::nn;

/// Attributes the time since the last call to the part that has just ended.
class Stopwatch {
 public:
  void start() { last_ = bench::Clock::now(); }
  void stop(Index part) {
    const auto now = bench::Clock::now();
    parts_[part].add(std::chrono::duration<double>(now - last_).count());
    last_ = bench::Clock::now();
  }
  const std::map<Index, bench::Samples>& parts() const { return parts_; }

 private:
  bench::Clock::time_point last_;
  std::map<Index, bench::Samples> parts_;
};

enum Part : Index { gather, forward, loss = 100, backward, step = 200 };

std::string name(Index part, const nn::Sequential<float>& net) {
  if (part == gather) return "gather";
  if (part == loss) return "loss";
  if (part == step) return "step";
  if (part < loss) return "forward of " + std::string(net[part - forward].name());
  return "backward of " + std::string(net[net.size() - 1 - (part - backward)].name());
}

void measure(const gradus::Dataset<>& data, Index batch_size, Index threads, Index steps) {
  gradus::Generator random(0);
  nn::Sequential<float> net = bench::make_network(bench::chapter_sizes, random);
  net.set_threads(threads);
  const auto pool = net.thread_pool();
  const gradus::Parallel parallel(pool.get());
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  const nn::SoftmaxCrossEntropy<float> loss_of;
  gradus::Tensor<float> dlogits;
  gradus::Loader loader{data, {.batch_size = batch_size, .parallel = parallel}};

  Stopwatch stopwatch;
  const Index last = net.size() - 1;
  net.on_forward([&](Index child, auto, auto) { stopwatch.stop(forward + child); });
  net.on_backward([&](Index child, auto, auto) { stopwatch.stop(backward + last - child); });
  bench::FmaPeak peak;
  Index done = 0;
  while (done < steps) {
    peak.measure();
    stopwatch.start();
    for (const auto& batch : loader.training_epoch(random)) {
      stopwatch.stop(gather);
      const auto& logits = net.forward(batch.x);
      dlogits.resize(logits.shape());
      loss_of(logits, batch.labels, dlogits);
      stopwatch.stop(loss);
      net.backward(dlogits);
      sgd.step(parallel);
      stopwatch.stop(step);
      if (++done == steps) break;
    }
  }
  peak.print();
  double total = 0;
  for (const auto& [part, seconds] : stopwatch.parts()) total += seconds.median();
  const double flops = bench::training_flops(bench::chapter_sizes) * static_cast<double>(batch_size);
  for (const auto& [part, seconds] : stopwatch.parts()) {
    bench::JsonLine("part")
        .field("batch", static_cast<double>(batch_size))
        .field("threads", static_cast<double>(threads))
        .field("part", name(part, net))
        .field("microseconds", seconds.median() * 1e6)
        .field("share", seconds.median() / total);
  }
  bench::JsonLine("parts")
      .field("batch", static_cast<double>(batch_size))
      .field("threads", static_cast<double>(threads))
      .field("microseconds", total * 1e6)
      .field("of_peak", flops / total / peak.gflops() / 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, 3);
  bench::print_build();
  const gradus::Dataset<> data = bench::noise_images(60000);
  const Index steps = (options.quick ? 40 : 400) * options.repetitions;
  for (const Index batch_size : {256, 16, 1}) measure(data, batch_size, 1, steps);
  for (const Index batch_size : {256, 16}) measure(data, batch_size, 2, steps);
}
