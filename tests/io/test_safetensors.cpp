// SPDX-License-Identifier: MIT

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/io/safetensors.hpp>

#include "../support/temporary_folder.hpp"

using namespace gradus;
using gradus::test::TemporaryFolder;

TEST_CASE("SafetensorsWriter: a round trip preserves every scalar type and shape, bit for bit") {
  const TemporaryFolder folder("safetensors_identity");
  const auto path = folder.path / "file.safetensors";
  const Tensor<float> floats{{1.5f, -0.0f}, {std::numeric_limits<float>::infinity(), 1e-45f}};
  const auto nan = Tensor<double>::scalar(std::bit_cast<double>(0x7ff8dead'beef0001ull));
  const Tensor<std::uint8_t> bytes{{{1, 2, 255}}};
  const auto none = Tensor<float>::zeros({3, 0, 2});
  const Tensor<Index> integers{-1, std::numeric_limits<Index>::max()};
  const Tensor<bool> bools{true, false, true};
  SafetensorsWriter writer;
  writer.add("0.weight", floats);
  writer.add("nan", nan);
  writer.add("bytes", bytes);
  writer.add("none", none);
  writer.add("bools", bools);
  writer.add("\"quoted\" \n \xc3\xa9", integers);
  writer.add_metadata("made by", "a test");
  writer.write(path);

  const SafetensorsReader reader(path);
  CHECK(reader.entries().size() == 6);
  CHECK(reader.metadata().at("made by") == "a test");
  const auto read = reader.read<float>("0.weight");
  CHECK(read == floats);
  CHECK(std::signbit(read(0, 1)));
  CHECK(std::bit_cast<std::uint64_t>(reader.read<double>("nan").item()) == 0x7ff8dead'beef0001ull);
  CHECK(reader.read<std::uint8_t>("bytes") == bytes);
  CHECK(reader.read<float>("none").shape() == Shape{3, 0, 2});
  CHECK(reader.read<bool>("bools") == bools);
  CHECK(reader.read<Index>("\"quoted\" \n \xc3\xa9") == integers);
  CHECK(reader.find("absent") == nullptr);
  CHECK_THROWS_WITH_AS(
      reader.read<float>("absent"),
      ("SafetensorsReader: " + path.string() + ": no tensor is named \"absent\", expected one of entries()")
          .c_str(),
      FileError);
  CHECK_THROWS_WITH_AS(
      reader.read<double>("0.weight"),
      ("SafetensorsReader: " + path.string() + ": \"0.weight\" has dtype F32, expected F64").c_str(),
      FileError);
}

TEST_CASE_TEMPLATE("SafetensorsWriter: all bit patterns of a scalar are preserved", T, std::int8_t,
                   std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
                   std::uint64_t, float, double) {
  const TemporaryFolder folder("safetensors_bits");
  Generator random{3};
  Tensor<T> tensor(Shape{1000});
  for (std::byte& byte : std::as_writable_bytes(tensor.span()))
    byte = static_cast<std::byte>(random.below(256));
  SafetensorsWriter writer;
  writer.add("x", tensor);
  writer.write(folder.path / "file");
  const Tensor<T> read = SafetensorsReader(folder.path / "file").read<T>("x");
  CHECK(std::memcmp(read.data(), tensor.data(), 1000 * sizeof(T)) == 0);
}
