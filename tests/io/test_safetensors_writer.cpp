// SPDX-License-Identifier: MIT

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/safetensors_reader.hpp>
#include <gradus/io/safetensors_writer.hpp>

#include "../support/safetensors_bytes.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
using gradus::test::message_of;
using gradus::test::read_file;
using gradus::test::TemporaryFolder;
using namespace std::string_literals;

}  // namespace

TEST_CASE("SafetensorsWriter: the data start at a multiple of eight bytes and the header says where") {
  const TemporaryFolder folder("safetensors_bytes");
  const Tensor<float> one{1.0f};
  SafetensorsWriter writer;
  writer.add("w", one);
  writer.write(folder.path / "file");
  const std::string json = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  CHECK(read_file(folder.path / "file") ==
        test::safetensors_bytes(json + std::string(8 - json.size() % 8, ' '), "\0\0\x80\x3f"s));
}

TEST_CASE("SafetensorsWriter: writes metadata, scalars and empty tensors") {
  const TemporaryFolder folder("safetensors_json");
  const auto scalar = Tensor<std::int16_t>::scalar(3);
  const Tensor<bool> bools{{true, false}};
  SafetensorsWriter writer;
  writer.add_metadata("k\"\n", "old");
  writer.add_metadata("k\"\n", "v");
  writer.add("s", scalar);
  writer.add("b", bools);
  writer.write(folder.path / "file");
  const std::string file = read_file(folder.path / "file");
  CHECK(file.substr(8).starts_with(
      R"({"__metadata__":{"k\"\n":"v"},"s":{"dtype":"I16","shape":[],"data_offsets":[0,2]},)"
      R"("b":{"dtype":"BOOL","shape":[1,2],"data_offsets":[2,4]}})"));
  CHECK(file.ends_with("\3\0\1\0"s));
  SafetensorsWriter().write(folder.path / "empty");
  CHECK(SafetensorsReader(folder.path / "empty").entries().empty());
}

TEST_CASE("SafetensorsWriter: names and metadata that no reader would accept are refused at once") {
  const Tensor<float> one{1.0f};
  SafetensorsWriter writer;
  writer.add("w", one);
  const auto error_of = [&](auto&& call) { return message_of<ArgumentError>(call); };
  CHECK(error_of([&] { writer.add("w", one); }) ==
        R"(SafetensorsWriter: two tensors are named "w", expected unique names)");
  CHECK(error_of([&] { writer.add("__metadata__", one); }) ==
        R"(SafetensorsWriter: tensor is named "__metadata__", expected another name)");
  CHECK(error_of([&] { writer.add("a\xff", one); }) ==
        R"(SafetensorsWriter: name is "a\xff", expected UTF-8)");
  CHECK(error_of([&] { writer.add("\xed\xa0\x80", one); }) ==
        R"(SafetensorsWriter: name is "\xed\xa0\x80", expected UTF-8)");
  CHECK(error_of([&] { writer.add_metadata("\x80", ""); }) ==
        R"(SafetensorsWriter: metadata key is "\x80", expected UTF-8)");
  CHECK(error_of([&] { writer.add_metadata("k", "\xc3("); }) ==
        R"(SafetensorsWriter: metadata value is "\xc3(", expected UTF-8)");
  const TemporaryFolder folder("safetensors_refused");
  writer.write(folder.path / "file");
  CHECK(SafetensorsReader(folder.path / "file").entries().size() == 1);
  CHECK(SafetensorsReader(folder.path / "file").metadata().empty());
}

TEST_CASE("SafetensorsWriter: a header longer than readers accept is not written") {
  const TemporaryFolder folder("safetensors_long");
  SafetensorsWriter writer;
  writer.add_metadata("k", std::string(100'000'000, 'x'));
  CHECK(message_of<ArgumentError>([&] { writer.write(folder.path / "file"); }) ==
        "SafetensorsWriter: header has 100000032 bytes, expected at most 100000000");
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("SafetensorsWriter: a failed save leaves nothing behind") {
  const Tensor<float> one{1.0f};
  SafetensorsWriter writer;
  writer.add("w", one);
  CHECK_THROWS_AS(writer.write("/nonexistent/folder/x.safetensors"), FileError);
}

TEST_CASE("SafetensorsWriter: 100,000 tensors and 600 kB of metadata can be read back") {
  const TemporaryFolder folder("safetensors_many");
  const auto path = folder.path / "file";
  constexpr int count = 100'000;
  std::vector<Tensor<float>> tensors;
  SafetensorsWriter writer;
  for (int i = 0; i < count; ++i) tensors.push_back(Tensor<float>::scalar(static_cast<float>(i)));
  for (int i = 0; i < count; ++i)
    writer.add(std::to_string(i) + ".weight", tensors[static_cast<std::size_t>(i)]);
  writer.write(path);
  const SafetensorsReader reader(path);
  CHECK(reader.entries().size() == count);
  int wrong = 0;
  for (int i = 0; i < count; i += 7) {
    if (reader.read<float>(std::to_string(i) + ".weight").item() != static_cast<float>(i)) ++wrong;
  }
  CHECK(wrong == 0);

  SafetensorsWriter notes;
  const std::string text(600'000, '\x1f');  // each byte takes six in JSON
  notes.add_metadata("long", text);
  for (int i = 0; i < 60'000; ++i) notes.add_metadata(std::to_string(i), "");
  notes.write(path);
  CHECK(SafetensorsReader(path).metadata().size() == 60'001);
  CHECK(SafetensorsReader(path).metadata().at("long") == text);
}
