// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <gradus/core/index.hpp>
#include <gradus/core/part.hpp>

namespace gradus {

/// The processes that train one network together, each on its part of every batch, and the operations that a
/// Trainer, a network and a loader need from them. `mpi::Communicator` in distributed/mpi.hpp implements it.
///
/// Every function except `rank`, `size` and `part` is collective: all processes call it, in the same order,
/// with spans of the same size. All receive the same bits.
class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;

  /// Returns the number of this process, from 0 to size() - 1.
  virtual Index rank() const = 0;
  /// Returns the number of processes.
  virtual Index size() const = 0;
  /// Returns the part of every batch that belongs to this process.
  Part part() const { return {rank(), size()}; }

  /// Replaces each number by its sum over all processes.
  virtual void sum(std::span<double> numbers) = 0;
  /// @{
  /// Begins to replace each number by its sum over all processes. The memory must not be touched until
  /// finish_sums has returned.
  virtual void begin_sum(std::span<float> numbers) = 0;
  virtual void begin_sum(std::span<double> numbers) = 0;
  /// @}
  /// Waits until all sums that have begun are complete.
  virtual void finish_sums() = 0;
  /// Replaces the bytes by those of process 0.
  virtual void broadcast(std::span<std::byte> bytes) = 0;
  /// Returns the bytes of all processes in the order of their ranks. Here the sizes of the spans may differ.
  virtual std::vector<std::byte> gather(std::span<const std::byte> bytes) = 0;

 protected:
  ProcessGroup() = default;
  /// Only derived classes can be copied.
  ProcessGroup(const ProcessGroup&) = default;
  /// Only derived classes can be copied.
  ProcessGroup& operator=(const ProcessGroup&) = default;
};

/// The position of a pass's batch within a larger batch that several processes share.
struct SharedBatch {
  ProcessGroup* processes = nullptr;  ///< null if this process has the whole batch
  Index first = 0;                    ///< position of this process's first row
  Index rows = 0;                     ///< rows of the whole batch
};

}  // namespace gradus
