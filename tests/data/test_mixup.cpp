// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/mixup.hpp>

namespace {

using gradus::Dataset;
using gradus::Generator;
using gradus::Index;
using gradus::Loader;
using gradus::MixupLoader;
using gradus::Shape;
using gradus::Tensor;

/// Returns N images [2, 2]; all pixels of image i are i, and so is its label.
Dataset<> constant_images(Index n) {
  Dataset<> data{Tensor<std::uint8_t>(Shape{n, 2, 2}), Tensor<Index>(Shape{n}), n, {}, ""};
  for (Index i = 0; i < n; ++i) {
    for (Index pixel = 0; pixel < 4; ++pixel)
      data.inputs.data()[4 * i + pixel] = static_cast<std::uint8_t>(i);
    data.labels(i) = i;
  }
  return data;
}

}  // namespace

TEST_CASE("symmetric_beta_variate: samples have the mean and variance of Beta(alpha, alpha)") {
  Generator random(3);
  for (const double alpha : {0.2, 1.0, 3.0, 50.0}) {
    CAPTURE(alpha);
    const int count = 20000;
    double sum = 0, squares = 0;
    for (int i = 0; i < count; ++i) {
      const double x = gradus::detail::symmetric_beta_variate(alpha, random);
      REQUIRE((x >= 0 && x <= 1));
      sum += x;
      squares += (x - 0.5) * (x - 0.5);
    }
    const double variance = 1 / (4 * (2 * alpha + 1));
    CHECK(std::abs(sum / count - 0.5) < 4 * std::sqrt(variance / count));
    CHECK(squares / count == doctest::Approx(variance).epsilon(0.05));
  }
  // With so small an alpha that the underlying gamma variates underflow, the results are 0 or 1, never NaN.
  int ones = 0;
  for (int i = 0; i < 1000; ++i) {
    const double x = gradus::detail::symmetric_beta_variate(1e-5, random);
    REQUIRE((x < 1e-6 || x > 1 - 1e-6));
    if (x > 0.5) ++ones;
  }
  CHECK(std::abs(ones - 500) < 60);
}

TEST_CASE("symmetric_beta_variate: Beta(1, 1) is uniform") {
  Generator random(4);
  std::vector<int> bins(10);
  for (int i = 0; i < 20000; ++i) {
    const double x = gradus::detail::symmetric_beta_variate(1, random);
    ++bins[static_cast<std::size_t>(std::min(9, static_cast<int>(10 * x)))];
  }
  for (const int bin : bins) CHECK(std::abs(bin - 2000) < 180);
}

TEST_CASE("MixupLoader: one mixing share per batch, partners are a permutation of the batch") {
  const Dataset<> data = constant_images(10);
  Loader<double> loader(data, {.batch_size = 4, .divisor = 1});
  MixupLoader mixed(loader, 1.0);
  CHECK(mixed.size() == 3);
  Generator random(5);
  std::vector<Index> sizes, seen;
  bool really_mixed = false;
  for (const auto& batch : mixed.training_epoch(random)) {
    sizes.push_back(batch.size());
    const auto& [labels, partners, share] = batch.labels;
    CHECK(batch.x.shape() == Shape{batch.size(), 2, 2});
    CHECK(std::ranges::is_permutation(labels, partners));
    really_mixed = really_mixed || (share > 0.05 && share < 0.95 && !std::ranges::equal(labels, partners));
    for (Index i = 0; i < batch.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const double expected =
          share * static_cast<double>(labels[at]) + (1 - share) * static_cast<double>(partners[at]);
      for (const double pixel : batch.x[i]) CHECK(pixel == doctest::Approx(expected));
      seen.push_back(labels[at]);
    }
  }
  CHECK(really_mixed);
  CHECK(sizes == std::vector<Index>{4, 4, 2});
  std::ranges::sort(seen);
  CHECK(seen == std::vector<Index>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("MixupLoader: evaluation data are not mixed") {
  const Dataset<> data = constant_images(3);
  Loader<float> loader(data, {.divisor = 1});
  MixupLoader mixed(loader, 1.0);
  for (const auto& batch : mixed.evaluation_epoch()) {
    for (Index i = 0; i < 3; ++i) CHECK(batch.x(i, 0, 0) == static_cast<float>(i));
  }
}

TEST_CASE("MixupLoader: alpha must be a positive number") {
  const Dataset<> data = constant_images(3);
  Loader<float> loader(data);
  for (const double alpha : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(MixupLoader(loader, alpha), gradus::ArgumentError);
  }
  CHECK_THROWS_WITH_AS(MixupLoader(loader, -1e-9),
                       "MixupLoader: alpha is -1e-09, expected a positive, finite number",
                       gradus::ArgumentError);
}

TEST_CASE("symmetric_beta_variate: alphas from the smallest to the largest never give NaN") {
  using Limits = std::numeric_limits<double>;
  Generator random(7);
  for (const double alpha : {Limits::denorm_min(), 1e-310, Limits::min(), 1e-308, 1e-300, 1e-100, 1e-10}) {
    CAPTURE(alpha);
    int ones = 0;
    for (int i = 0; i < 400; ++i) {
      const double x = gradus::detail::symmetric_beta_variate(alpha, random);
      REQUIRE((x == 0 || x == 1));
      if (x == 1) ++ones;
    }
    CHECK(std::abs(ones - 200) < 50);
  }
  for (const double alpha : {1e6, 1e16, 1e30, 1e100, 1e307, Limits::max()}) {
    CAPTURE(alpha);
    for (int i = 0; i < 400; ++i) {
      REQUIRE(std::abs(gradus::detail::symmetric_beta_variate(alpha, random) - 0.5) < 3 / std::sqrt(alpha));
    }
  }
}

TEST_CASE("MixupLoader: an alpha of 1e-308 gives batches without NaN") {
  const Dataset<> data = constant_images(10);
  Loader<float> loader(data, {.batch_size = 2});
  MixupLoader mixed(loader, 1e-308);
  Generator random(5);
  for (const auto& batch : mixed.training_epoch(random)) {
    CHECK((batch.labels.share == 0 || batch.labels.share == 1));
    CHECK(batch.x.array().isFinite().all());
  }
}
