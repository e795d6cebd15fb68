// SPDX-License-Identifier: MIT

#include <array>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/download.hpp>

#include "../support/environment.hpp"
#include "../support/gzip_bytes.hpp"
#include "../support/http_server.hpp"
#include "../support/temporary_folder.hpp"

#if defined(__unix__)

namespace {

namespace fs = std::filesystem;
using gradus::download_fashion_mnist;
using gradus::DownloadOptions;
using gradus::fetch_fashion_mnist;
using gradus::FileError;
using gradus::locate_fashion_mnist;
using gradus::Split;
using gradus::test::Connection;
using gradus::test::EnvironmentVariable;
using gradus::test::gzip_bytes;
using gradus::test::http_answer;
using gradus::test::HttpServer;
using gradus::test::message_of;
using gradus::test::read_file;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;

constexpr std::array names{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                           "t10k-labels-idx1-ubyte"};

/// An environment in which the cache is a new folder and no data set is configured.
struct Cache {
  explicit Cache(const std::string& name)
      : folder(name),
        home("XDG_CACHE_HOME", folder.path.c_str()),
        path(folder.path / "gradus" / "fashion-mnist") {}

  EnvironmentVariable no_proxy{"no_proxy", "127.0.0.1"};
  EnvironmentVariable named{"FASHION_MNIST_DIR", ""};
  TemporaryFolder folder;
  EnvironmentVariable home;
  fs::path path;
};

/// Returns a file with `count` images of zeros, or with as many labels.
std::string idx_bytes(bool images, unsigned char count) {
  std::string bytes{'\0', '\0', '\b', images ? '\3' : '\1', '\0', '\0', '\0', static_cast<char>(count)};
  if (images) bytes += std::string{'\0', '\0', '\0', '\34', '\0', '\0', '\0', '\34'};
  return bytes + std::string(images ? count * std::size_t{784} : count, '\0');
}

}  // namespace

TEST_CASE("download_fashion_mnist: files with wrong content are refused, existing ones are kept") {
  const TemporaryFolder folder("download_set");
  const EnvironmentVariable no_proxy("no_proxy", "127.0.0.1");
  std::vector<std::string> asked;
  const HttpServer server([&](const Connection& client, const std::string& path) {
    asked.push_back(path);
    client.send(http_answer("not the official bytes"));
  });
  DownloadOptions options;
  options.base_address = server.address();
  const auto target = folder.path / "a" / "b";
  CHECK(message_of<FileError>([&] {
          download_fashion_mnist(target, options);
        }).starts_with("download: " + options.base_address + "train-images-idx3-ubyte.gz: file has MD5 "));
  CHECK(fs::is_empty(target));

  write_file(target / "train-images-idx3-ubyte", "train-images");
  write_file(target / "train-labels-idx1-ubyte.gz", "train-labels");
  CHECK_THROWS_AS(download_fashion_mnist(target, options), FileError);
  write_file(target / "t10k-images-idx3-ubyte.gz", "t10k-images");
  write_file(target / "t10k-labels-idx1-ubyte", "t10k-labels");
  download_fashion_mnist(target, options);
  CHECK(read_file(target / "t10k-labels-idx1-ubyte") == "t10k-labels");
  CHECK(asked == std::vector<std::string>{"/train-images-idx3-ubyte.gz", "/t10k-images-idx3-ubyte.gz"});

  write_file(folder.path / "file", "");
  CHECK(message_of<FileError>([&] {
          download_fashion_mnist(folder.path / "file", options);
        }).starts_with((folder.path / "file").string() + ": "));
}

TEST_CASE("download_fashion_mnist: a file may exceed its official size only slightly") {
  const TemporaryFolder folder("download_set_size");
  const EnvironmentVariable no_proxy("no_proxy", "127.0.0.1");
  for (const char* name : names) {
    if (std::string_view(name) != "t10k-labels-idx1-ubyte") write_file(folder.path / name, "");
  }
  const HttpServer server([](const Connection& client, const std::string&) {
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 12000\r\n\r\n");
  });
  DownloadOptions options;
  options.base_address = server.address();
  // The labels take 10,008 bytes uncompressed.
  CHECK(message_of<FileError>([&] {
          download_fashion_mnist(folder.path, options);
        }).find("expected at most 11108 bytes") != std::string::npos);
}

