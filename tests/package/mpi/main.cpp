// SPDX-License-Identifier: MIT

#include <cstdio>

#include <gradus/distributed/mpi.hpp>

int main(int argc, char** argv) {
  gradus::mpi::Environment mpi(argc, argv);
  return mpi.run([](gradus::mpi::Communicator& world) {
    double ranks = static_cast<double>(world.rank());
    world.sum({&ranks, 1});
    if (world.is_main()) std::printf("sum of ranks: %.0f\n", ranks);
  });
}
