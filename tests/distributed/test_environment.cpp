// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/distributed/environment.hpp>

#include "world.hpp"

TEST_CASE("mpi::Environment: knows the launcher and the library") {
  // tests/distributed/faults.sh tests what ends a job.
  CHECK(gradus::mpi::is_launched());
  const auto processes = gradus::mpi::detail::launched_processes();
  REQUIRE(processes.has_value());
  CHECK(*processes == gradus::test::world().size());
  const std::string library = gradus::mpi::Environment::library();
  CAPTURE(library);
  CHECK((library.starts_with("Open MPI v") || library.starts_with("MPICH Version")));
}
