// SPDX-License-Identifier: MIT

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <gradus/data/fashion_mnist.hpp>
#include <gradus/data/write_idx.hpp>

#include "../support/gzip_bytes.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using gradus::Dataset;
using gradus::FashionMnist;
using gradus::FileError;
using gradus::Index;
using gradus::Shape;
using gradus::Split;
using gradus::Tensor;
using gradus::test::gzip_bytes;
using gradus::test::message_of;
using gradus::test::read_file;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;

/// A folder with equal numbers of images and labels; image i holds i, label i is i % 10.
struct Folder : TemporaryFolder {
  explicit Folder(const std::string& name, Index count = 12) : TemporaryFolder("fashion_" + name) {
    Tensor<std::uint8_t> images(Shape{count, 28, 28});
    Tensor<std::uint8_t> labels(Shape{count});
    for (Index i = 0; i < count; ++i) {
      images[i].array() = static_cast<std::uint8_t>(i);
      labels(i) = static_cast<std::uint8_t>(i % 10);
    }
    for (const Split split : {Split::train, Split::test}) {
      write_idx(path / FashionMnist::file_names(split).images, images);
      write_idx(path / FashionMnist::file_names(split).labels, labels);
    }
  }
};

std::string error_of(const Folder& folder) {
  return message_of<FileError>([&] { FashionMnist::load(folder.path, Split::train); });
}

const char* const images_name = "train-images-idx3-ubyte";
const char* const labels_name = "train-labels-idx1-ubyte";

}  // namespace

TEST_CASE("FashionMnist: loads images, labels and names, compressed or not") {
  const Folder folder("load");
  for (const Split split : {Split::train, Split::test}) {
    const auto images = folder.path / FashionMnist::file_names(split).images;
    for (int packed = 0; packed < 2; ++packed) {
      const Dataset<> data = FashionMnist::load(folder.path, split);
      CHECK(data.inputs.shape() == Shape{12, 28, 28});
      CHECK(data.inputs(11, 27, 27) == 11);
      CHECK(data.labels == Tensor<Index>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1});
      CHECK(data.classes == 10);
      CHECK(data.class_names.at(9) == "ankle boot");
      CHECK(data.name == (split == Split::train ? "train" : "test"));
      CHECK(FashionMnist::exists(folder.path));
      write_file(images.string() + ".gz", gzip_bytes(read_file(images)));
      std::filesystem::remove(images);
    }
  }
}

TEST_CASE("FashionMnist: files without images are allowed") {
  const Folder folder("empty", 0);
  CHECK(FashionMnist::load(folder.path, Split::train).size() == 0);
}

TEST_CASE("FashionMnist: a missing file is named") {
  const Folder folder("missing");
  std::filesystem::remove(folder.path / labels_name);
  CHECK_FALSE(FashionMnist::exists(folder.path));
  CHECK(error_of(folder) == "FashionMnist: " + folder.path.string() +
                                ": folder has neither train-labels-idx1-ubyte nor "
                                "train-labels-idx1-ubyte.gz, expected one of them");
  std::filesystem::create_directory(folder.path / labels_name);
  CHECK_FALSE(FashionMnist::exists(folder.path));
}

TEST_CASE("FashionMnist: images of another size and files of another kind are refused") {
  const Folder folder("foreign");
  const std::string images = (folder.path / images_name).string();
  write_idx(images, Tensor<std::uint8_t>(Shape{12, 28, 27}));
  CHECK(error_of(folder) ==
        "FashionMnist: " + images + ": images have shape [12, 28, 27], expected [N, 28, 28]");
  write_idx(images, Tensor<std::uint8_t>(Shape{12 * 28 * 28}));
  CHECK(error_of(folder) == "FashionMnist: " + images + ": images have shape [9408], expected [N, 28, 28]");
  write_idx(images, Tensor<float>(Shape{12, 28, 28}));
  CHECK(error_of(folder) == "read_idx: " + images + ": elements are float32 (0x0d), expected uint8 (0x08)");
  write_file(images, "<html>404</html>");
  CHECK(error_of(folder).starts_with("read_idx: " + images + ": magic number is "));
  write_file(images, "");
  CHECK(error_of(folder).starts_with("read_idx: " + images + ": header is truncated"));
}

TEST_CASE("FashionMnist: labels that do not match the images are refused") {
  const Folder folder("labels");
  const std::string labels = (folder.path / labels_name).string();
  const std::string expected = ", expected [12], one per image in " + (folder.path / images_name).string();
  write_idx(labels, Tensor<std::uint8_t>(Shape{11}));
  CHECK(error_of(folder) == "FashionMnist: " + labels + ": labels have shape [11]" + expected);
  write_idx(labels, Tensor<std::uint8_t>(Shape{12, 1}));
  CHECK(error_of(folder) == "FashionMnist: " + labels + ": labels have shape [12, 1]" + expected);
  write_idx(labels, Tensor<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255});
  CHECK(error_of(folder) == "FashionMnist: " + labels + ": label 10 is 10, expected a class in [0, 10)");
}
