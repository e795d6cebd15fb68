// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/ops/loss_reduction.hpp>
#include <gradus/train/running_metrics.hpp>

namespace {

using gradus::Index;
using gradus::Metrics;
using gradus::detail::RunningMetrics;

struct MeanLoss {};
struct SumLoss {
  gradus::ops::Reduction reduction = gradus::ops::Reduction::sum;
};

struct Counted {
  double loss;
  Index correct, count;
};
struct Weighted {
  double loss, weight;
};
struct Totalled {
  double loss, weight, total;
};

}  // namespace

TEST_CASE("RunningMetrics: averages are NaN without samples") {
  const Metrics metrics = RunningMetrics{}.average();
  CHECK(std::isnan(metrics.loss));
  CHECK(std::isnan(metrics.accuracy));
  CHECK(metrics.samples == 0);
}

TEST_CASE("RunningMetrics: means are weighted by the batch size, sums by 1") {
  RunningMetrics means, sums;
  means.add(MeanLoss{}, 2.0, 3);
  means.add(MeanLoss{}, 6.0, 1);
  sums.add(SumLoss{}, 6.0, 3);
  sums.add(SumLoss{}, 6.0, 1);
  CHECK(means.average().loss == 3);
  CHECK(sums.average().loss == 3);
  CHECK(means.average().samples == 4);
  CHECK(std::isnan(means.average().accuracy));
}

TEST_CASE("RunningMetrics: the accuracy is over the samples that count") {
  RunningMetrics metrics;
  metrics.add(MeanLoss{}, Counted{1, 2, 4}, 6);  // two of six samples are ignored
  metrics.add(MeanLoss{}, Counted{4, 1, 2}, 2);
  CHECK(metrics.average().accuracy == 0.5);
  CHECK(metrics.average().samples == 6);
  CHECK(metrics.average().loss == 2);
}

TEST_CASE("RunningMetrics: a reported weight replaces the sample count, a reported total both") {
  RunningMetrics weighted, totalled;
  weighted.add(MeanLoss{}, Weighted{2, 0.5}, 10);
  weighted.add(MeanLoss{}, Weighted{6, 1.5}, 10);
  CHECK(weighted.average().loss == 5);
  totalled.add(MeanLoss{}, Totalled{0, 0, 3}, 1);  // samples of weight 0
  totalled.add(MeanLoss{}, Totalled{2, 1, 2}, 1);
  CHECK(totalled.average().loss == 5);
  RunningMetrics weightless;
  weightless.add(MeanLoss{}, Weighted{0, 0}, 2);
  CHECK(weightless.average().loss == 0);
}
