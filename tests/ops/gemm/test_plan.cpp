// SPDX-License-Identifier: MIT

#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/ops/gemm/plan.hpp>

#include "gemm_reference.hpp"

using gradus::Index;
using gradus::MatrixView;
using gradus::ops::Partition;
namespace detail = gradus::ops::detail;
namespace test = gradus::test;
using detail::Method;
using detail::ProductPlan;
using test::Layout;

namespace {

/// Returns a view of a matrix whose elements are never read.
template <class Scalar>
MatrixView<Scalar> shaped(Index rows, Index columns, Layout layout) {
  return layout == Layout::row_major ? MatrixView<Scalar>(nullptr, rows, columns)
                                     : MatrixView<Scalar>(nullptr, rows, columns, 1, rows);
}

Method method_of(Index rows, Index terms, Index columns, Layout a, Layout b, Layout c = Layout::row_major) {
  return detail::choose_method(shaped<const float>(rows, terms, a), shaped<const float>(terms, columns, b),
                               shaped<float>(rows, columns, c));
}

ProductPlan<float> plan_of(Index rows, Index terms, Index columns, Partition partition, Index threads) {
  return {shaped<const float>(rows, terms, Layout::row_major),
          shaped<const float>(terms, columns, Layout::row_major),
          shaped<float>(rows, columns, Layout::row_major), partition, threads};
}

/// Computes all parts of a plan, the last one first.
template <class S>
auto by_parts(Partition partition, Index threads) {
  return [=](MatrixView<const S> a, MatrixView<const S> b, MatrixView<S> c, bool accumulate) {
    const ProductPlan<S> plan(a, b, c, partition, threads);
    std::vector<S> memory(static_cast<std::size_t>(detail::GemmWorkspace<S>::size));
    for (Index part = plan.parts(); part-- > 0;)
      plan.run(part, accumulate, plan.packs() ? memory.data() : nullptr);
  };
}

}  // namespace

TEST_CASE("choose_method: depends on the layouts and on how often b is used") {
  const Layout row = Layout::row_major, column = Layout::column_major;
  CHECK(method_of(4, 32, 100, row, column) == Method::dots);
  CHECK(method_of(5, 32, 100, row, column) == Method::packed_panels);
  CHECK(method_of(16, 128, 100, row, column) == Method::dots);
  CHECK(method_of(24, 500, 100, row, column) == Method::dots);
  CHECK(method_of(25, 500, 100, row, column) == Method::packed_panels);
  CHECK(method_of(100, 32, 16, row, column) == Method::dots);
  CHECK(method_of(17, 32, 17, row, column) == Method::packed_panels);
  CHECK(method_of(4, 31, 100, row, column) == Method::packed_panels);
  CHECK(method_of(2, 500, 100, row, row) == Method::rows);
  CHECK(method_of(500, 2, 100, row, row) == Method::rows);
  CHECK(method_of(2, 500, 100, row, row, column) == Method::panels_in_place);
  CHECK(method_of(3, 500, 100, row, row) == Method::panels_in_place);
  CHECK(method_of(16, 500, 100, row, row) == Method::panels_in_place);
  CHECK(method_of(500, 32, 100, row, row) == Method::panels_in_place);
  CHECK(method_of(17, 33, 100, row, row) == Method::packed_panels);
}

TEST_CASE("ProductPlan: has as many parts as the work justifies, at most one per thread") {
  for (const Partition partition : {Partition::longer_side, Partition::rows}) {
    CHECK(plan_of(100, 100, 100, partition, 1).parts() == 1);
    CHECK(plan_of(100, 100, 100, partition, 8).parts() == 1);
    CHECK(plan_of(1024, 1024, 1024, partition, 4).parts() == 4);
    CHECK(plan_of(256, 100, 128, partition, 8).parts() == 3);
    // no part smaller than a grain
    CHECK(plan_of(40, 10'000, 40, partition, 16).parts() == 2);
  }
}

TEST_CASE_TEMPLATE("ProductPlan: the parts cover the result once, whatever the method and layout", S, float,
                   double) {
  struct Sizes {
    Index rows, terms, columns;
  };
  for (const Sizes& size :
       std::vector<Sizes>{{1, 33, 5}, {3, 1, 7}, {2, 40, 33}, {17, 33, 40}, {129, 150, 130}}) {
    const Index rows = size.rows, terms = size.terms, columns = size.columns;
    CAPTURE(rows);
    // The reference takes seconds for the last size.
    const std::vector<Index> thread_counts =
        rows > 100 ? std::vector<Index>{3} : std::vector<Index>{1, 2, 3, 7};
    for (const Partition partition : {Partition::longer_side, Partition::rows}) {
      for (const Index threads : thread_counts) {
        for (const Layout a : test::all_layouts) {
          for (const Layout b : test::all_layouts) {
            const bool is_right = test::multiplies<S>(rows, terms, columns, a, b, Layout::row_major,
                                                      by_parts<S>(partition, threads)) &&
                                  test::multiplies<S>(rows, terms, columns, a, b, Layout::column_major,
                                                      by_parts<S>(partition, threads));
            CHECK(is_right);
          }
        }
      }
    }
  }
}
