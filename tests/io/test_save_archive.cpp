// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/load_archive.hpp>
#include <gradus/io/save_archive.hpp>

namespace {

using namespace gradus;
namespace fs = std::filesystem;

/// One value of each kind.
struct Everything {
  bool truth = false;
  double number = 0, infinite = 0, nan = 0, small = 0;
  Index index = 0;
  std::int64_t count = 0;
  std::string text = "before";
  std::vector<double> numbers = {};
  std::vector<std::int64_t> integers = {};
  std::vector<std::string> texts = {"before"};
  Generator random{0};
  Tensor<float> single{0, 0};
  Tensor<double> pair{0, 0};
  std::vector<Tensor<float>> singles = {};
  std::vector<Tensor<double>> pairs = {};

  void serialize(Archive& archive) {
    archive("truth", truth);
    archive("number", number);
    archive("infinite", infinite);
    archive("nan", nan);
    archive("small", small);
    archive("index", index);
    archive.count("count", count);
    archive("text", text);
    archive("numbers", numbers);
    archive("integers", integers);
    archive("texts", texts);
    archive("random", random);
    archive("single", single);
    archive("pair", pair);
    archive("singles", singles);
    archive("pairs", pairs);
    archive.expect("kind", "everything");
  }
};

Everything filled() {
  Everything all;
  all.truth = true;
  all.number = 0.1 + 0.2;
  all.infinite = -std::numeric_limits<double>::infinity();
  all.nan = std::numeric_limits<double>::quiet_NaN();
  all.small = std::numeric_limits<double>::denorm_min();
  all.index = 1234567890123;
  all.count = std::numeric_limits<std::int64_t>::max();
  all.text = "a \"b\", \n\u00fc";
  all.numbers = {0.1, -2, 1e300};
  all.integers = {-1, std::numeric_limits<std::int64_t>::max()};
  all.texts = {"", "x"};
  all.random.normal<float>();
  all.single = {1.5f, -2};
  all.pair = {0.1, 3};
  all.singles = {Tensor<float>{1}, Tensor<float>{{1, 2}}};
  all.pairs = {Tensor<double>{7}};
  return all;
}

const fs::path file = fs::temp_directory_path() / "gradus_save_archive.safetensors";

}  // namespace

TEST_CASE("SaveArchive: every value is loaded exactly as it was saved") {
  Everything saved = filled(), loaded;
  {
    SaveArchive archive;
    saved.serialize(archive);
    archive.write(file);
  }
  LoadArchive archive(file);
  loaded.serialize(archive);
  CHECK(loaded.text == "before");
  archive.finish();
  archive.commit();
  CHECK(loaded.truth);
  CHECK(loaded.number == saved.number);
  CHECK(loaded.infinite == saved.infinite);
  CHECK(std::isnan(loaded.nan));
  CHECK(loaded.small == saved.small);
  CHECK(loaded.index == saved.index);
  CHECK(loaded.count == saved.count);
  CHECK(loaded.text == saved.text);
  CHECK(loaded.numbers == saved.numbers);
  CHECK(loaded.integers == saved.integers);
  CHECK(loaded.texts == saved.texts);
  CHECK(loaded.random == saved.random);
  CHECK(loaded.single == saved.single);
  CHECK(loaded.pair == saved.pair);
  CHECK(loaded.singles == saved.singles);
  CHECK(loaded.pairs == saved.pairs);
  fs::remove(file);
}
