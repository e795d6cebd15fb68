// SPDX-License-Identifier: MIT

/// Measures single predictions with five small networks: `predict` with a workspace, Predictor and
/// StaticPredictor, against hand-written Eigen with fixed and dynamic sizes in both layouts. Checks first
/// that all outputs agree to 1e-6, then prints a table of nanoseconds, medians of interleaved rounds.
///
/// usage: small_networks [REPETITIONS] [--quick]

// The fixed-size networks are on the heap, so their 784 x 256 matrices need no limit.
#define EIGEN_STACK_ALLOCATION_LIMIT 0

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gradus/nn.hpp>

#include "support/build.hpp"
#include "support/eigen_network.hpp"
#include "support/options.hpp"
#include "support/timing.hpp"

namespace {

using gradus::Index;
using gradus::nn::Activation;
namespace nn = gradus::nn;

/// Returns Linear layers of these sizes with the activation between them.
nn::Sequential<float> make_network(const std::vector<Index>& sizes, Activation activation) {
  gradus::Generator random(0);
  nn::Sequential<float> net;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    net.push_back(nn::Linear<float>(sizes[i - 1], sizes[i], random));
    if (i + 1 == sizes.size()) break;
    if (activation == Activation::relu) net.push_back(nn::ReLU<float>{});
    if (activation == Activation::tanh) net.push_back(nn::Tanh<float>{});
    if (activation == Activation::elu) net.push_back(nn::ELU<float>{});
  }
  return net;
}

struct Candidate {
  const char* name;
  std::function<void(const float* x, float* y)> predict;
  bench::Samples nanoseconds = {};
};

/// Measures all candidates in turn on one sample and prints a row.
void compare(const char* name, std::vector<Candidate>& candidates, Index in, Index out, int rounds,
             int calls) {
  gradus::Generator random(1);
  const auto x = gradus::Tensor<float>::randn(gradus::Shape{in}, random);
  std::vector<float> expected(gradus::to_size(out)), y = expected;
  candidates.front().predict(x.data(), expected.data());
  const float largest =
      std::abs(*std::ranges::max_element(expected, {}, [](float value) { return std::abs(value); }));
  for (const Candidate& candidate : candidates) {
    candidate.predict(x.data(), y.data());
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (std::abs(y[i] - expected[i]) <= 1e-6f * largest) continue;
      std::fprintf(stderr, "%s, %s: output %zu is %g, expected %g\n", name, candidate.name, i,
                   static_cast<double>(y[i]), static_cast<double>(expected[i]));
      std::exit(1);
    }
  }
  volatile float sink = 0;
  for (int round = 0; round < rounds; ++round)
    for (Candidate& candidate : candidates)
      candidate.nanoseconds.add(1e9 / calls * bench::seconds([&] {
                                  for (int call = 0; call < calls; ++call) {
                                    candidate.predict(x.data(), y.data());
                                    sink = y[0];
                                  }
                                }));
  std::printf("| %s |", name);
  for (const Candidate& candidate : candidates) std::printf(" %.0f |", candidate.nanoseconds.median());
  // Columns 3 to 6 are Eigen's.
  double by_hand = candidates[3].nanoseconds.median();
  for (std::size_t i = 4; i < candidates.size(); ++i)
    by_hand = std::min(by_hand, candidates[i].nanoseconds.median());
  for (std::size_t i = 0; i < 3; ++i) std::printf(" %.2f |", candidates[i].nanoseconds.median() / by_hand);
  std::printf("\n");
}

template <Activation activation, int... sizes, auto... parameters>
void measure(const char* name, std::integer_sequence<int, sizes...>,
             std::unique_ptr<nn::StaticPredictor<parameters...>>& fixed, const bench::Options& options,
             int calls) {
  const std::vector<Index> all{sizes...};
  const nn::Sequential<float> net = make_network(all, activation);
  const auto layers = nn::dense_layers(net);
  const nn::Predictor<float> predictor(net);
  fixed = std::make_unique<nn::StaticPredictor<parameters...>>(net);
  nn::Workspace<float> workspace;
  const Index in = all.front(), out = all.back();
  bench::DynamicEigenNetwork<Eigen::RowMajor> dynamic_rows(layers);
  bench::DynamicEigenNetwork<Eigen::ColMajor> dynamic_columns(layers);
  const auto fixed_rows =
      std::make_unique<bench::FixedEigenNetwork<Eigen::RowMajor, activation, sizes...>>(layers);
  const auto fixed_columns =
      std::make_unique<bench::FixedEigenNetwork<Eigen::ColMajor, activation, sizes...>>(layers);
  const auto span_in = [in](const float* x) { return std::span<const float>(x, gradus::to_size(in)); };
  const auto span_out = [out](float* y) { return std::span<float>(y, gradus::to_size(out)); };
  std::vector<Candidate> candidates;
  candidates.push_back({"predict", [&](const float* x, float* y) {
                          const auto& result = net.predict(
                              gradus::TensorView<const float>(x, gradus::Shape{1, in}), workspace);
                          std::copy_n(result.data(), out, y);
                        }});
  candidates.push_back({"Predictor", [&](const float* x, float* y) { predictor(span_in(x), span_out(y)); }});
  candidates.push_back(
      {"StaticPredictor", [&](const float* x, float* y) { (*fixed)(span_in(x), span_out(y)); }});
  candidates.push_back({"fixed, rows", [&](const float* x, float* y) { (*fixed_rows)(x, y); }});
  candidates.push_back({"fixed, columns", [&](const float* x, float* y) { (*fixed_columns)(x, y); }});
  candidates.push_back({"dynamic, rows", [&](const float* x, float* y) { dynamic_rows(x, y); }});
  candidates.push_back({"dynamic, columns", [&](const float* x, float* y) { dynamic_columns(x, y); }});
  compare(name, candidates, in, out, options.quick ? 1 : options.repetitions, options.quick ? 10 : calls);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, 15);
  bench::print_build();
  std::printf(
      "| ns | predict | Predictor | StaticPredictor | Eigen fixed, rows | fixed, columns | dynamic, rows | "
      "dynamic, columns | predict / best Eigen | Predictor / best Eigen | StaticPredictor / best Eigen |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
  constexpr auto relu = Activation::relu, tanh = Activation::tanh, elu = Activation::elu;
  std::unique_ptr<nn::StaticPredictor<784, 256, relu, 10>> a;
  measure<relu>("A 784-256-10 ReLU", std::integer_sequence<int, 784, 256, 10>{}, a, options, 2000);
  std::unique_ptr<nn::StaticPredictor<48, 256, tanh, 128, tanh, 64, tanh, 12>> b;
  measure<tanh>("B 48-256-128-64-12 tanh", std::integer_sequence<int, 48, 256, 128, 64, 12>{}, b, options,
                5000);
  std::unique_ptr<nn::StaticPredictor<48, 256, elu, 128, elu, 64, elu, 12>> b_elu;
  measure<elu>("B 48-256-128-64-12 ELU", std::integer_sequence<int, 48, 256, 128, 64, 12>{}, b_elu, options,
               5000);
  std::unique_ptr<nn::StaticPredictor<4, 32, tanh, 32, tanh, 2>> c;
  measure<tanh>("C 4-32-32-2 tanh", std::integer_sequence<int, 4, 32, 32, 2>{}, c, options, 50000);
  std::unique_ptr<nn::StaticPredictor<1, 16, tanh, 16, tanh, 1>> d;
  measure<tanh>("D 1-16-16-1 tanh", std::integer_sequence<int, 1, 16, 16, 1>{}, d, options, 50000);
}
