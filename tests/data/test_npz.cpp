// SPDX-License-Identifier: MIT

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/random.hpp>
#include <gradus/data/npz.hpp>

#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Writes two arrays of different types.
void write(const fs::path& file, bool compress) {
  Generator random(1);
  NpzWriter writer(file, compress);
  writer.add("x", Tensor<float>::randn({50, 3}, random));
  writer.add("labels", Tensor<Index>{1, 2, 3});
  writer.commit();
}

}  // namespace

TEST_CASE("NpzWriter, NpzFile: round trip gives the same arrays, compressed or not") {
  const test::TemporaryFolder folder("npz");
  const auto file = folder.path / "x.npz";
  for (const bool compress : {false, true}) {
    write(file, compress);
    const NpzFile npz(file);
    CHECK(npz.names() == std::vector<std::string>{"labels", "x"});
    Generator random(1);
    CHECK(npz.load<float>("x") == Tensor<float>::randn({50, 3}, random));
    CHECK(npz.load<Index>("labels") == Tensor<Index>{1, 2, 3});
    CHECK(npz.load<double>("labels", {.convert = true}) == Tensor<double>{1, 2, 3});
    CHECK_THROWS_WITH_AS(
        npz.load<float>("y"),
        ("NpzFile: " + file.string() + R"(: no array is named "y", expected one of "labels", "x")").c_str(),
        FileError);
    CHECK_THROWS_AS(npz.load<float>("labels"), FileError);
  }
}

TEST_CASE("save_npz, load_npz: round trip of large compressible arrays and of none") {
  const test::TemporaryFolder folder("npz");
  const auto file = folder.path / "x.npz";
  std::map<std::string, Tensor<double>> arrays;
  arrays["zeros"] = Tensor<double>(Shape{300, 1000});
  arrays["empty"] = Tensor<double>(Shape{0});
  arrays["one"] = Tensor<double>{{1, 2}};
  save_npz(arrays, file);
  CHECK(fs::file_size(file) < 10'000);
  CHECK(load_npz<double>(file) == arrays);
  save_npz<double>({}, file);
  CHECK(load_npz<double>(file).empty());
}

TEST_CASE("NpzWriter: refuses a duplicate name") {
  const test::TemporaryFolder folder("npz");
  NpzWriter writer(folder.path / "x.npz");
  writer.add("a", Tensor<float>{1});
  CHECK_THROWS_AS(writer.add("a", Tensor<float>{1}), ArgumentError);
}

TEST_CASE("NpzFile: any truncated or modified file is either read or refused") {
  const test::TemporaryFolder folder("npz");
  const auto file = folder.path / "x.npz";
  const auto is_fine = [&](const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
    try {
      const NpzFile npz(file);
      for (const std::string& name : npz.names()) npz.load<float>(name, {.convert = true});
      return true;
    } catch (const FileError&) {
      return true;
    }
  };
  for (const bool compress : {false, true}) {
    write(file, compress);
    const std::string whole = contents(file);
    int damages_found = 0;
    for (std::size_t place = 0; place < whole.size(); ++place) {
      CAPTURE(place);
      if (place % 5 == 0) CHECK(is_fine(whole.substr(0, place)));
      std::string changed = whole;
      changed[place] = static_cast<char>(changed[place] ^ (1 << (place % 8)));
      CHECK(is_fine(changed));
      try {
        NpzFile(file).load<float>("x");
      } catch (const FileError&) {
        ++damages_found;
      }
    }
    // The checksum detects a change of any of the 600 data bytes.
    CHECK(damages_found > 500);
  }
}
