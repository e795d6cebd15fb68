// SPDX-License-Identifier: MIT

#include <functional>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/train/agreement.hpp>

#include "../support/thread_group.hpp"

using gradus::Index;
using gradus::ProcessGroup;
using gradus::StateError;
using gradus::detail::Agreement;
using gradus::test::ThreadGroup;

namespace {

void check(const std::function<void(Agreement&, Index rank)>& describe) {
  ThreadGroup::run(3, [&](ProcessGroup& group) {
    Agreement agreement;
    agreement.add("seed", Index{7});
    describe(agreement, group.rank());
    agreement.check(group);
  });
}

}  // namespace

TEST_CASE("Agreement: equal facts pass") {
  CHECK_NOTHROW(check([](Agreement& agreement, Index) { agreement.add("rate", 0.5); }));
}

TEST_CASE("Agreement: the message names each process that differs, and how") {
  CHECK_THROWS_WITH_AS(
      check([](Agreement& agreement, Index rank) {
        agreement.add("rate", rank == 0 ? 0.5 : 0.25 * static_cast<double>(rank));
      }),
      "Trainer: the processes disagree: process 1 has rate 0.25, expected 0.5 as in process 0", StateError);
  CHECK_THROWS_WITH_AS(
      check([](Agreement& agreement, Index rank) { agreement.add("layer", rank == 0 ? "a" : "b"); }),
      "Trainer: the processes disagree: process 1 has layer b, expected a as in process 0; process 2 has "
      "layer b, "
      "expected a as in process 0",
      StateError);
}

TEST_CASE("Agreement: an additional or missing fact is a difference") {
  CHECK_THROWS_WITH_AS(
      check([](Agreement& agreement, Index rank) {
        if (rank == 1) agreement.add("parameter 2.weight", "[3]");
      }),
      doctest::Contains("process 1 has parameter 2.weight [3], expected none as in process 0"), StateError);
  CHECK_THROWS_WITH_AS(check([](Agreement& agreement, Index rank) {
                         if (rank != 2) agreement.add("parameter 2.weight", "[3]");
                       }),
                       doctest::Contains("process 2 has no parameter 2.weight, expected [3] as in process 0"),
                       StateError);
  CHECK_THROWS_WITH_AS(
      check([](Agreement& agreement, Index rank) { agreement.add(rank == 2 ? "bias" : "weight", "[3]"); }),
      doctest::Contains("process 2 has bias [3], expected weight [3] as in process 0"), StateError);
}
