// SPDX-License-Identifier: MIT

/// Measures the cost of sharing data between two cores: how long one core takes to read or overwrite a block
/// that is in its own cache, and one that the other core has used since. A training step on two threads
/// exchanges half of the batch, of the hidden layer and of its gradient in this way.
///
/// usage: exchange [REPETITIONS] [--quick]

#include <array>
#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "support/build.hpp"
#include "support/json_line.hpp"
#include "support/options.hpp"
#include "support/timing.hpp"

namespace {

using Block = std::vector<float>;
constexpr std::size_t block_size = 64 * 1024;

void write(Block& block, float value) {
  for (float& x : block) x = value;
}

float read(const Block& block) {
  std::array<float, 64> sums{};
  for (std::size_t i = 0; i < block.size(); i += sums.size())
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += block[i + k];
  return std::accumulate(sums.begin(), sums.end(), 0.0f);
}

/// A second core that runs a task on request and reports when it is done.
class OtherCore {
 public:
  enum Task { idle, read_block, write_block, end };

  explicit OtherCore(Block& block) : block_(&block), thread_([this] { work(); }) {}
  ~OtherCore() {
    task_ = end;
    thread_.join();
  }
  OtherCore(const OtherCore&) = delete;
  OtherCore& operator=(const OtherCore&) = delete;

  void run(Task task) {
    task_ = task;
    while (task_ != idle) {
    }
  }

 private:
  void work() {
    for (;;) {
      const Task task = task_;
      if (task == end) return;
      if (task == read_block) sum_ = read(*block_);
      if (task == write_block) write(*block_, 2);
      if (task != idle) task_ = idle;
    }
  }

  Block* block_;
  std::atomic<Task> task_{idle};
  volatile float sum_ = 0;
  std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, 5);
  bench::print_build();
  Block block(block_size, 1);
  OtherCore other(block);
  volatile float sum = 0;
  bench::Samples read_own, read_others, write_own, write_others;
  for (int i = 0; i < (options.quick ? 20 : 200) * options.repetitions; ++i) {
    other.run(OtherCore::write_block);
    read_others.add(bench::seconds([&] { sum = read(block); }));
    read_own.add(bench::seconds([&] { sum = read(block); }));
    other.run(OtherCore::read_block);
    write_others.add(bench::seconds([&] { write(block, 1); }));
    write_own.add(bench::seconds([&] { write(block, 1); }));
  }
  bench::JsonLine("exchange")
      .field("bytes", static_cast<double>(block_size * sizeof(float)))
      .field("read_own", read_own.values())
      .field("read_others", read_others.values())
      .field("write_own", write_own.values())
      .field("write_others", write_others.values());
}
