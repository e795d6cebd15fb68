// SPDX-License-Identifier: MIT

#pragma once

#include <gradus/distributed/communicator.hpp>

namespace gradus::test {

/// All processes of the test program.
mpi::Communicator& world();

}  // namespace gradus::test
