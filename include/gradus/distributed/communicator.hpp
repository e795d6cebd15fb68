// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <mpi.h>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <gradus/core/index.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/distributed/mpi_error.hpp>

namespace gradus::mpi {

/// A communicator of MPI as a ProcessGroup. Its messages do not mix with those of the program, because it
/// duplicates the communicator that it is made from. Failures throw mpi::Error. Use it from one thread.
class Communicator final : public ProcessGroup {
 public:
  /// Collective over the processes of `comm`.
  explicit Communicator(MPI_Comm comm) {
    detail::check("MPI_Comm_dup", MPI_Comm_dup(comm, &comm_));
    describe();
  }
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;
  ~Communicator() override { MPI_Comm_free(&comm_); }

  Index rank() const override { return rank_; }
  Index size() const override { return size_; }
  /// Returns whether this is process 0, which prints and saves.
  bool is_main() const { return rank_ == 0; }
  /// The communicator, for messages of your own.
  MPI_Comm native() const { return comm_; }
  /// Returns those of these processes that run on this machine, in the same order. Collective.
  Communicator on_this_machine() const { return {*this, MPI_COMM_TYPE_SHARED}; }

  void sum(std::span<double> numbers) override {
    detail::check("MPI_Allreduce", MPI_Allreduce(MPI_IN_PLACE, numbers.data(), checked(numbers.size()),
                                                 MPI_DOUBLE, MPI_SUM, comm_));
  }
  void begin_sum(std::span<float> numbers) override { begin(numbers, MPI_FLOAT); }
  void begin_sum(std::span<double> numbers) override { begin(numbers, MPI_DOUBLE); }
  void finish_sums() override {
    const int count = checked(requests_.size());
    detail::check("MPI_Waitall", MPI_Waitall(count, requests_.data(), MPI_STATUSES_IGNORE));
    requests_.clear();
  }
  void broadcast(std::span<std::byte> bytes) override {
    while (!bytes.empty()) {
      const std::size_t count = std::min(bytes.size(), most_elements);
      detail::check("MPI_Bcast", MPI_Bcast(bytes.data(), static_cast<int>(count), MPI_BYTE, 0, comm_));
      bytes = bytes.subspan(count);
    }
  }
  std::vector<std::byte> gather(std::span<const std::byte> bytes) override {
    std::vector<int> counts(to_size(size_)), starts(to_size(size_));
    const int count = checked(bytes.size());
    detail::check("MPI_Allgather", MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, comm_));
    const std::size_t total = std::accumulate(counts.begin(), counts.end(), std::size_t{0},
                                              [](std::size_t a, int b) { return a + to_size(b); });
    checked(total);
    std::exclusive_scan(counts.begin(), counts.end(), starts.begin(), 0);
    std::vector<std::byte> all(total);
    detail::check("MPI_Allgatherv", MPI_Allgatherv(bytes.data(), count, MPI_BYTE, all.data(), counts.data(),
                                                   starts.data(), MPI_BYTE, comm_));
    return all;
  }

 private:
  // Counts are int in MPI 3.
  static constexpr std::size_t most_elements = std::size_t{1} << 30;

  Communicator(const Communicator& all, int split_type) {
    detail::check("MPI_Comm_split_type",
                  MPI_Comm_split_type(all.comm_, split_type, all.rank_, MPI_INFO_NULL, &comm_));
    describe();
  }
  void describe() {
    MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &size_);
  }

  static int checked(std::size_t count) {
    if (count <= to_size(Index{std::numeric_limits<int>::max()})) return static_cast<int>(count);
    throw Error("mpi::Communicator: a message has " + std::to_string(count) + " elements, expected at most " +
                std::to_string(std::numeric_limits<int>::max()));
  }

  template <class Scalar>
  void begin(std::span<Scalar> numbers, MPI_Datatype type) {
    while (!numbers.empty()) {
      const std::size_t count = std::min(numbers.size(), most_elements);
      requests_.emplace_back();
      detail::check("MPI_Iallreduce", MPI_Iallreduce(MPI_IN_PLACE, numbers.data(), static_cast<int>(count),
                                                     type, MPI_SUM, comm_, &requests_.back()));
      numbers = numbers.subspan(count);
    }
  }

  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  std::vector<MPI_Request> requests_;
};

}  // namespace gradus::mpi
