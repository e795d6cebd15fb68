// SPDX-License-Identifier: MIT

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/data/byte_source.hpp>
#include <gradus/data/npy.hpp>
#include <gradus/data/write_npy.hpp>

#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;

template <class T>
Tensor<T> from_bytes(std::string_view bytes, NpyOptions options = {}) {
  return read_npy<T>(MemorySource(std::as_bytes(std::span(bytes))), options);
}

std::string array(const std::string& dtype, bool fortran, const std::string& shape, std::string_view data) {
  const std::string dictionary = "{'descr': '" + dtype +
                                 "', 'fortran_order': " + (fortran ? "True" : "False") +
                                 ", 'shape': " + shape + "}";
  std::string bytes = std::string("\x93NUMPY\1\0", 8) + static_cast<char>(dictionary.size()) + '\0';
  return bytes + dictionary + std::string(data);
}

using std::string_view_literals::operator""sv;

}  // namespace

TEST_CASE_TEMPLATE("save_npy, load_npy: round trip gives the same tensor", T, float, double, bool,
                   std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t,
                   std::int64_t, std::uint64_t) {
  const test::TemporaryFolder folder("npy");
  const auto file = folder.path / "x.npy";
  for (const Shape& shape : {Shape{}, Shape{0, 3}, Shape{5}, Shape{2, 3, 4}}) {
    Tensor<T> x(shape);
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(i % 2);
    if (x.size() > 0) x.data()[0] = std::numeric_limits<T>::max();
    save_npy(x, file);
    CHECK(load_npy<T>(file) == x);
  }
}

TEST_CASE("read_npy: reads both byte orders and Fortran order") {
  CHECK(from_bytes<std::int16_t>(array("<i2", false, "(2,)", "\1\0\0\1"sv)) == Tensor<std::int16_t>{1, 256});
  CHECK(from_bytes<std::int16_t>(array(">i2", false, "(2,)", "\1\0\0\1"sv)) == Tensor<std::int16_t>{256, 1});
  CHECK(from_bytes<std::uint8_t>(array("|u1", true, "(2, 3)", "\1\2\3\4\5\6"sv)) ==
        Tensor<std::uint8_t>{{1, 3, 5}, {2, 4, 6}});
  const auto cube = from_bytes<std::uint8_t>(array("|u1", true, "(2, 2, 2)", "\0\1\2\3\4\5\6\7"sv));
  CHECK(cube(1, 0, 0) == 1);
  CHECK(cube(0, 1, 0) == 2);
  CHECK(cube(0, 0, 1) == 4);
}

TEST_CASE("read_npy: converts on request, and only values that fit") {
  const std::string doubles = array("<f8", false, "(1,)", "\0\0\0\0\0\0\370\77"sv);
  CHECK_THROWS_WITH_AS(from_bytes<float>(doubles),
                       "read_npy: memory: dtype is <f8, expected <f4; {.convert = true} converts other types",
                       FileError);
  CHECK(from_bytes<float>(doubles, {.convert = true}) == Tensor<float>{1.5f});
  CHECK_THROWS_AS(from_bytes<int>(doubles, {.convert = true}), FileError);
  CHECK(from_bytes<float>(array("|u1", false, "(2,)", "\1\377"sv), {.convert = true}) ==
        Tensor<float>{1, 255});
  CHECK(from_bytes<Index>(array("|i1", false, "(1,)", "\377"sv), {.convert = true}) == Tensor<Index>{-1});
  CHECK_THROWS_WITH_AS(from_bytes<std::uint8_t>(array("|i1", false, "(1,)", "\377"sv), {.convert = true}),
                       "read_npy: memory: element 0 is -1, expected a value that fits in |u1", FileError);
  CHECK_THROWS_AS(from_bytes<std::int8_t>(array("|u1", false, "(1,)", "\377"sv), {.convert = true}),
                  FileError);
  CHECK(from_bytes<bool>(array("|b1", false, "(2,)", "\0\2"sv))(1));
}

TEST_CASE("read_npy: refuses sizes beyond the file before it allocates") {
  CHECK_THROWS_WITH_AS(from_bytes<float>(array("<f4", false, "(1000000000000,)", "\0\0\0\0"sv)),
                       "read_npy: memory: data have at most 4 bytes, expected [1000000000000] of <f4",
                       FileError);
  CHECK_THROWS_AS(from_bytes<float>(array("<f4", false, "(2,)", "\0\0\0\0"sv)), FileError);
  CHECK_THROWS_WITH_AS(from_bytes<float>(array("<f4", false, "(1,)", "\0\0\0\0\0"sv)),
                       "read_npy: memory: data are followed by other bytes, expected the end of the file",
                       FileError);
  CHECK_THROWS_AS(load_npy<float>("/no/such/file.npy"), FileError);
}

TEST_CASE("read_npy: any truncated or modified file is either read or refused") {
  const std::string whole = array("<i4", true, "(2, 2)", "0123456789abcdef");
  const auto is_fine = [](const std::string& bytes) {
    try {
      return from_bytes<std::int32_t>(bytes, {.convert = true}).size() <= 64;
    } catch (const FileError&) {
      return true;
    }
  };
  for (std::size_t place = 0; place < whole.size(); ++place) {
    CAPTURE(place);
    CHECK(is_fine(whole.substr(0, place)));
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = whole;
      changed[place] = static_cast<char>(changed[place] ^ (1 << bit));
      CHECK(is_fine(changed));
    }
  }
}
