// SPDX-License-Identifier: MIT

#pragma once

#include <new>
#include <string>

/// Every allocation of this program, whoever makes it: heap.cpp replaces operator new in all its forms and,
/// since Eigen and C code call malloc, malloc and its kin as well.
namespace heap {

/// False where malloc cannot be replaced: other C libraries than glibc, and under sanitizers, which do so
/// themselves.
bool is_watched();

/// Allocations by all threads since the program began.
long allocations();
/// Those that have not been freed.
long live();

/// Lets `succeeding` more allocations pass, makes the next one fail, and lets all others pass.
void fail_after(long succeeding);
/// Takes that back; true if an allocation has failed.
bool stop_failing();

/// How many allocations a call makes.
template <class F>
long allocations_in(F&& f) {
  const long before = allocations();
  f();
  return allocations() - before;
}

/// What went wrong when each allocation of a call failed in turn; empty if nothing did: each time the call
/// must throw bad_alloc and nothing else, leak nothing and leave what `is_unchanged` looks at as it was.
template <class F, class IsUnchanged>
std::string fail_each_allocation(F&& f, IsUnchanged&& is_unchanged) {
  for (long n = 0;; ++n) {
    const std::string where = "allocation " + std::to_string(n);
    const long before = live();
    bool thrown = false;
    fail_after(n);
    try {
      f();
    } catch (const std::bad_alloc&) {
      thrown = true;
    } catch (...) {
      stop_failing();
      return where + ": another exception than bad_alloc";
    }
    const bool failed = stop_failing();
    const long leaked = live() - before;
    if (thrown && !failed) return where + ": bad_alloc out of nowhere";
    if (failed && !thrown) return where + ": the failure was swallowed";
    if (!failed) return n > 0 ? "" : "nothing is allocated";
    if (leaked != 0) return where + ": leaks " + std::to_string(leaked);
    if (!is_unchanged()) return where + ": something has changed";
  }
}

template <class F>
std::string fail_each_allocation(F&& f) {
  return fail_each_allocation(f, [] { return true; });
}

}  // namespace heap
