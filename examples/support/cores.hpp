// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif

#include <gradus/core/index.hpp>

/// Whether the threads of several processes have enough cores.
namespace support {

/// The cores that a process may run on. A core is what the operating system schedules: with hyper-threading,
/// two for each core of the processor. Quotas of containers are not considered.
using Cores = std::bitset<1024>;

/// Returns the cores that this process is bound to: all cores of the machine unless the launcher has bound
/// it. std::thread::hardware_concurrency is not the number of cores of the machine: it counts those of the
/// binding with some C libraries, and not with others.
inline Cores own_cores() {
  Cores cores;
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (std::size_t i = 0; i < cores.size() && i < CPU_SETSIZE; ++i) cores[i] = CPU_ISSET(i, &set);
    return cores;
  }
#endif
  const std::size_t count = std::min<std::size_t>(std::thread::hardware_concurrency(), cores.size());
  for (std::size_t i = 0; i < count; ++i) cores.set(i);
  return cores;
}

/// A process on a machine: how many threads it computes with, and where they may run.
struct ThreadsOnCores {
  gradus::Index threads = 1;
  Cores cores = {};
};
static_assert(std::is_trivially_copyable_v<ThreadsOnCores>, "processes send it to each other");

/// More threads than cores, and the processes they belong to.
struct Shortage {
  gradus::Index processes = 0, threads = 0, cores = 0;
};

/// Returns a shortage among the processes of one machine, if there is one. Takes the cores of each process,
/// and the cores of all processes together, and counts the threads of the processes that are bound to these
/// cores or some of them. This finds every shortage if the bindings of any two processes are equal, disjoint
/// or nested, as bindings to a core, a socket or a machine are.
inline std::optional<Shortage> find_shortage(const std::vector<ThreadsOnCores>& processes) {
  std::vector<Cores> places(1);
  for (const ThreadsOnCores& process : processes) {
    places.front() |= process.cores;
    places.push_back(process.cores);
  }
  for (const Cores& place : places) {
    Shortage found{.cores = static_cast<gradus::Index>(place.count())};
    for (const ThreadsOnCores& process : processes) {
      if ((process.cores & ~place).any()) continue;
      ++found.processes;
      found.threads += process.threads;
    }
    if (found.cores > 0 && found.threads > found.cores) return found;
  }
  return std::nullopt;
}

/// Returns the warning about a shortage.
inline std::string to_string(const Shortage& shortage) {
  return "warning: " + std::to_string(shortage.processes) + " processes with " +
         std::to_string(shortage.threads) + " threads on " + std::to_string(shortage.cores) +
         (shortage.cores == 1 ? " core" : " cores") + ": they will wait for each other";
}

}  // namespace support
