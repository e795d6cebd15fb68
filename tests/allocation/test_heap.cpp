// SPDX-License-Identifier: MIT

#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>

#include "heap.hpp"

// A count of 0 proves something only if the counter works.

namespace {

/// Keeps the compiler from removing an allocation whose result is unused.
template <class T>
T* used(T* memory) {
  T* volatile escaped = memory;
  return escaped;
}

}  // namespace

TEST_SUITE("heap") {
  TEST_CASE("heap: every way to allocate is counted") {
    const auto counted = [](auto&& f) { return heap::allocations_in(f) == 1; };
    CHECK(counted([] { delete used(new int(1)); }));
    CHECK(counted([] { delete[] used(new int[3]); }));
    CHECK(counted([] { delete used(new (std::nothrow) int(1)); }));
    CHECK(counted(
        [] { ::operator delete (used(::operator new (64, std::align_val_t{64})), std::align_val_t{64}); }));
    CHECK(counted(
        [] { ::operator delete[](used(::operator new[](8, std::align_val_t{64})), std::align_val_t{64}); }));
    CHECK(counted([] { std::free(used(std::malloc(10))); }));
    CHECK(counted([] { std::free(used(std::calloc(10, 2))); }));
    CHECK(counted([] { std::free(used(std::aligned_alloc(64, 64))); }));
    CHECK(counted([] { used(std::make_unique<double>(1).get()); }));
    CHECK(counted([] { used(std::vector<int>(10).data()); }));
    CHECK(heap::allocations_in([] { std::free(used(std::realloc(used(std::malloc(10)), 100000))); }) == 2);
    CHECK(heap::allocations_in([] { used("no allocation"); }) == 0);
  }

  TEST_CASE("heap: allocations by Eigen and by the library are counted") {
    CHECK(heap::allocations_in([] { used(Eigen::MatrixXf(20, 20).data()); }) == 1);
    CHECK(heap::allocations_in([] {
            const gradus::Tensor<float> tensor(gradus::Shape{20});
            used(tensor.data());
          }) == 1);
    // A packed panel of this product exceeds Eigen's stack limit, so Eigen allocates it;
    // gradus::ops::matrix_product avoids that.
    const Eigen::MatrixXf a = Eigen::MatrixXf::Ones(400, 400), b = a;
    Eigen::MatrixXf c(400, 400);
    CHECK(heap::allocations_in([&] { c.noalias() = a * b; }) >= 1);
  }

  TEST_CASE("heap: freed memory no longer counts as live") {
    const long before = heap::live();
    int* const one = used(new int(1));
    CHECK(heap::live() == before + 1);
    delete one;
    CHECK(heap::live() == before);
    std::free(used(std::realloc(used(std::malloc(10)), 100000)));
    CHECK(heap::live() == before);
  }

  TEST_CASE("heap: exactly the requested allocation fails") {
    const auto three = [] {
      used(std::make_unique<int>(1).get());
      used(std::make_unique<int>(2).get());
      used(std::make_unique<int>(3).get());
    };
    for (long n = 0; n < 5; ++n) {
      bool thrown = false;
      heap::fail_after(n);
      try {
        three();
      } catch (const std::bad_alloc&) {
        thrown = true;
      }
      CHECK(heap::stop_failing() == (n < 3));
      CHECK(thrown == (n < 3));
    }
  }

  TEST_CASE("heap: faults under failing allocations are found") {
    const auto two = [] {
      used(std::make_unique<int>(1).get());
      used(std::make_unique<int>(2).get());
    };
    CHECK(heap::fail_each_allocation(two) == "");
    CHECK(heap::fail_each_allocation([] {}) == "nothing is allocated");
    CHECK(heap::fail_each_allocation([&] {
            try {
              two();
            } catch (const std::bad_alloc&) {
            }
          }) == "allocation 0: the failure was swallowed");
    std::vector<int*> leaked;
    leaked.reserve(8);
    CHECK(heap::fail_each_allocation([&] {
            leaked.push_back(used(new int(1)));
            used(std::make_unique<int>(2).get());
          }) == "allocation 1: leaks 1");
    for (int* each : leaked) delete each;
    int changed = 0;
    CHECK(heap::fail_each_allocation(
              [&] {
                used(std::make_unique<int>(1).get());
                changed = 1;
                used(std::make_unique<int>(2).get());
              },
              [&] { return changed == 0; }) == "allocation 1: something has changed");
  }
}
