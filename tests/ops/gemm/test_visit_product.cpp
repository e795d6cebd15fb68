// SPDX-License-Identifier: MIT

#include <cstddef>
#include <mutex>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/parallel.hpp>
#include <gradus/ops/gemm/visit_product.hpp>

#include "gemm_reference.hpp"

using gradus::Index;
using gradus::Parallel;
namespace detail = gradus::ops::detail;
namespace test = gradus::test;

namespace {

/// Returns the visited elements, or nothing unless each was visited exactly once.
template <class S>
std::vector<S> visited(const test::IntegerMatrix<S>& a, const test::IntegerMatrix<S>& b, Parallel parallel) {
  const Index size = a.view().rows * b.view().columns;
  std::vector<S> elements(static_cast<std::size_t>(size));
  std::vector<int> visits(elements.size());
  std::mutex mutex;
  auto visit = [&](Index first, auto piece) {
    const std::lock_guard lock(mutex);
    CHECK(piece.size() <= detail::visited_at_once<S>);
    for (Index i = 0; i < piece.size(); ++i) {
      elements.at(static_cast<std::size_t>(first + i)) = piece[i];
      ++visits.at(static_cast<std::size_t>(first + i));
      piece[i] = -777;  // a visitor may overwrite its piece
    }
  };
  detail::visit_product(a.view(), b.view(), visit, parallel);
  return visits == std::vector<int>(visits.size(), 1) ? elements : std::vector<S>{};
}

template <class S>
std::vector<S> naive(const test::IntegerMatrix<S>& a, const test::IntegerMatrix<S>& b) {
  std::vector<S> elements;
  for (Index i = 0; i < a.view().rows; ++i)
    for (Index j = 0; j < b.view().columns; ++j) {
      S sum = 0;
      for (Index k = 0; k < a.view().columns; ++k) sum += a.view()(i, k) * b.view()(k, j);
      elements.push_back(sum);
    }
  return elements;
}

}  // namespace

TEST_CASE_TEMPLATE("visit_product: visits every element once, with blocks cut on both sides", S, float,
                   double) {
  struct Sizes {
    Index rows, terms, columns;
  };
  const Index wide = detail::visited_columns<S>;
  for (const Sizes& size : std::vector<Sizes>{{1, 1, 1},
                                              {4, 2, 3},
                                              {5, 2, 40},
                                              {15, 3, 7},
                                              {16, 5, 33},
                                              {17, 3, wide},
                                              {18, 2, wide + 1},
                                              {3, 4, wide - 1}}) {
    const Index rows = size.rows, terms = size.terms, columns = size.columns;
    CAPTURE(rows);
    CAPTURE(columns);
    const test::IntegerMatrix<S> a(rows, terms, test::Layout::column_major, 1),
        b(terms, columns, test::Layout::row_major, 2);
    CHECK(visited(a, b, {}) == naive(a, b));
  }
}

TEST_CASE_TEMPLATE("visit_product: gives the same pieces with several threads", S, float, double) {
  gradus::ThreadPool pool(3);
  const test::IntegerMatrix<S> a(100, 40, test::Layout::row_major, 1),
      b(40, 1100, test::Layout::row_major, 2);
  CHECK(visited(a, b, pool) == naive(a, b));
}

TEST_CASE("visit_product: a visitor may compute another product") {
  const test::IntegerMatrix<float> a(20, 3, test::Layout::row_major, 1), b(3, 20, test::Layout::row_major, 2);
  std::vector<float> outer;
  auto visit = [&](Index, auto piece) {
    test::IntegerMatrix<float> c(20, 20, test::Layout::row_major, 0);
    float* const own = detail::gemm_memory<float>(detail::GemmWorkspace<float>::size);
    detail::ProductPlan<float>(a.view(), b.view(), c.view(), gradus::ops::Partition::rows, 1)
        .run(0, false, own);
    for (Index i = 0; i < piece.size(); ++i) outer.push_back(piece[i]);
  };
  detail::visit_product(a.view(), b.view(), visit, {});
  CHECK(outer == naive(a, b));
}
