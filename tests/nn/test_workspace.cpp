// SPDX-License-Identifier: MIT

#include <utility>

#include <doctest/doctest.h>

#include <gradus/nn/workspace.hpp>

using gradus::nn::detail::FreshWhenCopied;

TEST_SUITE("workspace") {
  TEST_CASE("FreshWhenCopied: a copy starts empty, and a move leaves nothing behind") {
    FreshWhenCopied<int> memory;
    memory.value = 7;
    FreshWhenCopied<int> copy = memory;
    CHECK(copy.value == 0);
    copy.value = 3;
    FreshWhenCopied<int> moved = std::move(memory);
    CHECK(moved.value == 7);
    CHECK(memory.value == 0);
    copy = std::move(moved);
    CHECK(copy.value == 7);
    CHECK(moved.value == 0);
    copy = memory;
    CHECK(copy.value == 0);
  }

  TEST_CASE("TrainingWorkspace: has no input before the first forward") {
    CHECK_FALSE(gradus::nn::TrainingWorkspace<float>{}.input.has_value());
  }
}
