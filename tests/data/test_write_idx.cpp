// SPDX-License-Identifier: MIT

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/data/write_idx.hpp>

#include "../support/temporary_folder.hpp"

namespace {

using gradus::Index;
using gradus::read_idx;
using gradus::Shape;
using gradus::Tensor;
using gradus::test::read_file;
using gradus::test::TemporaryFolder;
using namespace std::string_literals;

using Byte = std::uint8_t;

}  // namespace

TEST_CASE_TEMPLATE("write_idx, read_idx: round trip is the identity", T, std::uint8_t, std::int8_t,
                   std::int16_t, std::int32_t, float, double) {
  const TemporaryFolder folder("idx_identity");
  gradus::Generator random(1);
  for (const Shape& shape :
       {Shape{}, Shape{0}, Shape{5}, Shape{3, 0, 2}, Shape{2, 3, 4}, Shape{4097}, Shape{91, 91}}) {
    Tensor<T> tensor(shape);
    for (T& element : tensor) element = static_cast<T>(static_cast<std::int32_t>(random.next()) >> 3);
    const auto path = folder.path / "tensor";
    write_idx(path, tensor);
    CHECK(read_idx<T>(path) == tensor);
    CHECK(std::filesystem::file_size(path) == 4 + 4 * static_cast<std::size_t>(shape.rank()) +
                                                  sizeof(T) * static_cast<std::size_t>(shape.size()));
  }
}

TEST_CASE("write_idx: writes the bytes of the format") {
  const TemporaryFolder folder("idx_bytes");
  write_idx(folder.path / "small", Tensor<Byte>{{1, 2, 3}, {4, 5, 6}});
  CHECK(read_file(folder.path / "small") == "\0\0\x08\x02\0\0\0\x02\0\0\0\x03\1\2\3\4\5\6"s);
  write_idx(folder.path / "one", Tensor<float>{1.5f});
  CHECK(read_file(folder.path / "one") == "\0\0\x0d\1\0\0\0\1\x3f\xc0\0\0"s);
}

TEST_CASE_TEMPLATE("write_idx: all bit patterns are preserved", T, std::int16_t, std::int32_t, float,
                   double) {
  const TemporaryFolder folder("idx_bits");
  gradus::Generator random(2);
  Tensor<T> tensor(Shape{20'001});  // more than one block
  for (std::byte& byte : std::as_writable_bytes(tensor.span()))
    byte = static_cast<std::byte>(random.below(256));
  write_idx(folder.path / "tensor", tensor);
  const Tensor<T> read = read_idx<T>(folder.path / "tensor");
  CHECK(std::memcmp(read.data(), tensor.data(), 20'001 * sizeof(T)) == 0);
}

TEST_CASE("write_idx: an extent beyond 32 bits is refused and leaves no file") {
  const TemporaryFolder folder("idx_wide");
  const Tensor<Byte> wide(Shape{Index{1} << 32, 0});
  CHECK_THROWS_AS(write_idx(folder.path / "wide", wide), gradus::ArgumentError);
  CHECK(std::filesystem::is_empty(folder.path));
}
