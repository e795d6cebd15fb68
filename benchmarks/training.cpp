/// Training the chapter's network, 784-256-10, as the library's users do: images are bytes, a loader gathers
/// shuffled batches, and a trainer runs forward, loss and accuracy, backward and the step of gradient
/// descent. Beside it the same in plain Eigen, which starts from the same weights and must find the same
/// loss.
///
/// usage: training [REPETITIONS] [--quick]

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <list>
#include <vector>

#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train.hpp>

#include "support/build.hpp"
#include "support/eigen_mlp.hpp"
#include "support/fma_peak.hpp"
#include "support/json_line.hpp"
#include "support/mlp.hpp"
#include "support/options.hpp"
#include "support/timing.hpp"

namespace {

using gradus::Index;
namespace nn = gradus::nn;

constexpr Index all = std::numeric_limits<Index>::max();

/// An epoch, or so many steps of one.
struct Job {
  Index batch;
  Index steps;
  int threads = 1;

  double samples(Index data_size) const {
    return static_cast<double>(steps == all ? data_size : std::min(data_size, batch * steps));
  }
};

/// What the repetitions of a job took.
class Times {
 public:
  void add(bench::Time time) {
    wall_.add(time.wall);
    processor_.add(time.processor);
  }
  void print(const char* name, Job job, Index data_size, const bench::FmaPeak& peak) const {
    const double samples = job.samples(data_size);
    const double gflops = bench::training_flops(bench::chapter_sizes) * samples / wall_.median() / 1e9;
    bench::JsonLine(name)
        .field("batch", static_cast<double>(job.batch))
        .field("threads", job.threads)
        .field("samples", samples)
        .field("gflops", gflops)
        .field("of_peak", gflops / peak.gflops(job.threads))
        .field("seconds", wall_.values())
        .field("processor_seconds", processor_.values());
  }

 private:
  bench::Samples wall_, processor_;
};

class LibraryRun {
 public:
  LibraryRun(const gradus::Dataset<>& data, Job job)
      : data_(&data),
        job_(job),
        trainer_(net_, nn::SoftmaxCrossEntropy<float>{}, sgd_, random_,
                 {.epochs = 1, .batch_size = job.batch}) {
    net_.set_threads(job.threads);
    trainer_.on_step([this](auto& trainer) {
      if (trainer.progress().batch == job_.steps) trainer.stop();
    });
  }

  void run() {
    times_.add(bench::time([&] { trainer_.fit(*data_); }));
  }
  double first_loss() const { return trainer_.history()[0].train.loss; }
  void print(const bench::FmaPeak& peak) const { times_.print("train", job_, data_->size(), peak); }

 private:
  const gradus::Dataset<>* data_;
  Job job_;
  gradus::Generator random_{0};
  nn::Sequential<float> net_ = bench::make_network(bench::chapter_sizes, random_);
  gradus::optim::SGD<float> sgd_{net_.named_parameters(), {.learning_rate = 0.1}};
  gradus::Trainer<nn::Sequential<float>, nn::SoftmaxCrossEntropy<float>, gradus::optim::SGD<float>> trainer_;
  Times times_;
};

class EigenRun {
 public:
  EigenRun(const bench::EigenMlp::Matrix& x, const std::vector<Index>& labels, Job job)
      : x_(&x), labels_(&labels), job_(job), net_(make(random_)) {}

  void run() {
    double loss = 0;
    times_.add(
        bench::time([&] { loss = net_.train_epoch(*x_, *labels_, job_.batch, job_.steps, 0.1f, random_); }));
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
  Job job_;
  gradus::Generator random_{0};
  bench::EigenMlp net_;
  Times times_;
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
  const gradus::Dataset<> data = bench::noise_images(60000);
  const bench::EigenMlp::Matrix x =
      data.inputs.reshape({data.size(), 784}).matrix().cast<float>().transpose() / 255.0f;
  const std::vector<Index> labels(data.labels.begin(), data.labels.end());

  bench::FmaPeak peak;
  std::list<LibraryRun> library;
  std::list<EigenRun> eigen;
  for (const Job& job : {Job{256, options.quick ? 40 : all}, Job{16, options.quick ? 200 : 1000},
                         Job{1, options.quick ? 400 : 4000}}) {
    for (const int threads : {1, 2}) library.emplace_back(data, Job{job.batch, job.steps, threads});
    eigen.emplace_back(x, labels, job);
  }
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
  auto one_thread = library.begin();
  for (const auto& run : eigen) {
    check_same(one_thread->first_loss(), run.first_loss());
    std::advance(one_thread, 2);
  }
  peak.print();
  for (const auto& run : library) run.print(peak);
  for (const auto& run : eigen) run.print(peak);
}
