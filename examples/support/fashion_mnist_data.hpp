// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/terminal.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/data/fashion_mnist.hpp>
#include <gradus/data/synthetic.hpp>

#if !defined(EXAMPLES_WITHOUT_DOWNLOAD)
#include <gradus/data/download.hpp>
#else
#include <cstdlib>
#endif

namespace support {

/// The data that the examples train and test on.
struct FashionMnistData {
  gradus::Dataset<> train;
  gradus::Dataset<> test;
  std::string warning = {};             ///< printed with every result that is not from the real data
  std::string title = "Fashion-MNIST";  ///< of figures

  /// Returns the warning in parentheses, to append to a line, or an empty string.
  std::string note() const { return warning.empty() ? "" : " (" + warning + ")"; }
};

/// Returns synthetic data of the real set's size, with a fixed seed, so that runs differ only by their own.
inline FashionMnistData synthetic_data() {
  gradus::Generator random(28);
  FashionMnistData data;
  data.train = gradus::synthetic_fashion(60000, random);
  data.test = gradus::synthetic_fashion(10000, random);
  data.train.name = "train";
  data.test.name = "test";
  data.warning = "synthetic data";
  data.title = "synthetic fashion";
  return data;
}

#if !defined(EXAMPLES_WITHOUT_DOWNLOAD)

/// Shows the progress of a download on a terminal.
class DownloadDisplay {
 public:
  DownloadDisplay() = default;
  DownloadDisplay(const DownloadDisplay&) = delete;
  DownloadDisplay& operator=(const DownloadDisplay&) = delete;
  ~DownloadDisplay() { line_.clear(); }

  gradus::DownloadOptions options() {
    gradus::DownloadOptions options;
    if (!gradus::is_terminal(stderr)) return options;
    options.progress = [this](const std::string& address, std::uint64_t received, std::uint64_t expected) {
      if (expected == 0) return;
      const auto megabytes = [](std::uint64_t bytes) {
        return gradus::format_fixed(static_cast<double>(bytes) / 1e6, 1);
      };
      line_.show(megabytes(received) + " of " + megabytes(expected) + " MB of " + address);
    };
    return options;
  }

 private:
  gradus::StatusLine line_{stderr};
};

namespace detail {

inline std::filesystem::path locate_fashion_mnist(const std::filesystem::path& named_folder) {
  DownloadDisplay display;
  return gradus::locate_fashion_mnist(named_folder, display.options());
}

inline gradus::Dataset<> load_fashion_mnist(const std::filesystem::path& folder, gradus::Split split) {
  return gradus::fetch_fashion_mnist(split, folder);
}

}  // namespace detail

#else  // built without OpenSSL

namespace detail {

inline std::filesystem::path locate_fashion_mnist(const std::filesystem::path& named_folder) {
  if (!named_folder.empty()) return named_folder;
  const char* const variable = std::getenv("FASHION_MNIST_DIR");
  if (variable != nullptr && *variable != '\0') return variable;
  throw gradus::FileError(
      "Fashion-MNIST: neither --data nor FASHION_MNIST_DIR is given, and this program is built without "
      "downloads");
}

inline gradus::Dataset<> load_fashion_mnist(const std::filesystem::path& folder, gradus::Split split) {
  return gradus::FashionMnist::load(folder, split);
}

}  // namespace detail

#endif

namespace detail {

/// Returns the named folder, else FASHION_MNIST_DIR, else the cache, downloading the data set if necessary.
/// If that fails, prints a line on standard error and returns nullopt.
inline std::optional<std::filesystem::path> fashion_mnist_folder(const std::filesystem::path& named_folder) {
  try {
    return locate_fashion_mnist(named_folder);
  } catch (const gradus::FileError& error) {
    std::fprintf(stderr, "%s; training on synthetic images instead\n", error.what());
    return std::nullopt;
  }
}

}  // namespace detail

/// Loads the data set from the named folder, else from FASHION_MNIST_DIR, else from the cache, downloading it
/// if necessary. If the download fails, prints a line on standard error and returns synthetic data. Throws
/// FileError if a folder that is given explicitly does not contain the data.
inline FashionMnistData fashion_mnist(const std::filesystem::path& named_folder) {
  const auto folder = detail::fashion_mnist_folder(named_folder);
  if (!folder) return synthetic_data();
  return {detail::load_fashion_mnist(*folder, gradus::Split::train),
          detail::load_fashion_mnist(*folder, gradus::Split::test)};
}

/// Loads data for choosing settings: the test images are not read; a fixed set of 10,000 training images is
/// held out in their place.
inline FashionMnistData fashion_mnist_held_out(const std::filesystem::path& named_folder) {
  const auto folder = detail::fashion_mnist_folder(named_folder);
  FashionMnistData data =
      folder ? FashionMnistData{detail::load_fashion_mnist(*folder, gradus::Split::train), {}}
             : synthetic_data();
  gradus::Generator same_each_time(1);
  auto [train, held_out] = gradus::split(data.train, 1.0 / 6, same_each_time);
  return {std::move(train), std::move(held_out), data.warning, data.title};
}

}  // namespace support
