// SPDX-License-Identifier: MIT

/// Measures prediction with the chapter's network, 784-256-10: the latency of one sample in the caller's
/// workspace, against summing the same weights, a lower bound for any program that reads each weight once;
/// and the throughput for 10,000 samples in batches.
///
/// usage: prediction [REPETITIONS] [--quick]

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <gradus/core/simd/dispatch.hpp>
#include <gradus/core/simd/pack.hpp>
#include <gradus/nn.hpp>

#include "support/build.hpp"
#include "support/fma_peak.hpp"
#include "support/json_line.hpp"
#include "support/mlp.hpp"
#include "support/options.hpp"
#include "support/timing.hpp"

namespace {

using gradus::Index;
namespace nn = gradus::nn;

/// Reads a block of memory once at the full speed of its cache. Eight independent sums keep additions from
/// waiting for each other.
struct Stream {
  template <class Isa>
  [[gnu::always_inline]] static void run(const float* block, Index size, float* total) {
    constexpr int n = Isa::template lanes<float>;
    constexpr Index count = 8;
    gradus::simd::Pack<float, n> sums[count];
    for (auto& sum : sums) sum = gradus::simd::broadcast<float, n>(0);
    Index i = 0;
    for (; i + count * n <= size; i += count * n) {
#if defined(__GNUC__)
#pragma GCC unroll 8
#endif
      for (Index k = 0; k < count; ++k) sums[k] = sums[k] + gradus::simd::load<float, n>(block + i + k * n);
    }
    *total = 0;
    for (; i < size; ++i) *total += block[i];
    for (const auto& pack : sums) *total += sum(pack);
  }
};
float stream(std::span<const float> block) {
  float total = 0;
  gradus::simd::dispatch<Stream>(block.data(), static_cast<Index>(block.size()), &total);
  return total;
}

void print_latency(const char* name, const bench::Samples& seconds) {
  bench::JsonLine(name)
      .field("microseconds", seconds.median() * 1e6)
      .field("microseconds_99", seconds.quantile(0.99) * 1e6)
      .field("microseconds_99.9", seconds.quantile(0.999) * 1e6)
      .field("calls", static_cast<double>(seconds.values().size()));
}

void one_sample(nn::Sequential<float>& net, int calls) {
  gradus::Generator random(1);
  const auto x = gradus::Tensor<float>::uniform({1, 28, 28}, random);
  const auto parameters = net.named_parameters();
  nn::Workspace<float> workspace;
  bench::Samples predict, stream_weights;
  volatile float sink = 0;
  for (int call = 0; call < calls; ++call) {
    predict.add(bench::seconds([&] { sink = net.predict(x, workspace)(0, 0); }));
    stream_weights.add(bench::seconds([&] {
      float total = 0;
      for (const auto& parameter : parameters) total += stream(parameter->value.span());
      sink = total;
    }));
  }
  print_latency("predict_one", predict);
  print_latency("stream_weights", stream_weights);
}

void many_samples(nn::Sequential<float>& net, int repetitions) {
  constexpr Index samples = 10000;
  gradus::Generator random(1);
  const auto x = gradus::Tensor<float>::uniform({samples, 28, 28}, random);
  const std::vector<Index> batch_sizes{256, 1000, samples};
  std::vector<bench::Samples> seconds(batch_sizes.size());
  nn::Workspace<float> workspace;
  bench::FmaPeak peak;
  volatile float sink = 0;
  for (int i = 0; i < repetitions; ++i) {
    for (std::size_t k = 0; k < batch_sizes.size(); ++k) {
      peak.measure();
      seconds[k].add(bench::seconds([&] {
        for (Index first = 0; first < samples; first += batch_sizes[k]) {
          sink = net.predict(x.slice(first, std::min(first + batch_sizes[k], samples)), workspace)(0, 0);
        }
      }));
    }
  }
  peak.print();
  const double flops = bench::prediction_flops(bench::chapter_sizes);
  for (std::size_t k = 0; k < batch_sizes.size(); ++k) {
    bench::JsonLine("predict_10000")
        .field("batch", static_cast<double>(batch_sizes[k]))
        .field("samples", static_cast<double>(samples))
        .field("flops", flops)
        .field("seconds", seconds[k].values());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, 20);
  bench::print_build();
  gradus::Generator random(0);
  auto net = bench::make_network(bench::chapter_sizes, random);
  one_sample(net, (options.quick ? 100 : 1000) * options.repetitions);
  many_samples(net, options.repetitions);
}
