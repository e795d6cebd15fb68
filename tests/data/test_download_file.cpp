// SPDX-License-Identifier: MIT

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <gradus/data/download_file.hpp>

#include "../support/environment.hpp"
#include "../support/http_server.hpp"
#include "../support/temporary_folder.hpp"

#if defined(__unix__)

namespace {

namespace fs = std::filesystem;
using gradus::ArgumentError;
using gradus::download;
using gradus::DownloadOptions;
using gradus::FileError;
using gradus::FileSums;
using gradus::test::Connection;
using gradus::test::EnvironmentVariable;
using gradus::test::http_answer;
using gradus::test::http_redirect;
using gradus::test::HttpServer;
using gradus::test::message_of;
using gradus::test::read_file;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;
using std::chrono::seconds;

const std::string hello_md5 = "5d41402abc4b2a76b9719d911017c592";
const std::string hello_sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// An empty folder to download into.
struct Target {
  explicit Target(const std::string& name) : folder("download_" + name), path(folder.path / "target") {}

  /// Returns the message of a download's FileError. The download must leave nothing behind.
  std::string error_from(const std::string& address, const DownloadOptions& options = {},
                         const std::string& sum = hello_md5) const {
    const std::string message = message_of<FileError>([&] { download(address, path, sum, options); });
    CHECK(message.starts_with("download: " + address + ": "));
    CHECK(fs::is_empty(folder.path));
    return message;
  }

  EnvironmentVariable no_proxy{"no_proxy", "127.0.0.1"};
  TemporaryFolder folder;
  fs::path path;
};

/// Sends a header and 300 MB in pieces of 64 kB while the client is connected.
void send_300_mb(const Connection& client, const std::string& header) {
  const std::string piece(std::size_t{1} << 16, 'x');
  const std::string sent = contains(header, "chunked") ? "10000\r\n" + piece + "\r\n" : piece;
  bool listens = client.send(header);
  for (int i = 0; listens && i < 4800; ++i) listens = client.send(sent);
}

}  // namespace

TEST_CASE("download: writes the file and nothing else; checksums may be in either case") {
  const Target target("file");
  const HttpServer server(http_answer("hello"));
  for (const std::string& sum :
       {hello_md5, std::string("5D41402ABC4B2A76B9719D911017C592"), hello_sha256,
        std::string("2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824")}) {
    download(server.address(), target.path, sum);
    CHECK(read_file(target.path) == "hello");
    CHECK(std::distance(fs::directory_iterator(target.folder.path), fs::directory_iterator()) == 1);
    fs::remove(target.path);
  }
  download(server.address(), target.path, FileSums{.md5 = hello_md5, .sha256 = hello_sha256});
  CHECK(read_file(target.path) == "hello");
}

TEST_CASE("download: unexpected content leaves nothing behind, and an older file unchanged") {
  const Target target("sum");
  const HttpServer server(http_answer("hallo"));
  CHECK(target.error_from(server.address()) ==
        "download: " + server.address() + ": file has MD5 598d4c200461b81522a3328565c25f7c, expected " +
            hello_md5);
  CHECK(contains(target.error_from(server.address(), {}, hello_sha256),
                 "SHA-256 d3751d33f9cd5049c4af2b462735"));
  write_file(target.path, "old");
  CHECK_THROWS_AS(download(server.address(), target.path, hello_md5), FileError);
  CHECK(read_file(target.path) == "old");
}

TEST_CASE("download: a malformed checksum is refused before any request") {
  const Target target("no_sum");
  const HttpServer server(http_answer("hello"));
  for (const std::string& sum :
       {std::string(), hello_md5.substr(1), hello_md5 + "0", "0x" + hello_md5.substr(2)}) {
    CHECK_THROWS_AS(download(server.address(), target.path, sum), ArgumentError);
  }
  CHECK_THROWS_AS(download(server.address(), target.path, FileSums{}), ArgumentError);
  CHECK_THROWS_AS(download(server.address() + std::string("a\0b", 3), target.path, hello_md5), ArgumentError);
  CHECK(server.requests() == 0);
  CHECK(fs::is_empty(target.folder.path));
}

TEST_CASE("download: responses that are not successful are errors") {
  const Target target("answers");
  const auto error_from = [&](const std::string& answer) {
    const HttpServer server(answer);
    return target.error_from(server.address());
  };
  CHECK(error_from("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello").ends_with("404"));
  CHECK(error_from("HTTP/1.1 500 Oh\r\nContent-Length: 5\r\n\r\nhello").ends_with("500"));
  CHECK(contains(error_from(""), "Empty reply"));
  CHECK(contains(error_from("hello"), "transfer failed"));
  CHECK(contains(error_from("HTTP/1.1 200 OK\r\n\r\n"), "MD5 d41d8cd98f00b204e9800998ecf8427e"));
}

