// SPDX-License-Identifier: MIT

#pragma once

/// Requires libcurl, OpenSSL's libcrypto and zlib: link the CMake target gradus::download.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>
#include <gradus/data/byte_source.hpp>
#include <gradus/data/cache_folder.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/data/download_file.hpp>
#include <gradus/data/fashion_mnist.hpp>
#include <gradus/data/file_sums.hpp>

namespace gradus {

namespace detail {

struct OfficialFile {
  const char* name;  ///< without `.gz`
  const char* md5;   ///< of the official `.gz`
  const char* unpacked_sha256;
  std::uint64_t unpacked_size;

  /// Returns sums that also accept a recompressed file, whose MD5 differs but whose unpacked bytes do not.
  FileSums sums() const {
    return {.md5 = md5, .unpacked_sha256 = unpacked_sha256, .unpacked_size = unpacked_size};
  }
};

/// MD5 from https://github.com/zalandoresearch/fashion-mnist#get-the-data; SHA-256 computed from its files.
inline constexpr std::array<OfficialFile, 4> official_fashion_mnist{
    OfficialFile{"train-images-idx3-ubyte", "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                 "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", 47040016},
    OfficialFile{"train-labels-idx1-ubyte", "25c81989df183df01b3e8a0aad5dffbe",
                 "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9", 60008},
    OfficialFile{"t10k-images-idx3-ubyte", "bef4ecab320f06d8554ea6380940ec79",
                 "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", 7840016},
    OfficialFile{"t10k-labels-idx1-ubyte", "bb300cfdad3c16e7a12a480ee83cd310",
                 "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34", 10008}};

inline std::filesystem::path fashion_mnist_cache() { return default_cache_dir() / "fashion-mnist"; }

/// Returns `MD5 <found>, expected <expected>` if the file is not the official one; an empty string if it is
/// or if it cannot be read.
inline std::string official_mismatch(const std::filesystem::path& path, const OfficialFile& official) {
  SumCheck sums(official.sums());
  std::vector<std::byte> buffer(std::size_t{1} << 18);
  try {
    PlainFile file(path);
    while (const std::size_t count = file.read(buffer)) sums.update(std::span(buffer).first(count));
  } catch (const FileError&) {
    return "";
  }
  return sums.mismatch();
}

/// Quotes a path as one word for a POSIX shell.
inline std::string shell_quoted(const std::filesystem::path& path) {
  std::string text = "'";
  for (const char c : path.string()) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// Checks one split of the cached data set against the official sums. Returns text to append to an error
/// message, with advice on each file that differs. The text is empty if no file differs or `folder` is not
/// the cache.
inline std::string advice_on_cache(const std::filesystem::path& folder, Split split) {
  try {
    if (folder != fashion_mnist_cache()) return "";
  } catch (const FileError&) {
    return "";
  }
  std::string text;
  const auto [images, labels] = FashionMnist::file_names(split);
  for (const std::string name : {images, labels}) {
    const std::filesystem::path path = FashionMnist::locate(folder, name);
    const auto* const official =
        std::ranges::find_if(official_fashion_mnist, [&name](const auto& file) { return name == file.name; });
    if (path.empty() || official == official_fashion_mnist.end()) continue;
    const std::string mismatch = official_mismatch(path, *official);
    if (mismatch.empty()) continue;
    text +=
        "; the cached file has " + mismatch + "; to download it again, remove it: rm " + shell_quoted(path);
  }
  return text;
}

}  // namespace detail

/// Downloads those of the four files that `folder` lacks, creating the folder if necessary. A file is
/// accepted if it has the official MD5 or unpacks to the official bytes. Throws FileError.
inline void download_fashion_mnist(const std::filesystem::path& folder, const DownloadOptions& options = {}) {
  detail::make_folder(folder);
  for (const detail::OfficialFile& file : detail::official_fashion_mnist) {
    if (!FashionMnist::locate(folder, file.name).empty()) continue;
    const std::string packed = std::string(file.name) + ".gz";
    DownloadOptions limited = options;
    // Even stored without compression, gzip data are barely larger than their unpacked size.
    limited.max_size = std::min(options.max_size, file.unpacked_size + file.unpacked_size / 100 + 1000);
    download(options.base_address + packed, folder / packed, file.sums(), limited);
  }
}

/// Returns the folder with Fashion-MNIST: `folder` if given, else the one named by FASHION_MNIST_DIR, else
/// the cache, which is created with mode 0700 and filled by a download if files are missing. Throws FileError
/// if that fails. Does not check a folder given explicitly.
inline std::filesystem::path locate_fashion_mnist(const std::filesystem::path& folder = {},
                                                  const DownloadOptions& options = {}) {
  if (!folder.empty()) return folder;
  const char* const variable = std::getenv("FASHION_MNIST_DIR");
  if (variable != nullptr && *variable != '\0') return variable;
  const std::filesystem::path cache = detail::fashion_mnist_cache();
  if (!FashionMnist::exists(cache)) {
    detail::make_private_folder(cache);
    download_fashion_mnist(cache, options);
  }
  return cache;
}

namespace detail {

/// A template, so that gradus::compiled_download can compile it, and everything that it calls, elsewhere.
template <class Options>
Dataset<> fetch(Split split, const std::filesystem::path& folder, const Options& options) {
  const std::filesystem::path found = locate_fashion_mnist(folder, options);
  try {
    return FashionMnist::load(found, split);
  } catch (const FileError& error) {
    const std::string advice = advice_on_cache(found, split);
    if (advice.empty()) throw;
    throw FileError(error.what() + advice);
  }
}

}  // namespace detail

/// Loads one split of Fashion-MNIST from the folder returned by locate_fashion_mnist. If reading from the
/// cache fails, checks its files against the official sums and names the file to remove in the message.
/// Throws FileError.
inline Dataset<> fetch_fashion_mnist(Split split, const std::filesystem::path& folder,
                                     const DownloadOptions& options = {}) {
  return detail::fetch(split, folder, options);
}
/// Loads one split of Fashion-MNIST, downloading its files first if they are not in the cache.
inline Dataset<> fetch_fashion_mnist(Split split, const DownloadOptions& options = {}) {
  return fetch_fashion_mnist(split, std::filesystem::path(), options);
}

}  // namespace gradus

#if defined(GRADUS_COMPILED_DOWNLOAD)
#include <gradus/compiled/download.hpp>
#endif
