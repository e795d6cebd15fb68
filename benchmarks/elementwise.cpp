// SPDX-License-Identifier: MIT

/// Measures element-wise passes against a memory copy of the same number of bytes, counting an operation's
/// reads and writes together. Sizes: a hidden layer at batch size 256, which fits in L2, and 8 million
/// elements, which exceed all caches.
///
/// Single-threaded. The options are Google Benchmark's; report.py takes medians of shuffled repetitions.

#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <gradus/core/mersenne_twister.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/ops/activation.hpp>
#include <gradus/ops/dropout.hpp>
#include <gradus/ops/softmax_cross_entropy.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/optim/adamw.hpp>
#include <gradus/optim/clip.hpp>
#include <gradus/optim/sgd.hpp>

#include "support/timing.hpp"

namespace {

using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
namespace ops = gradus::ops;
namespace optim = gradus::optim;

/// Tensors that the operations read, write and modify.
struct Data {
  explicit Data(Index count) : size(count) {}

  Index size;
  gradus::Generator random{0};
  gradus::MersenneTwister twister{};
  Tensor<float> a = Tensor<float>::randn(Shape{size}, random);
  Tensor<float> b = Tensor<float>::randn(Shape{size}, random);
  Tensor<float> out{Shape{size}};
  Tensor<float> changed = a;
};

/// Returns the data of a size. Each is built once, because drawing the numbers takes longer than any
/// measurement.
Data& data_of(Index size) {
  static std::map<Index, Data> all;
  return all.try_emplace(size, size).first->second;
}

class Suite {
 public:
  /// Adds an operation that reads and writes `floats` floats per element.
  template <class Operation>
  void add(const std::string& name, double floats, Operation operation) {
    for (const Index size : sizes) {
      const double bytes = floats * sizeof(float) * static_cast<double>(size);
      add_copy(bytes);
      register_benchmark(name, size, bytes, [=](benchmark::State& state) {
        Data& data = data_of(size);
        operation(data);  // the first call waits for the system to allocate pages
        for (auto _ : state) {
          operation(data);
          benchmark::ClobberMemory();
        }
      });
    }
  }

  /// Adds an optimiser's step after a backward pass has written the gradient. The state must not decay to
  /// subnormal numbers, which would be slow.
  template <class MakeOptimizer>
  void add_optimizer(const std::string& name, double floats, MakeOptimizer make) {
    for (const Index size : sizes) {
      const double bytes = floats * sizeof(float) * static_cast<double>(size);
      add_copy(bytes);
      const auto run = [=](benchmark::State& state) {
        Data& data = data_of(size);
        gradus::nn::Parameter<float> weight(data.a);
        auto optimizer = make({{"weight", &weight}});
        optimizer.step();
        for (auto _ : state) {
          weight.grad() = data.b;
          state.SetIterationTime(bench::seconds([&] { optimizer.step(); }));
        }
      };
      register_benchmark(name, size, bytes, run)->UseManualTime();
    }
  }

 private:
  static constexpr Index sizes[] = {256 * 256, 8 << 20};

  void add_copy(double bytes) {
    if (!copies_.insert(bytes).second) return;
    const auto size = static_cast<Index>(bytes / 2 / sizeof(float));
    register_benchmark("copy", size, bytes, [=](benchmark::State& state) {
      const auto from = Tensor<float>::ones(Shape{size});
      auto to = from;
      for (auto _ : state) {
        std::memcpy(to.data(), from.data(), static_cast<std::size_t>(size) * sizeof(float));
        benchmark::ClobberMemory();
      }
    });
  }

  template <class Run>
  static benchmark::internal::Benchmark* register_benchmark(const std::string& name, Index size, double bytes,
                                                            Run run) {
    return benchmark::RegisterBenchmark((name + "/" + std::to_string(size)).c_str(),
                                        [=](benchmark::State& state) {
                                          run(state);
                                          state.counters["elements"] = static_cast<double>(size);
                                          state.counters["bytes"] = bytes;
                                        });
  }

  std::set<double> copies_;
};

void cross_entropy(Data& data, Index classes) {
  const Index samples = data.size / classes;
  static std::vector<Index> labels;
  labels.resize(static_cast<std::size_t>(samples), 3);
  const gradus::TensorView<const float> logits(data.a.data(), Shape{samples, classes});
  const gradus::TensorView<float> gradient(data.out.data(), Shape{samples, classes});
  benchmark::DoNotOptimize(ops::softmax_cross_entropy<float>(logits, labels, gradient).loss);
}

void clip_norm(Data& data, double limit) {
  gradus::nn::Parameter<float> parameter;
  std::swap(parameter.grad(), data.changed);
  benchmark::DoNotOptimize(optim::clip_grad_norm<float>({{"", &parameter}}, limit));
  std::swap(parameter.grad(), data.changed);
}

void clip_value(Data& data, double limit) {
  gradus::nn::Parameter<float> parameter;
  std::swap(parameter.grad(), data.changed);
  optim::clip_grad_value<float>({{"", &parameter}}, limit);
  std::swap(parameter.grad(), data.changed);
}

}  // namespace

int main(int argc, char** argv) {
  Suite suite;
  suite.add("relu", 2, [](Data& d) { ops::relu<float>(d.a, d.out); });
  suite.add("relu_backward", 3, [](Data& d) { ops::relu_backward<float>(d.a, d.b, d.out); });
  suite.add("sigmoid", 2, [](Data& d) { ops::sigmoid<float>(d.a, d.out); });
  suite.add("sigmoid_backward", 3, [](Data& d) { ops::sigmoid_backward<float>(d.a, d.b, d.out); });
  suite.add("tanh", 2, [](Data& d) { ops::tanh<float>(d.a, d.out); });
  suite.add("tanh_backward", 3, [](Data& d) { ops::tanh_backward<float>(d.a, d.b, d.out); });
  suite.add("softmax_cross_entropy_10", 2.2, [](Data& d) { cross_entropy(d, 10); });
  suite.add("softmax_cross_entropy_1000", 2, [](Data& d) { cross_entropy(d, 1000); });
  suite.add("dropout_mask", 1, [](Data& d) { ops::dropout_mask<float>(0.5, d.random, d.out); });
  suite.add("dropout", 3, [](Data& d) { ops::dropout<float>(d.a, d.b, 0.5, d.out); });
  suite.add("clip_norm", 3, [](Data& d) { clip_norm(d, 1); });
  suite.add("clip_value", 2, [](Data& d) { clip_value(d, 0.5); });

  // The unavoidable part of the passes above: per element, an exponential or two Mersenne Twister words.
  suite.add("exp", 2, [](Data& d) { d.out.array() = d.a.array().exp(); });
  suite.add("random_words", 1, [](Data& d) {
    std::uint32_t words[512];
    for (Index i = 0; i < 2 * d.size; i += 512) d.twister.fill(words);
    benchmark::DoNotOptimize(words);
  });

  using Parameters = std::vector<gradus::nn::NamedParameter<float>>;
  suite.add_optimizer("sgd", 3, [](const Parameters& p) { return optim::SGD<float>(p); });
  suite.add_optimizer("sgd_momentum", 5,
                      [](const Parameters& p) { return optim::SGD<float>(p, {.momentum = 0.9}); });
  suite.add_optimizer("adam", 7, [](const Parameters& p) { return optim::Adam<float>(p); });
  suite.add_optimizer("adamw", 7, [](const Parameters& p) { return optim::AdamW<float>(p); });

  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
