// SPDX-License-Identifier: MIT

/// Measures how the cost of training grows with width, depth and batch size: 784-W-10, up to eight hidden
/// layers of 256, and 784-256-10 at batch sizes from 1 to 4096.
///
/// usage: scaling [REPETITIONS] [--quick]

#include <algorithm>
#include <cstddef>
#include <list>
#include <utility>
#include <vector>

#include "support/build.hpp"
#include "support/fma_peak.hpp"
#include "support/mlp.hpp"
#include "support/options.hpp"
#include "support/training_run.hpp"

namespace {

using gradus::Index;

std::vector<Index> deep_sizes(Index hidden_layers) {
  std::vector<Index> sizes(static_cast<std::size_t>(hidden_layers), 256);
  sizes.insert(sizes.begin(), 784);
  sizes.push_back(10);
  return sizes;
}

/// Returns a job with enough steps for `gflop` billion operations, at least two.
bench::TrainingJob job(std::vector<Index> sizes, Index batch, double gflop) {
  const double step = bench::training_flops(sizes) * static_cast<double>(batch) / 1e9;
  return {.sizes = std::move(sizes),
          .batch = batch,
          .steps = std::max(Index{2}, static_cast<Index>(gflop / step))};
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, 5);
  bench::print_build();
  const gradus::Dataset<> data = bench::noise_images(options.quick ? 12000 : 60000);
  const double gflop = options.quick ? 0.5 : 5;
  struct Series {
    const char* name;
    std::list<bench::TrainingRun> runs;
  };
  std::vector<Series> table(3);
  table[0].name = "width";
  for (const Index width : {64, 128, 256, 512, 1024, 2048})
    table[0].runs.emplace_back(data, job({784, width, 10}, 256, gflop));
  table[1].name = "depth";
  for (const Index layers : {1, 2, 4, 8})
    table[1].runs.emplace_back(data, job(deep_sizes(layers), 256, gflop));
  table[2].name = "batch";
  for (const Index batch : {1, 4, 16, 64, 256, 1024, 4096})
    table[2].runs.emplace_back(data, job(bench::chapter_sizes, batch, gflop));

  for (Series& series : table) {
    for (bench::TrainingRun& run : series.runs) run.warm_up();
  }
  bench::FmaPeak peak;
  for (int i = 0; i < options.repetitions; ++i) {
    for (Series& series : table) {
      for (bench::TrainingRun& run : series.runs) {
        peak.measure();
        run.run();
      }
    }
  }
  peak.print();
  for (const Series& series : table) {
    for (const bench::TrainingRun& run : series.runs) run.print(series.name, peak);
  }
}
