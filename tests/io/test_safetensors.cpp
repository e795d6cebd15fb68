#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <gradus/io/safetensors.hpp>

namespace {

using namespace gradus;
namespace fs = std::filesystem;

/// A file in the temporary folder, gone at the end of the test.
struct TemporaryFile {
  fs::path path =
      fs::temp_directory_path() / ("gradus_safetensors_" + std::to_string(counter()++) + ".safetensors");
  ~TemporaryFile() { fs::remove(path); }
  static int& counter() {
    static int count = 0;
    return count;
  }
};

std::string with_header(std::string json, std::size_t data_bytes) {
  std::string file(8, '\0');
  const std::uint64_t length = json.size();
  for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<char>((length >> (8 * i)) & 0xff);
  return file + json + std::string(data_bytes, '\1');
}

/// What reading these bytes as a file complains of; empty if nothing.
std::string complaint(const std::string& bytes) {
  const TemporaryFile file;
  std::ofstream(file.path, std::ios::binary) << bytes;
  try {
    const SafetensorsReader reader(file.path);
    return "";
  } catch (const FileError& error) {
    const std::string text = error.what(), prefix = file.path.string() + ": ";
    CHECK(text.starts_with(prefix));
    return text.substr(prefix.size());
  }
}

std::string entry(const std::string& shape, const std::string& offsets,
                  const std::string& dtype = "\"F32\"") {
  return R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

}  // namespace

TEST_CASE("What is written is read back, bit for bit, for every scalar and shape") {
  const TemporaryFile file;
  const Tensor<float> floats{{1.5f, -0.0f}, {std::numeric_limits<float>::infinity(), 1e-45f}};
  const auto nan = Tensor<double>::scalar(std::bit_cast<double>(0x7ff8dead'beef0001ull));
  const Tensor<std::uint8_t> bytes{{{1, 2, 255}}};
  const auto none = Tensor<float>::zeros({3, 0, 2});
  const Tensor<Index> integers{-1, std::numeric_limits<Index>::max()};
  SafetensorsWriter writer;
  writer.add("0.weight", floats);
  writer.add("nan", nan);
  writer.add("bytes", bytes);
  writer.add("none", none);
  writer.add("\"quoted\" \n \xc3\xa9", integers);
  writer.add_metadata("made by", "a test");
  writer.write(file.path);

  const SafetensorsReader reader(file.path);
  CHECK(reader.entries().size() == 5);
  CHECK(reader.metadata().at("made by") == "a test");
  const auto read = reader.read<float>("0.weight");
  CHECK(read == floats);
  CHECK(std::signbit(read(0, 1)));
  CHECK(std::bit_cast<std::uint64_t>(reader.read<double>("nan").item()) == 0x7ff8dead'beef0001ull);
  CHECK(reader.read<std::uint8_t>("bytes") == bytes);
  CHECK(reader.read<float>("none").shape() == Shape{3, 0, 2});
  CHECK(reader.read<Index>("\"quoted\" \n \xc3\xa9") == integers);
  CHECK(reader.find("absent") == nullptr);
  CHECK_THROWS_WITH_AS(reader.read<float>("absent"), (file.path.string() + ": no tensor \"absent\"").c_str(),
                       FileError);
  CHECK_THROWS_WITH_AS(reader.read<double>("0.weight"),
                       (file.path.string() + ": \"0.weight\" has dtype F32, expected F64").c_str(),
                       FileError);
  CHECK_THROWS_AS(writer.add("nan", nan), ArgumentError);
}

TEST_CASE("The data begin on a multiple of eight bytes and the header says where") {
  const TemporaryFile file;
  const Tensor<float> one{1.0f};
  SafetensorsWriter writer;
  writer.add("w", one);
  writer.write(file.path);
  std::ifstream stream(file.path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  const std::string json = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  CHECK(bytes ==
        with_header(json + std::string(8 - json.size() % 8, ' '), 0) + std::string("\0\0\x80\x3f", 4));
}

TEST_CASE("A file without tensors is legal") {
  const TemporaryFile file;
  SafetensorsWriter().write(file.path);
  CHECK(SafetensorsReader(file.path).entries().empty());
}

TEST_CASE("A well-formed header passes") {
  CHECK(complaint(with_header(entry("[2]", "[0,8]"), 8)) == "");
  CHECK(complaint(with_header(entry("[]", "[0,4]") + "   ", 4)) == "");
  CHECK(complaint(with_header(entry("[0]", "[0,0]"), 0)) == "");
}

TEST_CASE("Every malformed file gives one typed error that says what is wrong") {
  CHECK_THROWS_AS(SafetensorsReader("/nonexistent/file.safetensors"), FileError);
  for (std::size_t size = 0; size < 8; ++size) {
    CHECK(complaint(std::string(size, '\0')) ==
          std::to_string(size) + " bytes, expected 8 and a safetensors header");
  }
  const auto bad_length = [](std::uint64_t length) {
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    return complaint(bytes + "{}");
  };
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{100'000'001},
                                     std::numeric_limits<std::uint64_t>::max()}) {
    CHECK(bad_length(length) ==
          "header length " + std::to_string(length) + " in a file of 10 bytes; not a safetensors file");
  }

  struct Case {
    std::string json;
    std::size_t data;
    std::string expected;
  };
  const Case cases[] = {
      {"{", 0, "header: it is not valid JSON at byte 2"},
      {"{} x", 0, "header: it is not valid JSON at byte 4"},
      {"[]", 0, "header: an array where the format has none"},
      {"7", 0, "header: a number where the format has none"},
      {"\"x\"", 0, "header: a string where the format has none"},
      {"{\"\xff\":{}}", 0, "header: it is not valid JSON at byte 3"},
      {R"({"a":1})", 0, "header: a number where the format has none"},
      {R"({"a":{}})", 0, "header: \"a\" lacks dtype, shape or data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 4, "header: \"a\" lacks dtype, shape or data_offsets"},
      {entry("[1]", "[0,4]", "\"F31\""), 4, "header: \"a\" has unknown dtype \"F31\""},
      {entry("[1]", "[0,4]", "4"), 4, "header: a number where the format has none in \"a\""},
      {entry("[-1]", "[0,4]"), 4, "header: -1 where the format has none in \"a\""},
      {entry("[1.5]", "[0,4]"), 4, "header: 1.5 where the format has none in \"a\""},
      {entry("[1e0]", "[0,4]"), 4, "header: 1e0 where the format has none in \"a\""},
      {entry("[18446744073709551616]", "[0,4]"), 4,
       "header: 18446744073709551616 where the format has none in \"a\""},
      {entry("[18446744073709551615]", "[0,4]"), 4, "header: \"a\" has an extent of 18446744073709551615"},
      {entry("[4294967296,4294967296]", "[0,4]"), 4,
       "header: \"a\": Shape: [4294967296, 4294967296]: the number of elements overflows"},
      {entry("[4611686018427387905]", "[0,4]"), 4,
       "header: \"a\" has 4 bytes for shape [4611686018427387905] of F32"},
      {entry("[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "header: \"a\" has a shape of more than 8 numbers"},
      {entry("[[1]]", "[0,4]"), 4, "header: an array where the format has none in \"a\""},
      {entry("[true]", "[0,4]"), 4, "header: a boolean where the format has none in \"a\""},
      {entry("[null]", "[0,4]"), 4, "header: null where the format has none in \"a\""},
      {entry("{}", "[0,4]"), 4, "header: an object where the format has none in \"a\""},
      {entry("[1]", "[4,0]"), 4, "header: \"a\" has data_offsets that are not [begin, end]"},
      {entry("[1]", "[0]"), 4, "header: \"a\" has data_offsets that are not [begin, end]"},
      {entry("[1]", "[0,5]"), 5, "header: \"a\" has 5 bytes for shape [1] of F32"},
      {entry("[2]", "[0,4]"), 4, "header: \"a\" has 4 bytes for shape [2] of F32"},
      {entry("[1]", "[4,8]"), 8, "\"a\" begins at byte 4 of the data, expected 0"},
      {entry("[1]", "[0,4]"), 3, "3 bytes of data, but the tensors take 4"},
      {entry("[1]", "[0,4]"), 5, "5 bytes of data, but the tensors take 4"},
      {entry("[1]", "[0,18446744073709551612]"), 4,
       "header: \"a\" has 18446744073709551612 bytes for shape [1] of F32"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       8, "header: the key \"a\" stands twice"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"shape":[1]}})", 4,
       "header: \"shape\" of \"a\" stands twice"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
       12, "\"b\" begins at byte 4 of the data, expected 8"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})",
       12, "\"b\" begins at byte 8 of the data, expected 4"},
      {R"({"__metadata__":{"x":1}})", 0, "header: a number where the format has none"},
      {R"({"__metadata__":{"x":"1","x":"2"}})", 0, "header: the metadata key \"x\" stands twice"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.json);
    CHECK(complaint(with_header(c.json, c.data)) == c.expected);
  }
  CHECK(complaint(with_header(std::string(1'000'000, '['), 0)) ==
        "header: an array where the format has none");
  CHECK(complaint(with_header(entry(std::string(1'000'000, '['), "[0,4]"), 4)) ==
        "header: an array where the format has none in \"a\"");
}

TEST_CASE("A header of very many tiny tensors does not take more memory than the file is long") {
  std::string json = "{";
  for (int i = 0; i < 20'000; ++i) {
    json +=
        (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  }
  CHECK(complaint(with_header(json + "}", 0)) == "header: it lists too many tensors for a file of this size");
}

TEST_CASE("A file that ends early, at any byte, is refused") {
  const std::string whole = with_header(entry("[2]", "[0,8]"), 8);
  REQUIRE(complaint(whole) == "");
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(complaint(whole.substr(0, size)) != "");
}

TEST_CASE("A file whose bytes were changed anywhere is read or refused, never a crash") {
  const std::string whole = with_header(entry("[2]", "[0,8]"), 8);
  Generator random{1};
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = whole;
    for (int change = 0; change < 2; ++change) {
      bytes[random.next() % bytes.size()] = static_cast<char>(random.next() & 0xff);
    }
    complaint(bytes);
  }
}

TEST_CASE("A save that fails leaves nothing behind") {
  const Tensor<float> one{1.0f};
  SafetensorsWriter writer;
  writer.add("w", one);
  CHECK_THROWS_AS(writer.write("/nonexistent/folder/x.safetensors"), FileError);
}