TEST_CASE("locate_fashion_mnist: the requested folder, the environment's, the cache, or an error") {
  const Cache cache("locate");
  DownloadOptions options;
  {
    const HttpServer server("HTTP/1.1 404 Not Found\r\n\r\n");
    options.base_address = server.address();
    {
      const EnvironmentVariable directory("FASHION_MNIST_DIR", "/from/environment");
      CHECK(locate_fashion_mnist("/asked/for", options) == "/asked/for");
      CHECK(locate_fashion_mnist({}, options) == "/from/environment");
      CHECK(message_of<FileError>([] {
              fetch_fashion_mnist(Split::test);
            }).starts_with("FashionMnist: /from/environment"));
      CHECK(message_of<FileError>([] {
              fetch_fashion_mnist(Split::test, "/asked/for");
            }).starts_with("FashionMnist: /asked/for"));
    }
    CHECK_FALSE(fs::exists(cache.folder.path / "gradus"));
    CHECK_THROWS_AS(locate_fashion_mnist({}, options), FileError);
  }
  CHECK(fs::is_empty(cache.path));
  for (const char* name : names) write_file(cache.path / name, name);
  CHECK(locate_fashion_mnist({}, options) == cache.path);
}

TEST_CASE("locate_fashion_mnist: the cache is private, folders above it are unchanged") {
  const Cache cache("locate_mode");
  fs::permissions(cache.folder.path, fs::perms{0755});
  const HttpServer server("HTTP/1.1 404 Not Found\r\n\r\n");
  DownloadOptions options;
  options.base_address = server.address();
  CHECK_THROWS_AS(locate_fashion_mnist({}, options), FileError);
  CHECK(fs::status(cache.path).permissions() == fs::perms{0700});
  CHECK(fs::status(cache.folder.path / "gradus").permissions() == fs::perms{0700});
  CHECK(fs::status(cache.folder.path).permissions() == fs::perms{0755});
}

TEST_CASE("fetch_fashion_mnist: a damaged file in the cache is named, with the command that removes it") {
  const Cache cache("fetch_damaged");
  fs::create_directories(cache.path);
  for (const char* name : names) write_file(cache.path / name, name);
  const auto error = [] { return message_of<FileError>([] { fetch_fashion_mnist(Split::test); }); };
  const auto images = cache.path / "t10k-images-idx3-ubyte", labels = cache.path / "t10k-labels-idx1-ubyte";
  const std::string labels_advice = "to download it again, remove it: rm '" + labels.string() + ".gz'";

  // Files that are damaged, truncated or not IDX, compressed or not.
  const std::string packed = gzip_bytes(idx_bytes(true, 2));
  fs::remove(images);
  for (const std::string& bytes :
       {std::string("not gzip"), packed.substr(0, packed.size() - 1), gzip_bytes("not IDX"), std::string()}) {
    write_file(images.string() + ".gz", bytes);
    const std::string message = error();
    CHECK(message.find(": " + images.string() + ".gz: ") != std::string::npos);
    CHECK(message.find("; the cached file has MD5 ") != std::string::npos);
    CHECK(message.find(", expected bef4ecab320f06d8554ea6380940ec79") != std::string::npos);
    CHECK(message.find("rm '" + images.string() + ".gz'") != std::string::npos);
  }
  fs::remove(images.string() + ".gz");
  write_file(images, "not IDX");
  CHECK(error().find("rm '" + images.string() + "'") != std::string::npos);

  // Files that can be read are used as they are, whatever their checksums.
  write_file(images, idx_bytes(true, 2));
  write_file(labels, idx_bytes(false, 2));
  CHECK(fetch_fashion_mnist(Split::test).size() == 2);
  // Labels that do not match the images.
  fs::remove(labels);
  write_file(labels.string() + ".gz", gzip_bytes(idx_bytes(false, 1)));
  CHECK(error().find(labels_advice) != std::string::npos);
}

TEST_CASE("fetch_fashion_mnist: for a damaged file in a folder given by the user, no removal is suggested") {
  const Cache cache("fetch_named");
  for (const char* name : names) write_file(cache.folder.path / name, name);
  const std::string message =
      message_of<FileError>([&] { fetch_fashion_mnist(Split::test, cache.folder.path); });
  CHECK(message.starts_with("read_idx: " + (cache.folder.path / "t10k-images-idx3-ubyte").string()));
  CHECK(message.find("rm ") == std::string::npos);
}

TEST_CASE("shell_quoted: returns one word for the shell") {
  CHECK(gradus::detail::shell_quoted("/a b/it's") == "'/a b/it'\\''s'");
}

#endif
