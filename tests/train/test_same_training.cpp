// SPDX-License-Identifier: MIT

#include <mutex>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/nn/batch_norm.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/train/same_training.hpp>

#include "../support/thread_group.hpp"

using namespace gradus;
using gradus::test::ThreadGroup;

TEST_CASE("broadcast_state: all processes get parameters, buffers and counters of process 0") {
  std::mutex mutex;
  ThreadGroup::run(3, [&](ProcessGroup& group) {
    Generator random(static_cast<std::uint64_t>(group.rank()));
    nn::BatchNorm1d<float> norm(2);
    norm.running_mean.fill(static_cast<float>(group.rank() + 3));
    norm.num_batches_tracked = 10 + group.rank();
    nn::Sequential net{nn::Linear{3, 2, random}, std::move(norm)};
    CHECK_NOTHROW(detail::broadcast_state(group, net));
    detail::check_same_state(group, net, Generator(1), 1);
    const std::lock_guard lock(mutex);
    nn::visit_buffers(net, [&](std::string_view name, Tensor<float>& tensor) {
      if (name == "1.running_mean") CHECK(tensor(0) == 3);
    });
    nn::visit_counters(net, [&](std::string_view, std::int64_t& count) { CHECK(count == 10); });
  });
}

TEST_CASE("check_same_state: names the epoch, the process and the parameter that has changed") {
  CHECK_THROWS_WITH_AS(ThreadGroup::run(2,
                                        [](ProcessGroup& group) {
                                          Generator random(1);
                                          nn::Sequential net{nn::Linear{3, 2, random}};
                                          if (group.rank() == 1) net.named_parameters()[1]->value(0) += 1;
                                          detail::check_same_state(group, net, random, 4);
                                        }),
                       doctest::Contains("process 1 has parameter 0.bias after epoch 4 with fingerprint"),
                       StateError);
}

TEST_CASE("check_same_state: a process whose generator has drawn another number is found") {
  CHECK_THROWS_WITH_AS(ThreadGroup::run(2,
                                        [](ProcessGroup& group) {
                                          Generator random(1);
                                          nn::Sequential net{nn::Linear{3, 2, random}};
                                          if (group.rank() == 1) random.next();
                                          detail::check_same_state(group, net, random, 4);
                                        }),
                       doctest::Contains("process 1 has random generator after epoch 4 with fingerprint"),
                       StateError);
}

TEST_CASE("describe_loss: processes with different settings of a loss disagree") {
  CHECK_THROWS_WITH_AS(
      ThreadGroup::run(
          2,
          [](ProcessGroup& group) {
            detail::Agreement agreement;
            detail::describe_loss(
                agreement, nn::SoftmaxCrossEntropy<float>{.label_smoothing = group.rank() == 1 ? 0.5 : 0.25});
            agreement.check(group);
          }),
      doctest::Contains("process 1 has label smoothing 0.5, expected 0.25 as in process 0"), StateError);
}
