#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#if defined(__unix__)
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

#include <doctest/doctest.h>

#include <gradus/data/download.hpp>

#include "../support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using gradus::download;
using gradus::download_fashion_mnist;
using gradus::DownloadOptions;
using gradus::FileError;
using gradus::test::message_of;
using gradus::test::read_file;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;

const std::string md5_of_hello = "5d41402abc4b2a76b9719d911017c592";

std::string address_of(const fs::path& path) { return "file://" + path.string(); }

#if defined(__unix__)

/// Sets an environment variable as long as it lives; a null value removes it.
struct Variable {
  Variable(const char* name_, const char* value) : name(name_) {
    if (const char* const before = std::getenv(name)) old = before, had = true;
    value ? setenv(name, value, 1) : unsetenv(name);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { had ? setenv(name, old.c_str(), 1) : unsetenv(name); }

  const char* name;
  std::string old;
  bool had = false;
};

/// Answers one request on a free port of this machine with fixed bytes, then waits and hangs up.
class Server {
 public:
  explicit Server(std::string answer, unsigned wait_seconds = 0) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    listen(listener_, 1);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer), wait_seconds] {
      const int connection = accept(listener_, nullptr, nullptr);
      std::array<char, 4096> request;
      if (read(connection, request.data(), request.size()) > 0) {
        send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      sleep(wait_seconds);
      close(connection);
    });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    thread_.join();
    close(listener_);
  }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

#endif

}  // namespace

TEST_CASE("MD5: the examples of RFC 1321, in pieces too") {
  const auto md5 = [](std::string_view text, std::size_t piece) {
    gradus::detail::Md5 digest;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      digest.update(std::as_bytes(std::span(text.substr(at, piece))));
    }
    return digest.digest();
  };
  CHECK(md5("", 1) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(md5("abc", 1) == "900150983cd24fb0d6963f7d28e17f72");
  const std::string digits =
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890";
  for (const std::size_t piece : {1u, 7u, 80u})
    CHECK(md5(digits, piece) == "57edf4a22be3c955ac49da2e2107b67a");
}

TEST_CASE("download: the file and nothing else") {
  const TemporaryFolder folder("download_file");
  write_file(folder.path / "source", "hello");
  download(address_of(folder.path / "source"), folder.path / "target", md5_of_hello);
  CHECK(read_file(folder.path / "target") == "hello");
  CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()) == 2);
}

TEST_CASE("download: other content than expected leaves nothing, and an older file as it was") {
  const TemporaryFolder folder("download_md5");
  const auto source = write_file(folder.path / "source", "hallo");
  fs::create_directory(folder.path / "to");
  const auto target = folder.path / "to" / "target";
  CHECK(message_of<FileError>([&] { download(address_of(source), target, md5_of_hello); }) ==
        address_of(source) + ": what was downloaded has MD5 598d4c200461b81522a3328565c25f7c, expected " +
            md5_of_hello);
  CHECK(fs::is_empty(folder.path / "to"));
  write_file(target, "old");
  CHECK_THROWS_AS(download(address_of(source), target, md5_of_hello), FileError);
  CHECK(read_file(target) == "old");
}

TEST_CASE("download: errors name the address") {
  const TemporaryFolder folder("download_errors");
  const std::string missing = address_of(folder.path / "missing");
  CHECK(message_of<FileError>([&] {
          download(missing, folder.path / "target", md5_of_hello);
        }).starts_with(missing + ": cannot be downloaded: "));
  CHECK(message_of<FileError>([&] {
          download("nonsense://x", folder.path / "target", md5_of_hello);
        }).starts_with("nonsense://x: cannot be downloaded: "));
  CHECK(fs::is_empty(folder.path));
  const auto source = write_file(folder.path / "source", "hello");
  CHECK_THROWS_AS(download(address_of(source), folder.path / "no" / "target", md5_of_hello), FileError);
}

TEST_CASE("download: reports progress; an exception from there ends it and arrives") {
  const TemporaryFolder folder("download_progress");
  const auto source = write_file(folder.path / "source", "hello");
  std::uint64_t last = 0;
  DownloadOptions options;
  options.progress = [&](const std::string& address, std::uint64_t received, std::uint64_t) {
    CHECK(address == address_of(source));
    last = received;
  };
  download(address_of(source), folder.path / "target", md5_of_hello, options);
  CHECK(last == 5);

  fs::remove(folder.path / "target");
  options.progress = [](const std::string&, std::uint64_t, std::uint64_t) { throw 42; };
  CHECK_THROWS_AS(download(address_of(source), folder.path / "target", md5_of_hello, options), int);
  CHECK_FALSE(fs::exists(folder.path / "target"));
}

