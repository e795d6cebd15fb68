// SPDX-License-Identifier: MIT

/// Measures the matrix products of a network's layers: the library's and Eigen's on the same memory, with the
/// FMA peak between them. A layer has x `[batch, in]` and W `[out, in]`; its three products are y = x W^T,
/// dL/dW += dL/dy^T x and dL/dx = dL/dy W.
///
/// Single-threaded. The options are Google Benchmark's; report.py takes medians of shuffled repetitions.

#include <string>

#include <benchmark/benchmark.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/ops/affine.hpp>

#include "support/fma_peak.hpp"

namespace {

using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
namespace ops = gradus::ops;

struct Size {
  Index batch, in, out;

  std::string name() const {
    return std::to_string(batch) + "x" + std::to_string(in) + "x" + std::to_string(out);
  }
};

struct Layer {
  explicit Layer(Size size) : shape(size) {}

  Size shape;
  gradus::Generator random{0};
  Tensor<float> x = Tensor<float>::randn(Shape{shape.batch, shape.in}, random);
  Tensor<float> weight = Tensor<float>::randn(Shape{shape.out, shape.in}, random);
  Tensor<float> dweight{Shape{shape.out, shape.in}};
  Tensor<float> y = Tensor<float>::randn(Shape{shape.batch, shape.out}, random);
  Tensor<float> dx{Shape{shape.batch, shape.in}};
};

void count_flops(benchmark::State& state, double flops) {
  state.counters["FLOPS"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

template <class Product>
void add(const std::string& name, Size size, Product product) {
  benchmark::RegisterBenchmark((name + "/" + size.name()).c_str(), [=](benchmark::State& state) {
    Layer layer(size);
    for (auto _ : state) {
      product(layer);
      benchmark::ClobberMemory();
    }
    count_flops(state, static_cast<double>(2 * size.batch * size.in * size.out));
  });
}

void add_layer(Size size) {
  add("gradus/y", size, [](Layer& l) { ops::affine<float>(l.x, l.weight, {}, l.y); });
  add("eigen/y", size,
      [](Layer& l) { l.y.matrix().noalias() = l.x.matrix() * l.weight.matrix().transpose(); });
  add("gradus/dW", size, [](Layer& l) { ops::affine_weight_gradient<float>(l.x, l.y, l.dweight); });
  add("eigen/dW", size,
      [](Layer& l) { l.dweight.matrix().noalias() += l.y.matrix().transpose() * l.x.matrix(); });
  add("gradus/dx", size, [](Layer& l) { ops::affine_input_gradient<float>(l.y, l.weight, l.dx); });
  add("eigen/dx", size, [](Layer& l) { l.dx.matrix().noalias() = l.y.matrix() * l.weight.matrix(); });
}

void multiply_add(benchmark::State& state) {
  using bench::detail::Width;
  for (auto _ : state) bench::detail::multiply_and_add<Width::widest>();
  const Index operations =
      2 * bench::detail::rounds * bench::detail::chains * bench::detail::lanes(Width::widest);
  count_flops(state, static_cast<double>(operations));
}
BENCHMARK(multiply_add);

}  // namespace

int main(int argc, char** argv) {
  for (const Index batch : {256, 16, 1}) {
    add_layer({batch, 784, 256});
    add_layer({batch, 256, 10});
  }
  add_layer({256, 784, 1024});
  add_layer({256, 1024, 1024});
  add_layer({256, 1024, 10});
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
