// SPDX-License-Identifier: MIT

#include <cstdlib>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <gradus/data/download.hpp>

#include "../support/environment.hpp"
#include "../support/http_server.hpp"
#include "../support/temporary_folder.hpp"

#if defined(__unix__)

using gradus::test::Connection;
using gradus::test::EnvironmentVariable;
using gradus::test::http_answer;
using gradus::test::HttpServer;
using gradus::test::read_file;

TEST_CASE("fetch_fashion_mnist: the official files pass through HTTP into the cache, recompressed or not") {
  const std::filesystem::path data = std::getenv("FASHION_MNIST_DIR");
  const gradus::test::TemporaryFolder folder("real_download");
  const EnvironmentVariable no_proxy("no_proxy", "127.0.0.1"), named("FASHION_MNIST_DIR", nullptr),
      cache("XDG_CACHE_HOME", folder.path.c_str());
  const HttpServer server([&data](const Connection& client, const std::string& path) {
    client.send(http_answer(read_file(data / path.substr(1))));
  });
  gradus::DownloadOptions options;
  options.base_address = server.address();
  CHECK(gradus::fetch_fashion_mnist(gradus::Split::train, options).size() == 60000);
  CHECK(gradus::fetch_fashion_mnist(gradus::Split::test, options).size() == 10000);
  CHECK(server.requests() == 4);
  const auto cached = folder.path / "gradus" / "fashion-mnist";
  CHECK(read_file(cached / "t10k-labels-idx1-ubyte.gz") == read_file(data / "t10k-labels-idx1-ubyte.gz"));

  // The files are good, so they cannot be the cause of a failed read, and there is nothing to remove.
  for (const gradus::Split split : {gradus::Split::train, gradus::Split::test}) {
    CHECK(gradus::detail::advice_on_cache(cached, split).empty());
  }
  std::string damaged = read_file(cached / "t10k-images-idx3-ubyte.gz");
  damaged[damaged.size() / 2] ^= 1;
  gradus::test::write_file(cached / "t10k-images-idx3-ubyte.gz", damaged);
  const std::string message = gradus::test::message_of<gradus::FileError>(
      [&] { gradus::fetch_fashion_mnist(gradus::Split::test, options); });
  CHECK(message.find("rm '" + (cached / "t10k-images-idx3-ubyte.gz").string() + "'") != std::string::npos);
}

#endif
