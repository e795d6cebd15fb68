// SPDX-License-Identifier: MIT

/// Measures training of the chapter's network, 784-256-10, as users of the library run it: a loader gathers
/// shuffled batches of byte images, and a trainer runs forward, loss, accuracy, backward and the step of
/// gradient descent. For comparison, plain Eigen starts from the same weights and must reach the same loss.
///
/// usage: training [REPETITIONS] [--quick]

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <utility>
#include <vector>

#include "support/build.hpp"
#include "support/eigen_mlp.hpp"
#include "support/fma_peak.hpp"
#include "support/mlp.hpp"
#include "support/options.hpp"
#include "support/timing.hpp"
#include "support/training_run.hpp"

namespace {

using gradus::Index;

class EigenRun {
 public:
  EigenRun(const bench::EigenMlp::Matrix& x, const std::vector<Index>& labels, bench::TrainingJob job)
      : x_(&x), labels_(&labels), job_(std::move(job)), net_(make(random_)) {}

  void run() {
    double loss = 0;
    times_.add(bench::time([&] {
      loss = net_.train_epoch(*x_, *labels_, random_.permutation(x_->cols()), job_.batch, job_.steps, 0.1f);
    }));
    if (first_loss_ == 0) first_loss_ = loss;
  }
  double first_loss() const { return first_loss_; }
  void print(const bench::FmaPeak& peak) const { times_.print("train_eigen", job_, x_->cols(), peak); }

 private:
  static bench::EigenMlp make(gradus::Generator& random) {
    auto net = bench::make_network(bench::chapter_sizes, random);
    auto parameters = net.named_parameters();
    return {parameters[0]->value.matrix(), parameters[2]->value.matrix()};
  }

  const bench::EigenMlp::Matrix* x_;
  const std::vector<Index>* labels_;
  bench::TrainingJob job_;
  gradus::Generator random_{0};
  bench::EigenMlp net_;
  bench::TrainingTimes times_;
  double first_loss_ = 0;
};

void check_same(double loss, double eigen_loss) {
  if (std::abs(loss - eigen_loss) < 1e-3 * loss) return;
  std::fprintf(stderr, "training: the losses differ: %.6g, in plain Eigen %.6g\n", loss, eigen_loss);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, 5);
  bench::print_build();
  const gradus::Dataset<> data = bench::noise_images(options.quick ? 12000 : 60000);
  const bench::EigenMlp::Matrix x =
      data.inputs.reshape({data.size(), 784}).matrix().cast<float>().transpose() / 255.0f;
  const std::vector<Index> labels(data.labels.begin(), data.labels.end());

  bench::FmaPeak peak;
  std::list<bench::TrainingRun> library;
  std::list<EigenRun> eigen;
  const std::array<bench::TrainingJob, 3> jobs{
      {{.batch = 256, .steps = options.quick ? 40 : bench::TrainingJob::all},
       {.batch = 16, .steps = options.quick ? 200 : 1000},
       {.batch = 1, .steps = options.quick ? 400 : 4000}}};
  for (const bench::TrainingJob& job : jobs) {
    library.emplace_back(data, job);
    eigen.emplace_back(x, labels, job);
  }
  for (bench::TrainingJob job : jobs) {
    job.threads = 2;
    library.emplace_back(data, job);
  }
  library.emplace_back(
      data,
      bench::TrainingJob{.sizes = {784, 1024, 1024, 10}, .batch = 256, .steps = options.quick ? 5 : 40});
  for (int i = 0; i < options.repetitions; ++i) {
    for (auto& run : library) {
      peak.measure();
      run.run();
    }
    for (auto& run : eigen) {
      peak.measure();
      run.run();
    }
  }
  auto same = library.begin();
  for (const auto& run : eigen) check_same((same++)->first_loss(), run.first_loss());
  peak.print();
  for (const auto& run : library) run.print("train", peak);
  for (const auto& run : eigen) run.print(peak);
}
