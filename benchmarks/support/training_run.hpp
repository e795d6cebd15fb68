// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train.hpp>

#include "fma_peak.hpp"
#include "json_line.hpp"
#include "mlp.hpp"
#include "timing.hpp"

namespace bench {

/// An epoch of training a network of these sizes, or its first `steps` steps.
struct TrainingJob {
  static constexpr Index all = std::numeric_limits<Index>::max();

  std::vector<Index> sizes = chapter_sizes;
  Index batch = 256;
  Index steps = all;
  int threads = 1;

  double samples(Index data_size) const {
    return static_cast<double>(steps < data_size / batch ? batch * steps : data_size);
  }
};

/// Formats sizes as `784-256-10`.
inline std::string to_string(const std::vector<Index>& sizes) {
  std::string text;
  for (const Index size : sizes) text += (text.empty() ? "" : "-") + std::to_string(size);
  return text;
}

/// The times of a job's repetitions.
class TrainingTimes {
 public:
  void add(Time time) {
    wall_.add(time.wall);
    processor_.add(time.processor);
  }
  void print(const char* name, const TrainingJob& job, Index data_size, const FmaPeak& peak) const {
    const double samples = job.samples(data_size);
    const double gflops = training_flops(job.sizes) * samples / wall_.median() / 1e9;
    JsonLine(name)
        .field("sizes", to_string(job.sizes))
        .field("batch", static_cast<double>(job.batch))
        .field("threads", job.threads)
        .field("samples", samples)
        .field("flops", training_flops(job.sizes))
        .field("gflops", gflops)
        .field("of_peak", gflops / peak.gflops(job.threads))
        .field("seconds", wall_.values())
        .field("processor_seconds", processor_.values());
  }

 private:
  Samples wall_, processor_;
};

/// Trains a network as users of the library do.
class TrainingRun {
 public:
  TrainingRun(const gradus::Dataset<>& data, TrainingJob job)
      : data_(&data),
        job_(std::move(job)),
        trainer_(net_, Loss{}, sgd_, random_, {.epochs = 1, .batch_size = job_.batch}) {
    net_.set_threads(job_.threads);
    trainer_.after_each_step([steps = job_.steps](auto& trainer) {
      if (trainer.progress().batch == steps) trainer.stop();
    });
  }

  /// Runs once without measuring, because the first steps allocate.
  void warm_up() { trainer_.fit(*data_); }
  void run() {
    times_.add(time([&] { trainer_.fit(*data_); }));
  }
  double first_loss() const { return trainer_.history()[0].train.loss; }
  void print(const char* name, const FmaPeak& peak) const { times_.print(name, job_, data_->size(), peak); }

 private:
  using Net = gradus::nn::Sequential<float>;
  using Loss = gradus::nn::SoftmaxCrossEntropy<float>;
  using Optimizer = gradus::optim::SGD<float>;

  const gradus::Dataset<>* data_;
  TrainingJob job_;
  gradus::Generator random_{0};
  Net net_ = make_network(job_.sizes, random_);
  Optimizer sgd_{net_.named_parameters(), {.learning_rate = 0.1}};
  gradus::Trainer<Net, Loss, Optimizer> trainer_;
  TrainingTimes times_;
};

}  // namespace bench
