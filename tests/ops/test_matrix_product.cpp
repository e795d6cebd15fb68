// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include <doctest/doctest.h>

#include <gradus/ops/matrix_product.hpp>

using gradus::Index;
using gradus::MatrixView;
using gradus::Parallel;
using gradus::ThreadPool;
using gradus::ops::matrix_product;
using gradus::ops::Write;

namespace {

enum class Layout { row_major, column_major, gaps };

/// A matrix of integers in [-4, 4]. Their products are exact in float, so a result is either right or wrong.
template <class Scalar>
struct Matrix {
  std::vector<Scalar> storage;
  MatrixView<Scalar> view;

  Matrix(Index rows, Index columns, Layout layout, unsigned seed) {
    const Index row_stride = layout == Layout::row_major      ? columns
                             : layout == Layout::column_major ? 1
                                                              : 2 * columns + 3;
    const Index column_stride = layout == Layout::row_major ? 1 : layout == Layout::column_major ? rows : 2;
    storage.resize(static_cast<std::size_t>(rows * columns * 2 + rows * 3 + 8));
    std::mt19937 generator(seed);
    for (Scalar& x : storage) x = static_cast<Scalar>(static_cast<int>(generator() % 9) - 4);
    view = {storage.data(), rows, columns, row_stride, column_stride};
  }
};

/// Returns the number of wrong elements after c = a b or c += a b, including changes outside of c.
template <class Scalar>
Index count_errors(Index m, Index k, Index n, Layout la, Layout lb, Layout lc, Write write,
                   Parallel parallel = {}) {
  const Matrix<Scalar> a(m, k, la, 1), b(k, n, lb, 2);
  Matrix<Scalar> c(m, n, lc, 3), expected(m, n, lc, 3);
  matrix_product(a.view, b.view, c.view, write, parallel);
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < n; ++j) {
      Scalar sum = write == Write::overwrite ? Scalar(0) : expected.view(i, j);
      for (Index l = 0; l < k; ++l) sum += a.view(i, l) * b.view(l, j);
      expected.view(i, j) = sum;
    }
  Index errors = 0;
  for (std::size_t i = 0; i < c.storage.size(); ++i) errors += c.storage[i] == expected.storage[i] ? 0 : 1;
  return errors;
}

constexpr Layout layouts[] = {Layout::row_major, Layout::column_major, Layout::gaps};

}  // namespace

TEST_SUITE("matrix_product") {
  TEST_CASE_TEMPLATE("matrix_product: integers are exact, for all small shapes and all layouts", Scalar,
                     float, double) {
    for (const Index m : {0, 1, 2, 5, 17, 33})
      for (const Index n : {0, 1, 3, 10, 16, 67})
        for (const Index k : {0, 1, 7, 16, 65})
          for (const Layout la : layouts)
            for (const Layout lb : layouts)
              for (const Layout lc : layouts)
                for (const Write write : {Write::overwrite, Write::accumulate}) {
                  CAPTURE(m);
                  CAPTURE(k);
                  CAPTURE(n);
                  REQUIRE(count_errors<Scalar>(m, k, n, la, lb, lc, write) == 0);
                }
  }

  TEST_CASE_TEMPLATE("matrix_product: is exact for sizes around the edges of tiles and blocks", Scalar, float,
                     double) {
    for (const Index m : {1, 15, 24, 129})
      for (const Index n : {1, 31, 49, 130})
        for (const Index k : {255, 257, 1025})
          for (const Layout la : {Layout::row_major, Layout::column_major})
            for (const Layout lb : {Layout::row_major, Layout::column_major}) {
              CAPTURE(m);
              CAPTURE(k);
              CAPTURE(n);
              REQUIRE(count_errors<Scalar>(m, k, n, la, lb, Layout::row_major, Write::accumulate) == 0);
            }
  }

  TEST_CASE_TEMPLATE("matrix_product: gives the same bits whatever the number of threads" *
                         doctest::skip(gradus::ops::detail::use_blas),  // a BLAS does not guarantee this
                     Scalar, float, double) {
    std::mt19937 generator(7);
    const auto numbers = [&](Index size) {
      std::vector<Scalar> v(static_cast<std::size_t>(size));
      for (Scalar& x : v) x = static_cast<Scalar>(generator()) / Scalar(4294967296.0) - Scalar(0.5);
      return v;
    };
    const Index m = 261, k = 301, n = 259;
    const std::vector<Scalar> a = numbers(m * k), b = numbers(k * n);
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) {
        const MatrixView<const Scalar> va =
            ta ? MatrixView(a.data(), k, m).transposed() : MatrixView(a.data(), m, k);
        const MatrixView<const Scalar> vb =
            tb ? MatrixView(b.data(), n, k).transposed() : MatrixView(b.data(), k, n);
        std::vector<Scalar> serial(static_cast<std::size_t>(m * n));
        matrix_product(va, vb, MatrixView(serial.data(), m, n));
        for (const Index threads : {1, 2, 3, 8}) {
          ThreadPool pool(threads);
          std::vector<Scalar> c(static_cast<std::size_t>(m * n), Scalar(1));
          matrix_product(va, vb, MatrixView(c.data(), m, n), Write::overwrite, pool);
          CHECK(std::memcmp(c.data(), serial.data(), c.size() * sizeof(Scalar)) == 0);
          matrix_product(va, vb, MatrixView(c.data(), m, n), Write::overwrite, pool,
                         gradus::ops::Partition::rows);
          CHECK(std::memcmp(c.data(), serial.data(), c.size() * sizeof(Scalar)) == 0);
        }
      }
  }

  TEST_CASE("matrix_product: is exact if blocks of terms leave a short remainder") {
    for (const Index k : {513, 16 * 1024 + 1, 32 * 1024 + 1})
      for (const Index m : {1, 2, 16, 40})
        for (const Layout lb : {Layout::row_major, Layout::column_major}) {
          CAPTURE(m);
          CAPTURE(k);
          REQUIRE(count_errors<float>(m, k, 19, Layout::row_major, lb, Layout::row_major, Write::overwrite) ==
                  0);
          REQUIRE(count_errors<float>(19, k, m, Layout::row_major, lb, Layout::row_major, Write::overwrite) ==
                  0);
        }
  }

  TEST_CASE("matrix_product: is exact for rows wider than a block, on several threads") {
    ThreadPool pool(3);
    for (const Index m : {1, 2, 16, 33})
      for (const Index k : {1, 2, 10, 40})
        for (const Write write : {Write::overwrite, Write::accumulate}) {
          CAPTURE(m);
          CAPTURE(k);
          const Index n = 100'000 / (m * k) + 1031;
          REQUIRE(count_errors<float>(m, k, n, Layout::row_major, Layout::row_major, Layout::row_major, write,
                                      pool) == 0);
          REQUIRE(count_errors<float>(n, k, m, Layout::row_major, Layout::column_major, Layout::row_major,
                                      write, pool) == 0);
        }
  }

  TEST_CASE("matrix_product: NaN and infinity reach exactly the elements that depend on them") {
    const Index m = 20, k = 100, n = 40;
    for (const Layout la : layouts)
      for (const Layout lb : layouts)
        for (const Index at : {0, 63, 95, 99}) {
          Matrix<float> a(m, k, la, 1), b(k, n, lb, 2), c(m, n, Layout::row_major, 3);
          a.view(3, at) = std::numeric_limits<float>::quiet_NaN();
          b.view(at, 5) = std::numeric_limits<float>::infinity();
          for (Index i = 0; i < m; ++i)
            if (i != 3) a.view(i, at) = 1;
          matrix_product(a.view, b.view, c.view);
          for (Index i = 0; i < m; ++i)
            for (Index j = 0; j < n; ++j) {
              if (i == 3)
                REQUIRE(std::isnan(c.view(i, j)));
              else if (j == 5)
                REQUIRE(std::isinf(c.view(i, j)));
              else
                REQUIRE(std::isfinite(c.view(i, j)));
            }
        }
  }

