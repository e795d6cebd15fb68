// SPDX-License-Identifier: MIT

#pragma once

/// Requires zlib: link the CMake target gradus::gzip.

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/data/fashion_classes.hpp>
#include <gradus/data/gzip.hpp>
#include <gradus/data/idx.hpp>

namespace gradus {

/// The part of a data set: training or test.
enum class Split { train, test };

/// Fashion-MNIST: 70,000 grey 28x28 images of clothes in ten classes (Xiao, Rasul and Vollgraf,
/// arXiv:1708.07747). Loads the published files, with or without gzip compression. MNIST and other sets in
/// the same format load as well.
struct FashionMnist {
  /// The height of an image in pixels.
  static constexpr Index height = 28;
  /// The width of an image in pixels.
  static constexpr Index width = 28;
  /// The number of classes.
  static constexpr Index classes = 10;

  /// The names of the two files of a split, without `.gz`.
  struct FileNames {
    /// The image file.
    const char* images;
    /// The label file.
    const char* labels;
  };
  /// Returns the file names of a split.
  static constexpr FileNames file_names(Split split) {
    if (split == Split::train) return {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};
    return {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  }

  /// Loads images `[N, 28, 28]` and labels `[N]` from a folder, as a data set named `train` or `test`. Throws
  /// FileError if a file is missing, damaged or in another format, or if the number of labels differs from
  /// the number of images.
  static Dataset<> load(const std::filesystem::path& folder, Split split) {
    const FileNames names = file_names(split);
    const std::filesystem::path images_path = find(folder, names.images);
    const std::filesystem::path labels_path = find(folder, names.labels);

    auto images = read_idx<std::uint8_t>(GzipFile(images_path));
    if (images.rank() != 3 || images.shape()[1] != height || images.shape()[2] != width) {
      throw FileError("FashionMnist: " + path_text(images_path) + ": images have shape " +
                      images.shape().to_string() + ", expected [N, 28, 28]");
    }
    const auto labels = read_idx<std::uint8_t>(GzipFile(labels_path));
    if (labels.rank() != 1 || labels.size() != images.shape()[0]) {
      throw FileError("FashionMnist: " + path_text(labels_path) + ": labels have shape " +
                      labels.shape().to_string() + ", expected [" + std::to_string(images.shape()[0]) +
                      "], one per image in " + path_text(images_path));
    }
    const auto* const outside =
        std::ranges::find_if(labels, [](std::uint8_t label) { return label >= classes; });
    if (outside != labels.end()) {
      throw FileError("FashionMnist: " + path_text(labels_path) + ": label " +
                      std::to_string(outside - labels.begin()) + " is " + std::to_string(*outside) +
                      ", expected a class in [0, 10)");
    }
    return {std::move(images),
            labels.cast<Index>(),
            classes,
            {fashion_classes.begin(), fashion_classes.end()},
            split == Split::train ? "train" : "test"};
  }

  /// Returns whether a folder has all four files, each with or without `.gz`.
  static bool exists(const std::filesystem::path& folder) {
    return std::ranges::all_of(std::array{Split::train, Split::test}, [&](Split split) {
      const FileNames names = file_names(split);
      return !locate(folder, names.images).empty() && !locate(folder, names.labels).empty();
    });
  }

  /// Returns the path of a file in a folder, with or without `.gz`; an empty path if neither exists.
  static std::filesystem::path locate(const std::filesystem::path& folder, const std::string& name) {
    for (const char* ending : {"", ".gz"}) {
      const std::filesystem::path path = folder / (name + ending);
      std::error_code ignored;
      if (std::filesystem::is_regular_file(path, ignored)) return path;
    }
    return {};
  }

 private:
  static std::filesystem::path find(const std::filesystem::path& folder, const std::string& name) {
    std::filesystem::path path = locate(folder, name);
    if (path.empty())
      throw FileError("FashionMnist: " + path_text(folder) + ": folder has neither " + name + " nor " + name +
                      ".gz, expected one of them");
    return path;
  }
};

}  // namespace gradus
