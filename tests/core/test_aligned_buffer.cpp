// SPDX-License-Identifier: MIT

#include <cstdint>
#include <limits>
#include <new>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/core/aligned_buffer.hpp>

#include "../support/child_process.hpp"

namespace {

using gradus::Index;
using Buffer = gradus::detail::AlignedBuffer<double>;

bool is_aligned(const void* memory) {
  return reinterpret_cast<std::uintptr_t>(memory) % gradus::tensor_alignment == 0;
}

}  // namespace

TEST_CASE("AlignedBuffer: starts on a cache line, whatever its size") {
  CHECK(gradus::tensor_alignment == 64);
  for (Index size = 1; size < 200; ++size) CHECK(is_aligned(Buffer(size).data()));
  CHECK(is_aligned(gradus::detail::AlignedBuffer<char>(1).data()));
  CHECK(is_aligned(Buffer(1 << 20).data()));
}

TEST_CASE("AlignedBuffer: capacity grows and never shrinks") {
  Buffer buffer;
  CHECK(buffer.data() == nullptr);
  CHECK(buffer.capacity() == 0);
  buffer.reserve(0);
  CHECK(buffer.data() == nullptr);
  buffer.reserve(10);
  const double* const memory = buffer.data();
  buffer.reserve(3);
  buffer.reserve(0);
  buffer.reserve(10);
  CHECK(buffer.data() == memory);
  CHECK(buffer.capacity() == 10);
  buffer.reserve(11);
  CHECK(buffer.capacity() == 11);
}

TEST_CASE("AlignedBuffer: a move takes the memory and leaves none behind") {
  Buffer from(10);
  double* const memory = from.data();
  Buffer to(std::move(from));
  CHECK(to.data() == memory);
  CHECK(to.capacity() == 10);
  CHECK(from.data() == nullptr);
  CHECK(from.capacity() == 0);
  Buffer other(3);
  other = std::move(to);
  CHECK(other.data() == memory);
  CHECK(other.capacity() == 10);
  CHECK(to.capacity() == 0);
  to.reserve(2);
  CHECK(to.data() != nullptr);
  Buffer& same = other;
  other = std::move(same);
  CHECK(other.data() == memory);
  CHECK(other.capacity() == 10);
}

TEST_CASE("AlignedBuffer: more bytes than the address space throw and change nothing") {
  Buffer buffer(4);
  buffer.data()[3] = 7;
  double* const memory = buffer.data();
  CHECK_THROWS_AS(buffer.reserve(std::numeric_limits<Index>::max()), std::bad_alloc);
  // 8 n bytes overflow to 8.
  CHECK_THROWS_AS(buffer.reserve(std::numeric_limits<Index>::max() / 4 + 2), std::bad_alloc);
  CHECK(buffer.data() == memory);
  CHECK(buffer.capacity() == 4);
  CHECK(buffer.data()[3] == 7);
}

TEST_CASE("AlignedBuffer: sizes that would overflow when rounded up to the alignment are refused") {
  constexpr Index most = std::numeric_limits<Index>::max();
  Buffer doubles;
  CHECK_THROWS_AS(doubles.reserve(most / 4), std::bad_alloc);  // 2^64 - 8 bytes
  CHECK(doubles.data() == nullptr);
  if (gradus::test::is_sanitized) return;  // AddressSanitizer would end the program instead
  gradus::detail::AlignedBuffer<char> bytes;
  CHECK_THROWS_AS(bytes.reserve(most), std::bad_alloc);
}