#if defined(__unix__) || defined(__APPLE__)
  TEST_CASE("matrix_product: a thread with a stack of 384 KB can compute a large product") {
    pthread_attr_t attributes;
    REQUIRE(pthread_attr_init(&attributes) == 0);
    REQUIRE(pthread_attr_setstacksize(&attributes, 384 * 1024) == 0);
    Index errors = -1;
    const auto run = [](void* result) -> void* {
      *static_cast<Index*>(result) = count_errors<double>(
          140, 300, 150, Layout::row_major, Layout::column_major, Layout::row_major, Write::overwrite);
      return nullptr;
    };
    pthread_t thread;
    REQUIRE(pthread_create(&thread, &attributes, run, &errors) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    CHECK(errors == 0);
  }
#endif

  TEST_CASE("matrix_product: overwriting does not read the previous content") {
    for (const Index k : {0, 1, 100, 2000}) {
      const Matrix<float> a(9, k, Layout::row_major, 1);
      for (const Layout lb : {Layout::row_major, Layout::column_major}) {
        const Matrix<float> b(k, 9, lb, 2);
        Matrix<float> c(9, 9, Layout::row_major, 3);
        for (float& x : c.storage) x = std::numeric_limits<float>::quiet_NaN();
        matrix_product(a.view, b.view, c.view);
        for (Index i = 0; i < 9; ++i)
          for (Index j = 0; j < 9; ++j) REQUIRE(std::isfinite(c.view(i, j)));
      }
    }
  }

  TEST_CASE("matrix_product: mismatched shapes are named") {
    const Matrix<float> a(2, 3, Layout::row_major, 1), b(4, 5, Layout::row_major, 2);
    Matrix<float> c(2, 5, Layout::row_major, 3);
    CHECK_THROWS_WITH_AS(
        matrix_product(a.view, b.view, c.view),
        "matrix_product: [2, 3] times [4, 5] into [2, 5], expected [M, K] times [K, N] into [M, N]",
        gradus::ShapeError);
    const Matrix<float> b3(3, 5, Layout::row_major, 2);
    Matrix<float> wrong_rows(3, 5, Layout::row_major, 3), wrong_columns(2, 4, Layout::row_major, 3);
    CHECK_THROWS_AS(matrix_product(a.view, b3.view, wrong_rows.view), gradus::ShapeError);
    CHECK_THROWS_AS(matrix_product(a.view, b3.view, wrong_columns.view), gradus::ShapeError);
  }
}
