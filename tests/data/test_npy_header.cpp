// SPDX-License-Identifier: MIT

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/data/byte_source.hpp>
#include <gradus/data/npy_header.hpp>

namespace {

using namespace gradus;

std::string with_dictionary(const std::string& dictionary, char version = 1) {
  std::string bytes = std::string("\x93NUMPY") + version + '\0';
  bytes += static_cast<char>(dictionary.size() & 0xff);
  bytes += static_cast<char>(dictionary.size() >> 8);
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + dictionary;
}

NpyHeader parse(std::string_view bytes) {
  MemorySource source(std::as_bytes(std::span(bytes)));
  return gradus::detail::parse_npy_header(source);
}

}  // namespace

TEST_CASE("parse_npy_header: reads NumPy's headers in any key order and version") {
  for (const int version : {1, 2, 3}) {
    const auto header = parse(with_dictionary(
        "{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3), }   \n", static_cast<char>(version)));
    CHECK(header.type.to_string() == ">f8");
    CHECK(header.is_fortran_order);
    CHECK(header.shape == Shape{2, 3});
  }
  CHECK(parse(with_dictionary("{\"shape\":(7,),\"descr\":\"|u1\",\"fortran_order\":False}")).shape ==
        Shape{7});
  CHECK(parse(with_dictionary("{'descr': '<i2', 'fortran_order': False, 'shape': ()}")).shape == Shape{});
  CHECK(parse(with_dictionary("{'descr': '<i2', 'fortran_order': False, 'shape': (2L, 3L)}")).shape ==
        Shape{2, 3});
}

TEST_CASE("npy_header: can be read back, and the elements start at a multiple of 64") {
  for (const Shape& shape :
       {Shape{}, Shape{0}, Shape{5}, Shape{1, 2, 3, 4, 5, 6, 7, 8}, Shape{1'000'000'000, 3}}) {
    const std::string bytes = gradus::detail::npy_header({npy_type<double>(), false, shape});
    CHECK(bytes.size() % 64 == 0);
    CHECK(bytes.back() == '\n');
    const NpyHeader header = parse(bytes);
    CHECK(header.shape == shape);
    CHECK(header.type.has_same_values(npy_type<double>()));
    CHECK_FALSE(header.is_fortran_order);
  }
}

TEST_CASE("npy_type: names each kind of number") {
  CHECK(npy_type<bool>().to_string() == "|b1");
  CHECK(npy_type<std::uint8_t>().to_string() == "|u1");
  CHECK(npy_type<std::int64_t>().kind == 'i');
  CHECK(npy_type<float>().size == 4);
}

TEST_CASE("parse_npy_header: refuses malformed headers") {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
  const std::string whole = with_dictionary(good);
  REQUIRE_NOTHROW(parse(whole));
  for (std::size_t size = 0; size < whole.size() - 2; ++size) {
    CAPTURE(size);
    std::string cut = whole.substr(0, size);
    CHECK_THROWS_AS(parse(cut), FileError);
  }
  for (const char* bad : {"", "{}", "x", "{'descr': '<f4', 'fortran_order': False}",
                          "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}",
                          "{'descr': '<f2', 'fortran_order': False, 'shape': ()}",
                          "{'descr': '|O', 'fortran_order': False, 'shape': ()}",
                          "{'descr': '<c8', 'fortran_order': False, 'shape': ()}",
                          "{'descr': '|f4', 'fortran_order': False, 'shape': ()}",
                          "{'descr': '<i3', 'fortran_order': False, 'shape': ()}",
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2)}",
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
                          "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': '1'}",
                          "{'descr': '<f4', 'fortran_order': False, 'shape': ()} x", "{'descr': '<f4"}) {
    CAPTURE(std::string(bad));
    CHECK_THROWS_AS(parse(with_dictionary(bad)), FileError);
  }
  CHECK_THROWS_WITH_AS(parse(with_dictionary(good, 4)),
                       "read_npy: memory: format version is 4, expected 1, 2 or 3", FileError);
  CHECK_THROWS_AS(parse(with_dictionary(good + std::string(5000, ' '))), FileError);
}
