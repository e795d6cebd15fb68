// SPDX-License-Identifier: MIT

#include <cstddef>
#include <limits>
#include <type_traits>

#include <doctest/doctest.h>

#include <gradus/core/index.hpp>

using gradus::Index;
using gradus::IndexedArray;

static_assert(std::is_same_v<decltype(gradus::to_size(Index{3})), std::size_t>);
static_assert(gradus::to_size(std::numeric_limits<Index>::max()) ==
              std::numeric_limits<std::size_t>::max() / 2);

TEST_CASE("IndexedArray: elements are accessed by Index") {
  constexpr IndexedArray<int, 4> numbers{{1, 2, 3, 4}};
  static_assert(numbers.size() == 4 && numbers[Index{2}] == 3);
  static_assert(sizeof(numbers) == 4 * sizeof(int));
  IndexedArray<int, 4> copy = numbers;
  CHECK(copy == numbers);
  for (Index i = 0; i < 4; ++i) copy[i] = static_cast<int>(10 * i);
  CHECK_FALSE(copy == numbers);
  CHECK(copy[3] == 30);
  CHECK(*(copy.end() - 1) == 30);
  CHECK(IndexedArray<int, 3>{} == IndexedArray<int, 3>{{0, 0, 0}});
}
