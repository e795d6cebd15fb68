// SPDX-License-Identifier: MIT

#include <cmath>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/train/metric_set.hpp>

namespace {

using gradus::ArgumentError;
using gradus::Index;
using gradus::NamedMetric;
using gradus::Tensor;
using gradus::TensorView;
using Set = gradus::detail::MetricSet<float, gradus::nn::SoftmaxCrossEntropy<float>>;

double first_output(TensorView<const float> outputs, std::span<const Index>) {
  return static_cast<double>(outputs.data()[0]);
}

}  // namespace

TEST_CASE("MetricSet: batches are weighted by their number of samples until reset") {
  Set metrics;
  metrics.add_metric("first", first_output);
  const std::vector<Index> three{0, 0, 0}, one{0};
  metrics.add(Tensor<float>{{2}, {0}, {0}}, std::span<const Index>(three));
  metrics.add(Tensor<float>{{6}}, std::span<const Index>(one));
  std::vector<NamedMetric> named;
  metrics.write(named);
  REQUIRE(named.size() == 1);
  CHECK(named[0].name == "first");
  CHECK(named[0].value == 3);  // (3 x 2 + 1 x 6) / 4
  metrics.reset();
  metrics.write(named);
  CHECK(std::isnan(named[0].value));
}

TEST_CASE("MetricSet: an empty or duplicate name is refused") {
  Set metrics;
  metrics.add_metric("first", first_output);
  CHECK_THROWS_WITH_AS(metrics.add_metric("first", first_output),
                       "Trainer: a metric is named 'first', expected a unique name that is not empty",
                       ArgumentError);
  CHECK_THROWS_AS(metrics.add_metric("", first_output), ArgumentError);
  std::vector<NamedMetric> named;
  metrics.write(named);
  CHECK(named.size() == 1);
}
