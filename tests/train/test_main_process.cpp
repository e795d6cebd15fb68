// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/train/main_process.hpp>

namespace {

struct Alone {};
struct Second {
  bool is_main() const { return false; }
};

}  // namespace

TEST_CASE("is_main: returns true unless the trainer's is_main() returns false") {
  CHECK(gradus::detail::is_main(Alone{}));
  CHECK_FALSE(gradus::detail::is_main(Second{}));
}
