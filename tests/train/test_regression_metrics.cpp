// SPDX-License-Identifier: MIT

#include <cmath>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/train/metric.hpp>
#include <gradus/train/regression_metrics.hpp>

#include "../support/memory_archive.hpp"

using gradus::Index;
using gradus::MeanAbsoluteError;
using gradus::R2;
using gradus::RootMeanSquaredError;
using gradus::Tensor;

static_assert(gradus::AccumulatingMetric<MeanAbsoluteError> &&
              gradus::AccumulatingMetric<RootMeanSquaredError> && gradus::AccumulatingMetric<R2>);

namespace {

// The example in scikit-learn's documentation of r2_score, mean_absolute_error and mean_squared_error:
// 0.9486081370449679, 0.5 and 0.375.
const Tensor<double> targets{{3}, {-0.5}, {2}, {7}};
const Tensor<double> outputs{{2.5}, {0.0}, {2}, {8}};

template <class Metric>
double in_batches(Metric metric, const Tensor<double>& y, const Tensor<double>& t, Index size) {
  for (Index i = 0; i < y.shape()[0]; i += size) metric.add(y.slice(i, i + size), t.slice(i, i + size));
  return metric.value();
}

}  // namespace

TEST_CASE(
    "R2, MeanAbsoluteError, RootMeanSquaredError: equal scikit-learn's values, in batches of any size") {
  for (const Index size : {1, 2, 4}) {
    CHECK(in_batches(MeanAbsoluteError{}, outputs, targets, size) == doctest::Approx(0.5).epsilon(1e-12));
    CHECK(in_batches(RootMeanSquaredError{}, outputs, targets, size) ==
          doctest::Approx(std::sqrt(0.375)).epsilon(1e-12));
    CHECK(in_batches(R2{}, outputs, targets, size) == doctest::Approx(0.9486081370449679).epsilon(1e-12));
  }
}

TEST_CASE("R2: is the mean over columns, accurate far from 0, and NaN for constant targets") {
  // r2_score([[0.5, 1], [-1, 1], [7, -6]], [[0, 2], [-1, 2], [8, -5]]) in scikit-learn's documentation with
  // multioutput='uniform_average': 0.936800526662...
  Tensor<double> t{{0.5, 1}, {-1, 1}, {7, -6}}, y{{0, 2}, {-1, 2}, {8, -5}};
  CHECK(in_batches(R2{}, y, t, 1) == doctest::Approx(0.9368005266622779).epsilon(1e-12));
  t.array() += 1e8;
  y.array() += 1e8;
  CHECK(in_batches(R2{}, y, t, 1) == doctest::Approx(0.9368005266622779).epsilon(1e-6));
  const Tensor<double> constant{{1}, {1}};
  CHECK(std::isnan(in_batches(R2{}, constant, constant, 2)));
}

TEST_CASE(
    "R2, MeanAbsoluteError, RootMeanSquaredError: NaN without batches, and mismatched shapes are refused") {
  MeanAbsoluteError mae;
  RootMeanSquaredError rmse;
  R2 r2;
  CHECK(std::isnan(mae.value()));
  CHECK(std::isnan(rmse.value()));
  CHECK(std::isnan(r2.value()));
  const Tensor<double> one{{1}}, two{{1, 2}};
  CHECK_THROWS_AS(mae.add(one.view(), two.view()), gradus::ShapeError);
  CHECK_THROWS_AS(rmse.add(one.view(), two.view()), gradus::ShapeError);
  CHECK_THROWS_AS(r2.add(one.view(), two.view()), gradus::ShapeError);
  r2.add(one.view(), one.view());
  CHECK_THROWS_AS(r2.add(two.view(), two.view()), gradus::ShapeError);
  r2.reset();
  CHECK_NOTHROW(r2.add(two.view(), two.view()));
}

TEST_CASE_TEMPLATE("R2, MeanAbsoluteError, RootMeanSquaredError: continue from a saved state", Metric,
                   MeanAbsoluteError, RootMeanSquaredError, R2) {
  Metric whole;
  whole.add(outputs.view(), targets.view());
  Metric first, second;
  first.add(outputs.slice(0, 3), targets.slice(0, 3));
  gradus::test::MemoryArchive archive;
  first.serialize(archive);
  archive.loading = true;
  second.serialize(archive);
  second.add(outputs.slice(3, 4), targets.slice(3, 4));
  CHECK(second.value() == whole.value());
  first.reset();
  first.add(outputs.view(), targets.view());
  CHECK(first.value() == whole.value());
}
