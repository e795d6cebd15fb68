// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/train/main_process.hpp>

namespace {

struct Alone {};
struct Second {
  bool is_main() const { return false; }
};

}  // namespace

TEST_CASE("is_main: true unless a trainer denies it") {
  CHECK(gradus::detail::is_main(Alone{}));
  CHECK_FALSE(gradus::detail::is_main(Second{}));
}
