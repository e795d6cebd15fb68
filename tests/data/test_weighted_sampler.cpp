// SPDX-License-Identifier: MIT

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/data/loader.hpp>
#include <gradus/data/weighted_sampler.hpp>

using namespace gradus;

TEST_CASE("WeightedSampler: draws samples in proportion to their weights") {
  std::vector<double> weights(10'000, 0.0);
  weights[3] = 1;
  weights[5000] = 3;
  const WeightedSampler sampler(weights);
  std::vector<Index> samples(weights.size());
  Generator random(1);
  sampler(samples, random);
  const auto first = std::ranges::count(samples, 3), second = std::ranges::count(samples, 5000);
  CHECK(first + second == 10'000);
  CHECK(first > 2300);
  CHECK(first < 2700);
}

TEST_CASE("WeightedSampler: refuses invalid weights and a wrong number of samples") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double largest = std::numeric_limits<double>::max();
  using Weights = std::vector<double>;
  for (const Weights& bad :
       {Weights{}, Weights{0, 0}, Weights{1, -1}, Weights{nan}, Weights{infinity}, Weights{largest, largest}})
    CHECK_THROWS_AS(WeightedSampler{bad}, ArgumentError);
  Generator random(1);
  std::vector<Index> three(3);
  CHECK_THROWS_WITH_AS((WeightedSampler{Weights{1, 2}}(three, random)),
                       "WeightedSampler: got 2 weights for 3 samples, expected one per sample",
                       ArgumentError);
}

TEST_CASE("Loader: trains on the samples of a sampler and evaluates every sample") {
  Dataset<float, Index> data{Tensor<float>(Shape{400, 1}), Tensor<Index>(Shape{400}), 2};
  for (Index i = 0; i < 400; ++i) data.labels(i) = i % 40 == 0 ? 1 : 0;
  Loader<float, float, Index> loader(
      data, {.batch_size = 16, .sampler = WeightedSampler{balanced_weights(data.labels.span())}});
  Generator random(1);
  Index rare = 0, seen = 0;
  for (const auto& batch : loader.training_epoch(random)) {
    rare += std::ranges::count(batch.labels, Index{1});
    seen += batch.size();
  }
  CHECK(seen == 400);
  CHECK(rare > 150);
  CHECK(rare < 250);
  rare = 0;
  for (const auto& batch : loader.evaluation_epoch()) rare += std::ranges::count(batch.labels, Index{1});
  CHECK(rare == 10);
}

TEST_CASE("Loader: refuses samples that do not exist") {
  Dataset<float, Index> data{Tensor<float>(Shape{4, 1}), Tensor<Index>(Shape{4}), 2};
  for (const Index wrong : {Index{-1}, Index{4}}) {
    Loader<float, float, Index> loader(
        data, {.sampler = [=](std::span<Index> samples, Generator&) { std::ranges::fill(samples, wrong); }});
    Generator random(1);
    CHECK_THROWS_AS(loader.training_epoch(random), IndexError);
  }
}
