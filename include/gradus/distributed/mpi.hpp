// SPDX-License-Identifier: MIT

#pragma once

/// Data-parallel training with MPI: link the CMake target gradus::mpi and start the program with `mpirun`.
///
///     gradus::mpi::Environment mpi(argc, argv);
///     return mpi.run([&](gradus::mpi::Communicator& world) {
///       ...
///       gradus::Trainer trainer{net, loss, optimizer, random, {.epochs = 10, .processes = &world}};
///       trainer.fit(train, test);
///     });
///
/// docs/guide/distributed.md explains it.

#include <gradus/distributed/communicator.hpp>
#include <gradus/distributed/environment.hpp>
#include <gradus/distributed/mpi_error.hpp>
