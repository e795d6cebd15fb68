// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/distributed/communicator.hpp>
#include <gradus/distributed/mpi_error.hpp>

#include "world.hpp"

TEST_CASE("mpi::Error: names the function and MPI's reason") {
  CHECK_NOTHROW(gradus::mpi::detail::check("MPI_Bcast", MPI_SUCCESS));
  try {
    gradus::mpi::detail::check("MPI_Bcast", MPI_ERR_ROOT);
    FAIL("no exception");
  } catch (const gradus::Error& error) {
    const std::string message = error.what();
    CAPTURE(message);
    CHECK(message.starts_with("MPI_Bcast: "));
    CHECK(message.find("root") != std::string::npos);
  }
}
