// SPDX-License-Identifier: MIT

#include <utility>

#include <doctest/doctest.h>

#include <gradus/nn/batch_norm.hpp>
#include <gradus/train/snapshot.hpp>

#include "toy_problems.hpp"

TEST_CASE("Snapshot: restores the weights of a network in place") {
  auto net = gradus::test::small_network();
  const auto original = net;
  gradus::Snapshot<float> snapshot(net);
  gradus::Generator random(99);
  net.reset_parameters(random);
  const auto* const before = net.named_parameters()[0]->value.data();
  snapshot.restore(net);
  CHECK(net.named_parameters()[0]->value.data() == before);
  auto expected = original;
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(net.named_parameters()[i]->value == expected.named_parameters()[i]->value);
  }
}

TEST_CASE("Snapshot: works for a const network, and can be copied") {
  const auto net = gradus::test::small_network();
  gradus::Snapshot<float> snapshot(net);
  const gradus::Snapshot<float> copy(snapshot);
  auto other = gradus::test::small_network();
  gradus::Generator random(99);
  other.reset_parameters(random);
  snapshot.take(std::as_const(other));
  copy.restore(other);
  auto expected = net;
  CHECK(other.named_parameters()[0]->value == expected.named_parameters()[0]->value);
}

TEST_CASE("Snapshot: a different network is refused and unchanged") {
  auto net = gradus::test::small_network();
  const gradus::Snapshot<float> snapshot(net);
  gradus::nn::Sequential smaller{gradus::nn::Linear{4, 8}};
  const auto weight = smaller.named_parameters()[0]->value;
  CHECK_THROWS_AS(snapshot.restore(smaller), gradus::ShapeError);
  CHECK(smaller.named_parameters()[0]->value == weight);
  net.push_back(gradus::nn::Linear{3, 3});
  CHECK_THROWS_AS(snapshot.restore(net), gradus::ShapeError);
}

TEST_CASE("Snapshot: includes counters") {
  gradus::nn::Sequential net{gradus::nn::BatchNorm1d{2}};
  auto& count = net[0].as<gradus::nn::BatchNorm1d>().num_batches_tracked;
  count = 7;
  gradus::Snapshot<float> snapshot(net);
  count = 9;
  snapshot.restore(net);
  CHECK(count == 7);
}