TEST_CASE("download: a truncated body is an error") {
  const Target target("cut");
  const auto error_from = [&](const std::string& answer) {
    const HttpServer server(answer);
    return target.error_from(server.address());
  };
  CHECK(contains(error_from("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"), "45 bytes"));
  CHECK(contains(error_from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
                 "transfer failed"));
  CHECK(contains(error_from("HTTP/1.1 200 OK\r\n\r\nhell"), "MD5"));
}

TEST_CASE("download: 300 MB sent for a small file are not received") {
  const Target target("large");
  const std::string limit = "file is too large, expected at most 67108864 bytes (DownloadOptions::max_size)";
  {  // the size is declared
    const HttpServer server([](const Connection& client, const std::string&) {
      send_300_mb(client, "HTTP/1.1 200 OK\r\nContent-Length: 314572800\r\n\r\n");
    });
    CHECK(contains(target.error_from(server.address()), limit));
    CHECK(server.sent() < 32 << 20);
  }
  const std::string redirect = "HTTP/1.1 302 Found\r\nLocation: /other\r\n";
  for (const std::string& header :
       {std::string("HTTP/1.1 200 OK\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), redirect + "\r\n",
        redirect + "Transfer-Encoding: chunked\r\n\r\n", redirect + "Content-Length: 314572800\r\n\r\n",
        std::string("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n")}) {
    const HttpServer server(
        [&header](const Connection& client, const std::string&) { send_300_mb(client, header); });
    DownloadOptions options;
    options.max_size = 1 << 20;
    target.error_from(server.address(), options);
    CHECK(server.sent() < 32 << 20);
  }
}

TEST_CASE("Transfer: never writes more than max_size, whenever libcurl reports its progress") {
  const Target target("transfer");
  gradus::AtomicFile file(target.path);
  const std::string address = "http://here/";
  DownloadOptions options;
  options.max_size = 5;
  gradus::detail::Transfer transfer{file, address, options, gradus::detail::SumCheck({.md5 = hello_md5})};
  std::string bytes = "hello";
  CHECK(gradus::detail::Transfer::write(bytes.data(), 1, 5, &transfer) == 5);
  CHECK(gradus::detail::Transfer::write(bytes.data(), 1, 1, &transfer) == 0);
  CHECK_THROWS_AS(std::rethrow_exception(transfer.failure), FileError);
  CHECK(transfer.sums.mismatch().empty());
}

TEST_CASE("download: max_size is the largest accepted size") {
  const Target target("max_size");
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (const std::string& answer : {http_answer("hello"), chunked}) {
    const HttpServer server(answer);
    DownloadOptions options;
    for (const std::uint64_t enough : {std::uint64_t{5}, ~std::uint64_t{0}}) {
      options.max_size = enough;
      download(server.address(), target.path, hello_md5, options);
      fs::remove(target.path);
    }
    for (const std::uint64_t few : {4u, 0u}) {
      options.max_size = few;
      CHECK(contains(target.error_from(server.address(), options),
                     "at most " + std::to_string(few) + " bytes"));
    }
  }
}

TEST_CASE("download: gives up on a server that stops sending, and at once if there is no server") {
  const Target target("silent");
  DownloadOptions options;
  options.stall_timeout = seconds(1);
  std::string address;
  {
    const HttpServer server([](const Connection& client, const std::string&) {
      client.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
      std::this_thread::sleep_for(seconds(3));
    });
    address = server.address();
    CHECK(contains(target.error_from(address, options), "too slow"));
  }
  CHECK(contains(target.error_from(address, options), "transfer failed"));
}

TEST_CASE("download: gives up on a server that sends too slowly, in the body or in the header") {
  const Target target("drip");
  const std::string header = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n";
  for (const std::string& start : {header + "\r\n", header}) {
    const HttpServer server([&start](const Connection& client, const std::string&) {
      // 10 kB/s is fast enough not to count as stalled.
      bool listens = client.send(start);
      for (int i = 0; listens && i < 100; ++i) {
        listens = client.send("X: " + std::string(995, 'x') + "\r\n");
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    });
    DownloadOptions options;
    options.total_timeout = seconds(1);
    const auto before = std::chrono::steady_clock::now();
    CHECK(contains(target.error_from(server.address(), options), "timed out after"));
    CHECK(std::chrono::steady_clock::now() - before < seconds(8));
  }
}

TEST_CASE("download: only http and https are allowed") {
  const Target target("protocol");
  const TemporaryFolder other("download_protocol_source");
  const auto source = write_file(other.path / "source", "hello");
  for (const std::string& address : {"file://" + source.string(), std::string("ftp://127.0.0.1/x"),
                                     std::string("nonsense://x"), std::string("dict://127.0.0.1/x")}) {
    CHECK(target.error_from(address).ends_with(", expected http or https"));
  }
  CHECK_FALSE(
      contains(target.error_from("https://127.0.0.1:1/"), "expected http"));  // only the port refuses it
  for (const std::string& address : {std::string(""), std::string("http://"), std::string("http://a b/")}) {
    CHECK(contains(target.error_from(address), "transfer failed"));
  }
}

TEST_CASE("download: redirects are followed, only to http and https, and a limited number of times") {
  const Target target("redirect");
  const TemporaryFolder other("download_redirect_source");
  const auto source = write_file(other.path / "source", "hello");
  std::string end;
  // /3 leads to /2, /1 and /0; /0 leads to `end`, or is the file.
  const HttpServer server([&end](const Connection& client, const std::string& path) {
    const int left = std::stoi(path.substr(1));
    if (left > 0)
      client.send(http_redirect("/" + std::to_string(left - 1)));
    else
      client.send(end.empty() ? http_answer("hello") : http_redirect(end));
  });
  download(server.address() + "5", target.path, hello_md5);
  CHECK(read_file(target.path) == "hello");
  fs::remove(target.path);
  CHECK(contains(target.error_from(server.address() + "6"), "Maximum (5) redirects"));
  DownloadOptions options;
  options.max_redirects = 0;
  download(server.address() + "0", target.path, hello_md5, options);
  fs::remove(target.path);
  CHECK(contains(target.error_from(server.address() + "1", options), "redirects"));

  for (const std::string& address : {"file://" + source.string(), std::string("ftp://127.0.0.1/x")}) {
    end = address;
    CHECK(target.error_from(server.address() + "1").ends_with(", expected http or https"));
  }
  const std::size_t requests = server.requests();
  end = "/0";
  CHECK(contains(target.error_from(server.address() + "0"), "Maximum (5) redirects"));
  CHECK(server.requests() == requests + 6);
}

TEST_CASE(
    "download: reports progress; an exception from the callback ends the download and reaches the caller") {
  const Target target("progress");
  const HttpServer server(http_answer("hello"));
  std::uint64_t last = 0;
  DownloadOptions options;
  options.progress = [&](const std::string& address, std::uint64_t received, std::uint64_t) {
    CHECK(address == server.address());
    last = received;
  };
  download(server.address(), target.path, hello_md5, options);
  CHECK(last == 5);

  fs::remove(target.path);
  options.progress = [](const std::string&, std::uint64_t, std::uint64_t) { throw 42; };
  CHECK_THROWS_AS(download(server.address(), target.path, hello_md5, options), int);
  CHECK(fs::is_empty(target.folder.path));
}

TEST_CASE("download: limits below their range are refused, very large ones mean no limit") {
  const Target target("limits");
  const HttpServer server(http_answer("hello"));
  const auto error_with = [&](const DownloadOptions& options) {
    return message_of<ArgumentError>([&] { download(server.address(), target.path, hello_md5, options); });
  };
  CHECK(error_with({.connect_timeout = seconds(0)}) ==
        "download: connect_timeout is 0 s, expected 1 s or more");
  CHECK(error_with({.stall_timeout = seconds(-1)}) ==
        "download: stall_timeout is -1 s, expected 1 s or more");
  CHECK(error_with({.total_timeout = seconds(0)}) == "download: total_timeout is 0 s, expected 1 s or more");
  CHECK(error_with({.max_redirects = -1}) == "download: max_redirects is -1, expected 0 or more");
  CHECK(server.requests() == 0);
  download(
      server.address(), target.path, hello_md5,
      {.connect_timeout = seconds::max(), .stall_timeout = seconds::max(), .total_timeout = seconds::max()});
  CHECK(read_file(target.path) == "hello");
}

TEST_CASE("download: a destination that cannot be written is an error") {
  const Target target("destination");
  const HttpServer server(http_answer("hello"));
  const auto path = target.folder.path / "no" / "target";
  CHECK(
      message_of<FileError>([&] { download(server.address(), path, hello_md5); }).starts_with(path.string()));
}

#endif
