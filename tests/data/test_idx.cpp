// SPDX-License-Identifier: MIT

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/data/byte_source.hpp>
#include <gradus/data/idx.hpp>

#include "../support/temporary_folder.hpp"

namespace {

using gradus::FileError;
using gradus::Index;
using gradus::MemorySource;
using gradus::read_idx;
using gradus::Shape;
using gradus::Tensor;
using gradus::test::message_of;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;
using namespace std::string_literals;

template <class T>
Tensor<T> parse(std::string_view bytes) {
  return read_idx<T>(MemorySource(std::as_bytes(std::span(bytes)), "x"));
}

template <class T>
std::string error_of(std::string_view bytes) {
  return message_of<FileError>([&] { parse<T>(bytes); });
}

using Byte = std::uint8_t;

/// The bytes of a tensor [2, 3] of 1 to 6.
const std::string small = "\0\0\x08\x02\0\0\0\x02\0\0\0\x03\1\2\3\4\5\6"s;

}  // namespace

TEST_CASE("read_idx: reads bytes") { CHECK(parse<Byte>(small) == Tensor<Byte>{{1, 2, 3}, {4, 5, 6}}); }

TEST_CASE("read_idx: reads every type of the format, big-endian") {
  CHECK(parse<std::int8_t>("\0\0\x09\1\0\0\0\2\x80\x7f"s) == Tensor<std::int8_t>{-128, 127});
  CHECK(parse<std::int16_t>("\0\0\x0b\1\0\0\0\2\x01\x02\xff\xfe"s) == Tensor<std::int16_t>{0x0102, -2});
  CHECK(parse<std::int32_t>("\0\0\x0c\1\0\0\0\2\x01\x02\x03\x04\xff\xff\xff\xfd"s) ==
        Tensor<std::int32_t>{0x01020304, -3});
  CHECK(parse<float>("\0\0\x0d\1\0\0\0\2\x3f\xc0\0\0\xff\x80\0\0"s) ==
        Tensor<float>{1.5f, -std::numeric_limits<float>::infinity()});
  CHECK(parse<double>("\0\0\x0e\1\0\0\0\1\xc0\x04\0\0\0\0\0\0"s) == Tensor<double>{-2.5});
  CHECK(std::isnan(parse<float>("\0\0\x0d\1\0\0\0\1\x7f\xc0\0\0"s)(0)));
}