TEST_CASE("download_fashion_mnist: foreign files are refused, present ones kept") {
  const TemporaryFolder folder("download_set");
  const auto source = folder.path / "source";
  fs::create_directory(source);
  write_file(source / "train-images-idx3-ubyte.gz", "not the official bytes");
  DownloadOptions options;
  options.base_address = address_of(source) + "/";
  const auto target = folder.path / "a" / "b";
  CHECK(message_of<FileError>([&] {
          download_fashion_mnist(target, options);
        }).starts_with(options.base_address + "train-images-idx3-ubyte.gz: what was downloaded has MD5 "));
  CHECK(fs::is_empty(target));

  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz",
                           "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte"}) {
    write_file(target / name, name);
  }
  download_fashion_mnist(target, options);
  CHECK(read_file(target / "t10k-labels-idx1-ubyte") == "t10k-labels-idx1-ubyte");

  write_file(folder.path / "file", "");
  CHECK(message_of<FileError>([&] {
          download_fashion_mnist(folder.path / "file", options);
        }).starts_with((folder.path / "file").string() + ": "));
}

#if defined(__unix__)

TEST_CASE("download: over HTTP") {
  const TemporaryFolder folder("download_http");
  const Variable no_proxy("no_proxy", "127.0.0.1");
  const auto target = folder.path / "target";
  {
    const Server server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    download(server.address(), target, md5_of_hello);
    CHECK(read_file(target) == "hello");
    fs::remove(target);
  }
  const auto error_from = [&](const std::string& answer) {
    const Server server(answer);
    const std::string message =
        message_of<FileError>([&] { download(server.address(), target, md5_of_hello); });
    CHECK(message.starts_with(server.address() + ": "));
    CHECK(fs::is_empty(folder.path));
    return message;
  };
  CHECK(error_from("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello").ends_with("404"));
  CHECK(error_from("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello").find("45 bytes") !=
        std::string::npos);
  CHECK(error_from("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhallo").find("MD5") != std::string::npos);
  CHECK(error_from("").find("Empty reply") != std::string::npos);
}

TEST_CASE("download: gives up on a server that falls silent, and at once where there is none") {
  const TemporaryFolder folder("download_silent");
  const Variable no_proxy("no_proxy", "127.0.0.1");
  DownloadOptions options;
  options.stall_timeout = std::chrono::seconds(1);
  std::string address;
  {
    const Server server("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", 3);
    address = server.address();
    const std::string message =
        message_of<FileError>([&] { download(address, folder.path / "target", md5_of_hello, options); });
    CHECK(message.find("too slow") != std::string::npos);
  }
  CHECK_THROWS_AS(download(address, folder.path / "target", md5_of_hello, options), FileError);
  CHECK(fs::is_empty(folder.path));
}

TEST_CASE("default_cache_dir: as the XDG specification says") {
  const Variable home("HOME", "/home/someone");
  {
    const Variable cache("XDG_CACHE_HOME", "/elsewhere");
    CHECK(gradus::default_cache_dir() == "/elsewhere/gradus");
  }
  {
    const Variable cache("XDG_CACHE_HOME", "relative");
    CHECK(gradus::default_cache_dir() == "/home/someone/.cache/gradus");
  }
  const Variable cache("XDG_CACHE_HOME", nullptr);
  CHECK(gradus::default_cache_dir() == "/home/someone/.cache/gradus");
  const Variable no_home("HOME", nullptr);
  CHECK_THROWS_WITH_AS(gradus::default_cache_dir(), "cache folder: neither XDG_CACHE_HOME nor HOME is set",
                       FileError);
}

TEST_CASE("locate_fashion_mnist: the folder asked for, the environment's, the cache, or an error") {
  const TemporaryFolder folder("locate");
  const Variable cache("XDG_CACHE_HOME", folder.path.c_str());
  DownloadOptions options;
  options.base_address = address_of(folder.path) + "/nowhere/";
  {
    const Variable directory("FASHION_MNIST_DIR", "/from/environment");
    CHECK(gradus::locate_fashion_mnist("/asked/for", options) == "/asked/for");
    CHECK(gradus::locate_fashion_mnist({}, options) == "/from/environment");
    CHECK(message_of<FileError>([] {
            gradus::fetch_fashion_mnist(gradus::Split::test);
          }).starts_with("/from/environment"));
  }
  const Variable directory("FASHION_MNIST_DIR", "");
  const auto cached = folder.path / "gradus" / "fashion-mnist";
  CHECK_THROWS_AS(gradus::locate_fashion_mnist({}, options), FileError);
  CHECK(fs::is_empty(cached));
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                           "t10k-labels-idx1-ubyte"}) {
    write_file(cached / name, name);
  }
  CHECK(gradus::locate_fashion_mnist({}, options) == cached);
}

#endif
