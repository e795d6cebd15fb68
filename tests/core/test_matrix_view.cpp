// SPDX-License-Identifier: MIT

#include <array>
#include <type_traits>

#include <doctest/doctest.h>

#include <gradus/core/matrix_view.hpp>

using gradus::MatrixView;

TEST_SUITE("matrix_view") {
  TEST_CASE("MatrixView: element (i, j) is at i row strides and j column strides") {
    std::array<float, 12> storage{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const MatrixView<float> m(storage.data(), 3, 4);
    CHECK(m.rows == 3);
    CHECK(m.columns == 4);
    CHECK(m(0, 0) == 0);
    CHECK(m(1, 0) == 4);
    CHECK(m(2, 3) == 11);
    m(1, 2) = 60;
    CHECK(storage[6] == 60);
  }

  TEST_CASE("MatrixView: a transpose is a view of the same numbers") {
    std::array<float, 6> storage{0, 1, 2, 3, 4, 5};
    const MatrixView<float> m(storage.data(), 2, 3);
    const MatrixView<float> t = m.transposed();
    CHECK(t.rows == 3);
    CHECK(t.columns == 2);
    for (gradus::Index i = 0; i < 2; ++i)
      for (gradus::Index j = 0; j < 3; ++j) CHECK(&t(j, i) == &m(i, j));
  }

  TEST_CASE("MatrixView: ranges of rows and columns keep the strides") {
    std::array<double, 12> storage{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const MatrixView<double> m(storage.data(), 3, 4);
    const MatrixView<double> block = m.row_range(1, 2).column_range(2, 2);
    CHECK(block.rows == 2);
    CHECK(block.columns == 2);
    CHECK(block(0, 0) == 6);
    CHECK(block(1, 1) == 11);
    CHECK(m.row_range(3, 0).rows == 0);
  }

  TEST_CASE("MatrixView: a const view can be made from a mutable one, but not the other way round") {
    static_assert(std::is_convertible_v<MatrixView<float>, MatrixView<const float>>);
    static_assert(!std::is_convertible_v<MatrixView<const float>, MatrixView<float>>);
    static_assert(!std::is_convertible_v<MatrixView<float>, MatrixView<const double>>);
    float storage[] = {1, 2};
    const MatrixView<const float> m = MatrixView<float>(storage, 2, 1);
    CHECK(m(1, 0) == 2);
  }
}
