// SPDX-License-Identifier: MIT

/// Small networks in real time: loads saved networks, makes a Predictor of each, and runs each on its own
/// thread, one as a controller at 1 kHz and one as an audio effect in blocks of 64 samples. Prints the
/// durations of the calls and the number of allocations, and fails if there were any.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/io.hpp>
#include <gradus/io/load_network.hpp>
#include <gradus/nn.hpp>

#include "support/program.hpp"

namespace {

thread_local bool is_watched = false;
std::atomic<int> watched_allocations{0};

void* allocate(std::size_t size, std::size_t alignment) {
  if (is_watched) watched_allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = nullptr;
  if (posix_memalign(&memory, std::max(alignment, sizeof(void*)), std::max<std::size_t>(size, 1)) != 0)
    throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

using Clock = std::chrono::steady_clock;
using gradus::Index;
namespace nn = gradus::nn;

/// Counts durations in power-of-two buckets of nanoseconds, without allocating.
class Histogram {
 public:
  void add(Clock::duration duration) {
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
    std::size_t bucket = 0;
    while (bucket + 1 < counts_.size() && (std::int64_t{1} << (bucket + 1)) <= ns) ++bucket;
    ++counts_[bucket];
    longest_ = std::max(longest_, ns);
  }
  void print() const {
    const int most = *std::ranges::max_element(counts_);
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] == 0) continue;
      const int width = std::max(1, counts_[i] * 50 / most);
      std::printf("  below %8lld ns  %7d  %s\n", 1LL << (i + 1), counts_[i],
                  std::string(static_cast<std::size_t>(width), '#').c_str());
    }
    std::printf("  longest %6lld ns\n", static_cast<long long>(longest_));
  }

 private:
  std::array<int, 40> counts_{};
  std::int64_t longest_ = 0;
};

/// The report of a real-time thread.
struct Report {
  Histogram durations;
  int calls = 0;
  bool has_failed = false;
};

/// Calls `step()` once per `period` on this thread and counts the allocations that it makes.
template <class Step>
Report run_periodically(Clock::duration period, double seconds, const Step& step) {
  Report report;
  const auto calls = static_cast<int>(seconds / std::chrono::duration<double>(period).count());
  auto next = Clock::now();
  is_watched = true;
  for (; report.calls < calls; ++report.calls) {
    next += period;
    std::this_thread::sleep_until(next);
    const auto begin = Clock::now();
    if (!step()) report.has_failed = true;
    report.durations.add(Clock::now() - begin);
  }
  is_watched = false;
  return report;
}

/// Runs a controller that maps an observation to an action 1,000 times a second.
Report control(const nn::Predictor<float>& policy, double seconds) {
  std::vector<float> observation(gradus::to_size(policy.in())), action(gradus::to_size(policy.out()));
  int tick = 0;
  return run_periodically(std::chrono::milliseconds(1), seconds, [&] {
    const float time = 0.001f * static_cast<float>(tick++);
    for (std::size_t i = 0; i < observation.size(); ++i)
      observation[i] = std::sin(time + static_cast<float>(i));  // stands in for the sensors
    return policy(observation, action);
  });
}

/// Runs an audio effect with one input and one output on blocks of 64 samples at 48 kHz.
Report play(const nn::Predictor<float>& effect, double seconds) {
  constexpr std::size_t block_size = 64;
  constexpr double rate = 48'000;
  std::array<float, block_size> in{}, out{};
  double phase = 0;
  const auto period =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(block_size / rate));
  return run_periodically(period, seconds, [&] {
    for (float& sample : in)
      sample = static_cast<float>(std::sin(phase += 440 * 2 * 3.14159265358979 / rate));
    return effect(in, out, block_size);
  });
}

/// Runs a loop on its own thread. Returns whether it made no allocation and no call failed.
template <class Loop>
bool run(const char* name, const nn::Predictor<float>& predict, double seconds, const Loop& loop) {
  watched_allocations = 0;
  Report report;
  std::thread thread([&] { report = loop(predict, seconds); });
  thread.join();
  std::printf("%s: %d calls, %d allocations\n", name, report.calls, watched_allocations.load());
  report.durations.print();
  if (report.has_failed) std::fprintf(stderr, "%s: a call was refused\n", name);
  return watched_allocations == 0 && !report.has_failed;
}

/// Loads a network. Without a file, saves `example` first, to show both steps.
nn::Sequential<float> load_or_make(const std::string& file, const nn::Sequential<float>& example) {
  if (!file.empty()) return gradus::load_network(file);
  const auto path =
      std::filesystem::temp_directory_path() / ("gradus_realtime_" + std::to_string(std::rand()));
  gradus::save(example, path);
  nn::Sequential<float> net = gradus::load_network(path);
  std::filesystem::remove(path);
  return net;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs saved networks in real time and checks that they allocate nothing.");
  std::string policy_file, effect_file;
  double seconds = 2;
  app.add_option("--policy", policy_file, "The controller's network (safetensors)")->type_name("FILE");
  app.add_option("--effect", effect_file, "The audio effect's network, one input and one output")
      ->type_name("FILE");
  support::add_number(app, "--seconds", seconds, "Run time of each loop in seconds", 0.001, 86'400);
  return support::run(app, argc, argv, [&] {
    const nn::Predictor policy{load_or_make(
        policy_file, {nn::Linear{4, 32}, nn::Tanh{}, nn::Linear{32, 32}, nn::Tanh{}, nn::Linear{32, 2}})};
    const nn::Predictor effect{load_or_make(
        effect_file, {nn::Linear{1, 16}, nn::Tanh{}, nn::Linear{16, 16}, nn::Tanh{}, nn::Linear{16, 1}})};
    const bool controls = run("control at 1 kHz", policy, seconds, control);
    const bool plays = run("audio in blocks of 64", effect, seconds, play);
    if (!controls || !plays)
      throw gradus::Error("a real-time thread allocated memory, or a call was refused");
  });
}
