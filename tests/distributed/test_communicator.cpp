// SPDX-License-Identifier: MIT

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/distributed/communicator.hpp>

#include "world.hpp"

using gradus::Index;
using gradus::test::world;

TEST_CASE("mpi::Communicator: ranks go from 0 to size - 1, and the first is the main process") {
  CHECK(world().rank() >= 0);
  CHECK(world().rank() < world().size());
  CHECK(world().is_main() == (world().rank() == 0));
  CHECK(world().part() == gradus::Part{world().rank(), world().size()});
  CHECK(world().on_this_machine().size() == world().size());
  CHECK(world().on_this_machine().rank() == world().rank());
}

TEST_CASE("mpi::Communicator: sums over all processes") {
  const auto rank = static_cast<double>(world().rank()), size = static_cast<double>(world().size());
  const double ranks = size * (size - 1) / 2;
  std::array<double, 3> numbers{rank, 1, -2 * rank};
  world().sum(numbers);
  CHECK(numbers == std::array<double, 3>{ranks, size, -2 * ranks});

  std::vector<float> first(100'000, static_cast<float>(rank));
  std::vector<double> second(7, rank + 1);
  world().begin_sum(first);
  world().begin_sum(second);
  world().finish_sums();
  CHECK(first == std::vector<float>(first.size(), static_cast<float>(ranks)));
  CHECK(second == std::vector<double>(second.size(), ranks + size));
  world().finish_sums();  // none begun
}

TEST_CASE("mpi::Communicator: broadcasts the bytes of process 0") {
  std::vector<std::byte> bytes(1000, static_cast<std::byte>(world().rank() + 5));
  world().broadcast(bytes);
  CHECK(bytes == std::vector<std::byte>(1000, std::byte{5}));
  world().broadcast({});
}

TEST_CASE("mpi::Communicator: gathers different numbers of bytes in the order of ranks") {
  const std::vector<std::byte> own(static_cast<std::size_t>(world().rank()),
                                   static_cast<std::byte>(world().rank()));
  std::vector<std::byte> expected;
  for (Index rank = 0; rank < world().size(); ++rank)
    expected.insert(expected.end(), static_cast<std::size_t>(rank), static_cast<std::byte>(rank));
  CHECK(world().gather(own) == expected);
}

TEST_CASE("mpi::Communicator: does not receive messages of the communicator that it was made from") {
  const gradus::mpi::Communicator copy(world().native());
  int comparison = 0;
  MPI_Comm_compare(copy.native(), world().native(), &comparison);
  CHECK(comparison == MPI_CONGRUENT);
}
