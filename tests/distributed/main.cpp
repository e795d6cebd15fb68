// SPDX-License-Identifier: MIT

/// Runs the same tests in every process of `mpirun -n N`. A process whose checks fail ends the job with a
/// status other than 0.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <gradus/distributed/mpi.hpp>

#include "world.hpp"

namespace {

gradus::mpi::Communicator* processes = nullptr;

}  // namespace

gradus::mpi::Communicator& gradus::test::world() { return *processes; }

int main(int argc, char** argv) {
  gradus::mpi::Environment mpi(argc, argv);
  processes = &mpi.world();
  doctest::Context context(argc, argv);
  context.setOption("minimal", !processes->is_main());
  const int result = context.run();
  // The others wait in the next collective call for a process that has left a test case early.
  if (result != 0) mpi.abort("tests failed");
  return result;
}
