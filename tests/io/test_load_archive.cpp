// SPDX-License-Identifier: MIT

#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/io/load_archive.hpp>
#include <gradus/io/save_archive.hpp>

namespace {

using namespace gradus;
namespace fs = std::filesystem;

const fs::path file = fs::temp_directory_path() / "gradus_load_archive.safetensors";

/// Writes metadata and a tensor, then passes f the archive that loads them. Returns the message of the
/// exception, without the operation and the name of the file.
template <class F>
std::string message(const F& f) {
  {
    std::string text = "seven";
    bool truth = true;
    double number = 2;
    Index index = 3;
    Tensor<float> tensor{1, 2, 3};
    SaveArchive archive;
    archive("text", text);
    archive("truth", truth);
    archive("number", number);
    archive("index", index);
    archive("tensor", tensor);
    archive.write(file);
  }
  std::string what;
  try {
    LoadArchive archive(file);
    f(archive);
  } catch (const FileError& error) {
    what = error.what();
    const std::string before = file.string() + ": ";
    REQUIRE(what.find(before) != std::string::npos);
    what.erase(0, what.find(before) + before.size());
  }
  fs::remove(file);
  return what;
}

const std::string refused = "not a checkpoint of this training: ";

}  // namespace

TEST_CASE("LoadArchive: names values that are missing, of another kind or left over") {
  double number = 0;
  bool truth = false;
  Index index = 0;
  Generator random;
  std::vector<double> numbers;
  Tensor<float> pair{0, 0};
  Tensor<double> doubles{0, 0, 0};
  CHECK(message([&](auto& a) { a("other", number); }) ==
        refused + "other is missing, expected it in the file");
  CHECK(message([&](auto& a) { a("other", pair); }) == refused + "other is missing, expected it in the file");
  CHECK(message([&](auto& a) { a("text", number); }) == refused + "text is seven, expected a number");
  CHECK(message([&](auto& a) { a("text", truth); }) == refused + "text is seven, expected true or false");
  CHECK(message([&](auto& a) { a("text", index); }) == refused + "text is seven, expected a count >= 0");
  CHECK(message([&](auto& a) { a.expect("text", "eight"); }) == refused + "text is seven, expected eight");
  CHECK(message([&](auto& a) { a("tensor", pair); }) == refused + "tensor has shape [3], expected [2]");
  CHECK(message([&](auto& a) { a("tensor", doubles); }).find("has dtype F32, expected F64") !=
        std::string::npos);
  CHECK(message([&](auto& a) { a("tensor", numbers); }).find("has dtype F32, expected F64") !=
        std::string::npos);
  CHECK(message([&](auto& a) { a("tensor", random); }).find("has dtype F32, expected U32") !=
        std::string::npos);
  CHECK(message([&](auto& a) { a.finish(); }) ==
        refused + "tensor is in the file, expected only what this training saves");
  Tensor<float> three{0, 0, 0};
  CHECK(message([&](auto& a) {
          a("tensor", three);
          a.finish();
        }) == refused + "index is in the file, expected only what this training saves");
}

TEST_CASE("LoadArchive: a negative count is refused") {
  Index negative = -1;
  {
    SaveArchive archive;
    archive("index", negative);
    archive.write(file);
  }
  LoadArchive archive(file);
  Index index = 0;
  CHECK_THROWS_AS(archive("index", index), FileError);
  fs::remove(file);
}

TEST_CASE("LoadArchive: a vector with more elements than the file is refused before it is allocated") {
  std::string size = "1152921504606846975";
  {
    SaveArchive archive;
    archive("texts.size", size);
    archive("tensors.size", size);
    archive.write(file);
  }
  LoadArchive archive(file);
  std::vector<std::string> texts;
  std::vector<Tensor<float>> tensors;
  CHECK_THROWS_WITH_AS(archive("texts", texts),
                       ("load_checkpoint: " + file.string() + ": " + refused +
                        "texts.size is 1152921504606846975, expected at most 2")
                           .c_str(),
                       FileError);
  CHECK_THROWS_WITH_AS(archive("tensors", tensors),
                       ("load_checkpoint: " + file.string() + ": " + refused +
                        "tensors.size is 1152921504606846975, expected at most 0")
                           .c_str(),
                       FileError);
  fs::remove(file);
}

TEST_CASE("LoadArchive: assigns at once or in commit") {
  double deferred = 0, at_once = 0;
  message([&](auto& archive) {
    archive("number", deferred);
    archive.set_deferred(false);
    archive("number", at_once);
    CHECK(deferred == 0);
    CHECK(at_once == 2);
    archive.commit();
    CHECK(deferred == 2);
  });
}
