// SPDX-License-Identifier: MIT

#include <mutex>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/train/gradient_exchange.hpp>

#include "../support/thread_group.hpp"

using gradus::Index;
using gradus::ProcessGroup;
using gradus::Shape;
using gradus::Tensor;
using gradus::detail::GradientExchange;
using gradus::test::ThreadGroup;
namespace nn = gradus::nn;

TEST_CASE("GradientExchange: sums small, large and zero gradients and leaves frozen ones alone") {
  std::mutex mutex;
  ThreadGroup::run(3, [&](ProcessGroup& group) {
    // Two of 0.6 buckets do not fit into one, and the last one is sent where it is.
    const Index bucket = GradientExchange<double>::bucket_size;
    const std::vector<Index> sizes{3, bucket * 6 / 10, bucket * 6 / 10, 5, 2, bucket + 1};
    std::vector<nn::Parameter<double>> parameters;
    for (const Index size : sizes) parameters.emplace_back(Tensor<double>(Shape{size}));
    std::vector<nn::NamedParameter<double>> named;
    for (auto& parameter : parameters) named.push_back({"p", &parameter});
    parameters[4].requires_grad = false;
    GradientExchange<double> exchange;
    for (int repeat = 0; repeat < 2; ++repeat) {
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        parameters[i].zero_grad();
        if (i != 3)
          parameters[i].grad().fill(static_cast<double>(group.rank() + 1) * static_cast<double>(i + 1));
      }
      exchange.sum(group, named);
      const std::lock_guard lock(mutex);
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        const double own = static_cast<double>(group.rank() + 1) * static_cast<double>(i + 1);
        const double expected = i == 3 ? 0 : i == 4 ? own : 6 * static_cast<double>(i + 1);
        CHECK((parameters[i].grad().array() == expected).all());
      }
    }
  });
}
