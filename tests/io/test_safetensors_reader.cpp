// SPDX-License-Identifier: MIT

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/io/safetensors_reader.hpp>
#include <gradus/io/safetensors_writer.hpp>

#include "../support/safetensors_bytes.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
using gradus::test::header_json;
using gradus::test::message_of;
using gradus::test::safetensors_bytes;
using gradus::test::safetensors_complaint;
using gradus::test::TemporaryFolder;
using gradus::test::tensor_json;
using gradus::test::write_file;

}  // namespace

TEST_CASE("SafetensorsReader: an invalid header length is refused") {
  CHECK_THROWS_AS(SafetensorsReader("/nonexistent/file.safetensors"), FileError);
  for (std::size_t size = 0; size < 8; ++size) {
    CHECK(safetensors_complaint(std::string(size, '\0')) ==
          "file has " + std::to_string(size) + " bytes, expected at least 8");
  }
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{100'000'001},
                                     std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
    std::string bytes = safetensors_bytes("{}", 0);
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>((length >> (8 * i)) & 0xff);
    CHECK(safetensors_complaint(bytes) ==
          "header length is " + std::to_string(length) +
              " in a file of 10 bytes, expected a safetensors header within the file");
  }
  CHECK(safetensors_complaint(safetensors_bytes(header_json("[2]", "[0,8]"), 8)) == "");
  CHECK(safetensors_complaint(safetensors_bytes(header_json("[2]", "[0,8]"), 9)) ==
        "data have 9 bytes, expected 8 for the tensors");
}

TEST_CASE("SafetensorsReader: a file truncated at any byte is refused") {
  const std::string whole = safetensors_bytes(header_json("[2]", "[0,8]"), 8);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK(safetensors_complaint(whole.substr(0, size)) != "");
  }
}

TEST_CASE("SafetensorsReader: any modified file is either read or refused") {
  const std::string whole = safetensors_bytes(header_json("[2]", "[0,8]"), 8);
  Generator random{1};
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = whole;
    for (int change = 0; change < 2; ++change) {
      bytes[random.next() % bytes.size()] = static_cast<char>(random.next() & 0xff);
    }
    safetensors_complaint(bytes);
  }
}

TEST_CASE("SafetensorsReader: an unreadable tensor is an error only when it is requested") {
  const TemporaryFolder folder("safetensors_foreign");
  const std::string json = "{" + tensor_json("complex", "\"C64\"", "[1]", "[0,8]") + "," +
                           tensor_json("scale", "\"F8_E8M0\"", "[3]", "[8,11]") + "," +
                           tensor_json("four", "\"F4\"", "[2]", "[11,12]") + "," +
                           tensor_json("deep", "\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[12,16]") + "," +
                           tensor_json("new", R"("X\n\u001b")", "[1]", "[16,20]") + "," +
                           tensor_json("plain", "\"F32\"", "[1]", "[20,24]") + "}";
  const auto path = write_file(
      folder.path / "file", safetensors_bytes(json, std::string(20, '\0') + std::string("\0\0\x80\x3f", 4)));
  const SafetensorsReader reader(path);
  CHECK(reader.entries().size() == 6);
  CHECK(reader.read<float>("plain").item() == 1.0f);
  const auto error_of = [&](const char* name) {
    const std::string text = message_of<FileError>([&] { reader.read<float>(name); });
    const std::string start = "SafetensorsReader: " + path.string() + ": ";
    return text.starts_with(start) ? text.substr(start.size()) : text;
  };
  CHECK(error_of("complex") == R"("complex" has dtype C64, expected F32)");
  CHECK(error_of("scale") == R"("scale" has dtype F8_E8M0, expected F32)");
  CHECK(error_of("four") == R"("four" has dtype F4, expected F32)");
  CHECK(error_of("deep") == R"("deep" has rank 9, expected at most 8)");
  CHECK(error_of("new") == R"("new" has dtype X\n\x1b, expected F32)");
  CHECK(error_of("a\nb") == R"(no tensor is named "a\nb", expected one of entries())");
}

TEST_CASE("SafetensorsReader: BOOL is 0 or 1, and no other dtype is read as bool") {
  const TemporaryFolder folder("safetensors_bool");
  const auto read = [&](const std::string& data, const char* dtype) {
    write_file(folder.path / "file", safetensors_bytes(header_json("[3]", "[0,3]", dtype), data));
    return SafetensorsReader(folder.path / "file").read<bool>("a");
  };
  CHECK(read({0, 1, 1}, "\"BOOL\"") == Tensor<bool>{false, true, true});
  for (const int wrong : {2, 3, 127, 128, 255}) {
    CHECK(message_of<FileError>([&] {
            read({0, 1, static_cast<char>(wrong)}, "\"BOOL\"");
          }).ends_with("\"a\" has a BOOL with value " + std::to_string(wrong) + ", expected 0 or 1"));
  }
  CHECK(message_of<FileError>([&] {
          read({0, 1, 1}, "\"U8\"");
        }).ends_with("\"a\" has dtype U8, expected BOOL"));
  CHECK(message_of<FileError>([&] {
          read({0, 1, 1}, "\"I8\"");
        }).ends_with("\"a\" has dtype I8, expected BOOL"));
  CHECK_THROWS_AS(SafetensorsReader(folder.path / "file").read<std::uint8_t>("a"), FileError);
}

TEST_CASE("SafetensorsReader: data are little-endian on every machine, including signalling NaNs") {
  const TemporaryFolder folder("safetensors_endian");
  const auto path = write_file(
      folder.path / "file",
      safetensors_bytes(header_json("[2]", "[0,8]"), std::string("\x01\0\x80\x7f\0\0\xc0\x3f", 8)));
  const Tensor<float> read = SafetensorsReader(path).read<float>("a");
  std::array<std::uint32_t, 2> bits;
  std::memcpy(bits.data(), read.data(), sizeof bits);
  CHECK(bits == std::array<std::uint32_t, 2>{0x7f800001, 0x3fc00000});
}

TEST_CASE("SafetensorsReader: many threads can read one const reader") {
  const TemporaryFolder folder("safetensors_threads");
  std::vector<Tensor<float>> tensors;
  SafetensorsWriter writer;
  for (int i = 0; i < 50; ++i) tensors.push_back(Tensor<float>::full({40 + i, 37}, static_cast<float>(i)));
  for (std::size_t i = 0; i < tensors.size(); ++i) writer.add(std::to_string(i), tensors[i]);
  writer.write(folder.path / "file");
  const SafetensorsReader reader(folder.path / "file");
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 300; ++i) {
        const std::size_t k = (17 * i + 13 * t) % tensors.size();
        if (!(reader.read<float>(std::to_string(k)) == tensors[k])) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}
