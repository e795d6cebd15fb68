// SPDX-License-Identifier: MIT

#pragma once

#include <new>
#include <string>

/// Watches every allocation of this program: heap.cpp replaces all forms of operator new, and malloc and its
/// relatives too, because Eigen and C code call those.
namespace heap {

/// Returns false where malloc cannot be replaced: with C libraries other than glibc, and under sanitizers,
/// which replace it themselves.
bool is_watched();

/// Returns the number of allocations by all threads since the program started.
long allocations();
/// Returns the number of allocations that have not been freed.
long live();

/// Lets the next `succeeding` allocations succeed, makes the one after them fail, and lets all others
/// succeed.
void fail_after(long succeeding);
/// Undoes fail_after. Returns true if an allocation has failed.
bool stop_failing();

/// Returns the number of allocations that a call makes.
template <class F>
long allocations_in(F&& f) {
  const long before = allocations();
  f();
  return allocations() - before;
}

/// Makes each allocation of a call fail in turn. Each time the call must throw bad_alloc and nothing else,
/// leak nothing and leave what `is_unchanged` inspects unchanged. Returns what went wrong, or an empty
/// string.
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
      return where + ": an exception other than bad_alloc";
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
