// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <barrier>
#include <cstddef>
#include <cstring>
#include <exception>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <gradus/core/eigen.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/process_group.hpp>

namespace gradus::test {

/// Threads in place of processes, for tests without MPI. All functions sum and collect in the order of ranks,
/// so that all members see the same bits.
class ThreadGroup {
 public:
  explicit ThreadGroup(Index size) : spans_(to_size(size)), barrier_(size) {}

  class Member final : public ProcessGroup {
   public:
    Member(ThreadGroup& group, Index rank) : group_(&group), rank_(rank) {}
    Index rank() const override { return rank_; }
    Index size() const override { return static_cast<Index>(group_->spans_.size()); }
    void sum(std::span<double> numbers) override { group_->sum(rank_, numbers); }
    void begin_sum(std::span<float> numbers) override { group_->sum(rank_, numbers); }
    void begin_sum(std::span<double> numbers) override { group_->sum(rank_, numbers); }
    void finish_sums() override {}
    void broadcast(std::span<std::byte> bytes) override {
      const std::vector<std::byte> all = gather(bytes);
      std::copy_n(all.begin(), bytes.size(), bytes.begin());
    }
    std::vector<std::byte> gather(std::span<const std::byte> bytes) override {
      return group_->gather(rank_, bytes);
    }

   private:
    ThreadGroup* group_;
    Index rank_;
  };

  /// Calls f(member) in one thread per member. Rethrows the exception of the first member that has one: all
  /// must fail together, or the others wait for ever.
  template <class F>
  static void run(Index size, const F& f) {
    ThreadGroup group(size);
    std::vector<std::exception_ptr> failures(to_size(size));
    std::vector<std::thread> threads;
    for (Index rank = 0; rank < size; ++rank) {
      threads.emplace_back([&, rank] {
        Member member(group, rank);
        try {
          f(member);
        } catch (...) {
          failures[to_size(rank)] = std::current_exception();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& failure : failures) {
      if (failure) std::rethrow_exception(failure);
    }
  }

 private:
  template <class Scalar>
  void sum(Index rank, std::span<Scalar> numbers) {
    const std::vector<std::byte> all = gather(rank, std::as_bytes(numbers));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      Scalar total = 0;
      for (std::size_t other = 0; other < spans_.size(); ++other) {
        Scalar number;
        std::memcpy(&number, all.data() + (other * numbers.size() + i) * sizeof(Scalar), sizeof(Scalar));
        total += number;
      }
      numbers[i] = total;
    }
  }
  std::vector<std::byte> gather(Index rank, std::span<const std::byte> bytes) {
    spans_[to_size(rank)] = bytes;
    barrier_.arrive_and_wait();
    std::vector<std::byte> all;
    for (const auto& span : spans_) all.insert(all.end(), span.begin(), span.end());
    barrier_.arrive_and_wait();
    return all;
  }

  std::vector<std::span<const std::byte>> spans_;
  std::barrier<> barrier_;
};

}  // namespace gradus::test