TEST_CASE("read_idx: accepts any rank, and extents of 0") {
  CHECK(parse<Byte>("\0\0\x08\0\7"s) == Tensor<Byte>::scalar(7));
  CHECK(parse<Byte>("\0\0\x08\1\0\0\0\0"s).shape() == Shape{0});
  CHECK(parse<Byte>("\0\0\x08\3\0\0\0\0\0\0\0\x1c\0\0\0\x1c"s).shape() == Shape{0, 28, 28});
  CHECK(parse<Byte>("\0\0\x08\3\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"s).empty());
  std::string deep = "\0\0\x08\x08"s;
  for (int axis = 0; axis < 8; ++axis) deep += "\0\0\0\1"s;
  CHECK(parse<Byte>(deep + "\5").shape() == Shape{1, 1, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("read_idx: a file truncated anywhere is an error that states its size") {
  for (std::size_t size = 0; size < small.size(); ++size) {
    CAPTURE(size);
    const std::string message = error_of<Byte>(small.substr(0, size));
    if (size < 4) {
      CHECK(message == "read_idx: x: header is truncated: magic number has " + std::to_string(size) +
                           " bytes, expected 4");
    } else if (size < 12) {
      CHECK(message == "read_idx: x: header is truncated: an extent has " + std::to_string(size % 4) +
                           " bytes, expected 4");
    } else {
      CHECK(message == "read_idx: x: data have at most " + std::to_string(size - 12) +
                           " bytes, expected [2, 3] of uint8 (0x08)");
    }
  }
}

TEST_CASE("read_idx: one extra byte is an error") {
  CHECK(error_of<Byte>(small + "\7") ==
        "read_idx: x: data have more than 6 bytes, expected [2, 3] of uint8 (0x08)");
  CHECK(error_of<float>("\0\0\x0d\1\0\0\0\0 "s) ==
        "read_idx: x: data have more than 0 bytes, expected [0] of float32 (0x0d)");
}

TEST_CASE("read_idx: files that are not IDX or have another element type are refused") {
  CHECK(error_of<Byte>("\x1f\x8b\x08\0\0\0\0\0"s) ==
        "read_idx: x: magic number is 0x1f8b0800, expected 0x0000 followed by the type and the rank");
  CHECK(error_of<Byte>("\0\1\x08\1\0\0\0\1\0"s).starts_with("read_idx: x: magic number is 0x00010801"));
  for (int type = 0; type < 256; ++type) {
    if ((type >= 0x08 && type <= 0x0e) && type != 0x0a) continue;
    const std::string file = "\0\0"s + static_cast<char>(type) + "\1\0\0\0\1\0"s;
    CHECK(error_of<Byte>(file).starts_with("read_idx: x: type is 0x"));
  }
  CHECK(error_of<Byte>("\0\0\x0a\1\0\0\0\1\0"s) ==
        "read_idx: x: type is 0x0a, expected 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e");
  CHECK(error_of<float>(small) == "read_idx: x: elements are uint8 (0x08), expected float32 (0x0d)");
  CHECK(error_of<Byte>("\0\0\x08\x09"s) == "read_idx: x: rank is 9, expected at most 8");
  CHECK(error_of<Byte>("\0\0\x08\xff"s) == "read_idx: x: rank is 255, expected at most 8");
}

TEST_CASE("read_idx: sizes beyond 32 and 64 bits are errors, not allocations") {
  CHECK(error_of<Byte>("\0\0\x08\2\0\1\0\0\0\1\0\0\1\2\3"s) ==
        "read_idx: x: data have at most 3 bytes, expected [65536, 65536] of uint8 (0x08)");
  const std::string huge = "\xff\xff\xff\xff"s;
  CHECK(error_of<Byte>("\0\0\x08\1"s + huge).ends_with(" bytes, expected [4294967295] of uint8 (0x08)"));
  CHECK(error_of<Byte>("\0\0\x08\2\x80\0\0\0\x80\0\0\0"s)
            .ends_with(" bytes, expected [2147483648, 2147483648] of uint8 (0x08)"));
  CHECK(error_of<Byte>("\0\0\x08\2"s + huge + huge).starts_with("read_idx: x: extents are invalid: "));
  CHECK(error_of<double>("\0\0\x0e\2\x7f\xff\xff\xff\x7f\xff\xff\xff"s)
            .starts_with("read_idx: x: data have at most "));
  std::string deep = "\0\0\x08\x08"s;
  for (int axis = 0; axis < 8; ++axis) deep += huge;
  CHECK(error_of<Byte>(deep).starts_with("read_idx: x: extents are invalid: "));
}

TEST_CASE("read_idx: reads files and streams") {
  const TemporaryFolder folder("idx_files");
  const auto path = write_file(folder.path / "small", small);
  CHECK(read_idx<Byte>(path) == parse<Byte>(small));
  CHECK(read_idx<Byte>(path.string()) == parse<Byte>(small));
  CHECK(gradus::read_idx_header(path).type == gradus::IdxType::uint8);
  CHECK(gradus::read_idx_header(path).shape == Shape{2, 3});

  std::istringstream stream("before" + small);
  stream.seekg(6);
  CHECK(read_idx<Byte>(gradus::StreamSource(stream)) == parse<Byte>(small));

  std::istringstream failed;
  failed.setstate(std::ios::failbit);
  CHECK_THROWS_WITH_AS(gradus::StreamSource(failed, "pipe"),
                       "StreamSource: pipe: length is unknown, expected a seekable stream", FileError);

  const auto missing = folder.path / "missing";
  CHECK(message_of<FileError>([&] { read_idx<Byte>(missing); }) ==
        missing.string() + ": cannot be read: No such file or directory");
  CHECK(message_of<FileError>([&] {
          read_idx<Byte>(folder.path);
        }).starts_with(folder.path.string() + ": cannot be read: "));
}

TEST_CASE("read_idx: signalling NaNs keep their bits") {
  const auto floats = parse<float>("\0\0\x0d\1\0\0\0\2\x7f\x80\0\1\xff\xa1\x23\x45"s);
  std::array<std::uint32_t, 2> bits;
  std::memcpy(bits.data(), floats.data(), sizeof bits);
  CHECK(bits == std::array<std::uint32_t, 2>{0x7f800001, 0xffa12345});
  const auto doubles = parse<double>("\0\0\x0e\1\0\0\0\1\x7f\xf0\0\0\0\0\0\1"s);
  std::uint64_t wide;
  std::memcpy(&wide, doubles.data(), sizeof wide);
  CHECK(wide == 0x7ff0000000000001);
}

TEST_CASE("read_idx: any damaged file is either read or refused with one kind of error") {
  gradus::Generator random(7);
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string file = small;
    const Index changes = 1 + random.below(3);
    for (Index i = 0; i < changes; ++i) {
      const auto at = static_cast<std::size_t>(random.below(static_cast<Index>(file.size())));
      switch (random.below(4)) {
        case 0:
          file[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          file[at] = static_cast<char>(file[at] ^ (1 << random.below(8)));
          break;
        case 2:
          file.erase(at, static_cast<std::size_t>(random.below(4)));
          break;
        default:
          file.insert(at, 1, static_cast<char>(random.below(256)));
      }
      if (file.empty()) break;
    }
    try {
      const Tensor<Byte> tensor = parse<Byte>(file);
      CHECK(tensor.size() <= static_cast<Index>(file.size()));
    } catch (const FileError&) {
      ++refused;
    }
  }
  CHECK(refused > 5000);
}
