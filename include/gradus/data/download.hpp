#pragma once

/// Needs libcurl, Mbed TLS and zlib: link the CMake targets gradus::download and gradus::gzip.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <curl/curl.h>
#include <exception>
#include <filesystem>
#include <functional>
#include <mbedtls/md.h>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <system_error>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>
#include <gradus/data/fashion_mnist.hpp>

namespace gradus {

struct DownloadOptions {
  /// Where the files of download_fashion_mnist are, with the last slash.
  std::string base_address = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/";
  std::chrono::seconds connect_timeout{5};
  std::chrono::seconds stall_timeout{10};  ///< How long less than 1 kB/s is put up with.
  /// Called now and then with the bytes that have arrived and those expected (0 if unknown).
  std::function<void(const std::string& address, std::uint64_t received, std::uint64_t expected)> progress =
      {};
};

namespace detail {

class Md5 {
 public:
  Md5() {
    mbedtls_md_init(&context_);
    const mbedtls_md_info_t* const info = mbedtls_md_info_from_type(MBEDTLS_MD_MD5);
    if (info == nullptr || mbedtls_md_setup(&context_, info, 0) != 0 || mbedtls_md_starts(&context_) != 0) {
      mbedtls_md_free(&context_);
      throw Error("MD5: Mbed TLS was built without it");
    }
  }
  Md5(const Md5&) = delete;
  Md5& operator=(const Md5&) = delete;
  ~Md5() { mbedtls_md_free(&context_); }

  void update(std::span<const std::byte> bytes) {
    mbedtls_md_update(&context_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }

  /// In 32 hexadecimal digits; once.
  std::string digest() {
    std::array<unsigned char, 16> bytes{};
    mbedtls_md_finish(&context_, bytes.data());
    std::string text;
    for (const unsigned char byte : bytes) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

 private:
  mbedtls_md_context_t context_;
};

/// Receives one file. An exception cannot pass through libcurl: it ends the transfer and waits in `failure`.
struct Transfer {
  AtomicFile& file;
  const std::string& address;
  const DownloadOptions& options;
  Md5 md5 = {};
  std::exception_ptr failure = nullptr;

  static std::size_t write(char* data, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto bytes = std::as_bytes(std::span<const char>(data, count));
    const bool kept = transfer.guard([&] {
      transfer.md5.update(bytes);
      transfer.file.write(bytes);
    });
    return kept ? count : 0;
  }

  static int progress(void* self, curl_off_t expected, curl_off_t received, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!transfer.options.progress) return 0;
    const bool may_go_on = transfer.guard([&] {
      transfer.options.progress(transfer.address, static_cast<std::uint64_t>(received),
                                static_cast<std::uint64_t>(expected));
    });
    return may_go_on ? 0 : 1;
  }

  template <class F>
  bool guard(const F& f) {
    try {
      f();
      return true;
    } catch (...) {
      failure = std::current_exception();
      return false;
    }
  }
};

struct CurlCleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

}  // namespace detail

/// Fetches a file. One that breaks off or has another MD5 leaves nothing behind. Throws FileError.
inline void download(const std::string& address, const std::filesystem::path& destination,
                     const std::string& md5, const DownloadOptions& options = {}) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, detail::CurlCleanup> handle(initialised == CURLE_OK ? curl_easy_init()
                                                                                  : nullptr);
  if (!handle) throw std::bad_alloc();

  AtomicFile file(destination);
  detail::Transfer transfer{file, address, options};
  std::array<char, CURL_ERROR_SIZE> reason{};
  const auto set = [&handle](CURLoption option, auto value) {
    curl_easy_setopt(handle.get(), option, value);
  };
  set(CURLOPT_URL, address.c_str());
  set(CURLOPT_ERRORBUFFER, reason.data());
  set(CURLOPT_WRITEFUNCTION, &detail::Transfer::write);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(CURLOPT_XFERINFOFUNCTION, &detail::Transfer::progress);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&transfer));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 5L);
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1000L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));

  const CURLcode code = curl_easy_perform(handle.get());
  if (transfer.failure) std::rethrow_exception(transfer.failure);
  if (code != CURLE_OK) {
    const std::string text = reason[0] != '\0' ? reason.data() : curl_easy_strerror(code);
    throw FileError(address + ": cannot be downloaded: " + text);
  }
  const std::string found = transfer.md5.digest();
  if (found != md5) throw FileError(address + ": what was downloaded has MD5 " + found + ", expected " + md5);
  file.commit();
}

/// Fetches those of the four files that a folder lacks, and makes the folder. Throws FileError.
inline void download_fashion_mnist(const std::filesystem::path& folder, const DownloadOptions& options = {}) {
  struct File {
    const char* name;
    const char* md5;
  };
  // https://github.com/zalandoresearch/fashion-mnist#get-the-data
  constexpr std::array<File, 4> files{File{"train-images-idx3-ubyte", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"},
                                      File{"train-labels-idx1-ubyte", "25c81989df183df01b3e8a0aad5dffbe"},
                                      File{"t10k-images-idx3-ubyte", "bef4ecab320f06d8554ea6380940ec79"},
                                      File{"t10k-labels-idx1-ubyte", "bb300cfdad3c16e7a12a480ee83cd310"}};
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail_file(folder, "cannot be created", error.default_error_condition().value());
  for (const File& file : files) {
    const std::string packed = std::string(file.name) + ".gz";
    if (std::filesystem::exists(folder / file.name) || std::filesystem::exists(folder / packed)) continue;
    download(options.base_address + packed, folder / packed, file.md5, options);
  }
}

/// The folder for what can be fetched again: `$XDG_CACHE_HOME/gradus`, else `~/.cache/gradus`, on Windows
/// `%LOCALAPPDATA%\gradus`. Throws FileError where no such variable is set.
inline std::filesystem::path default_cache_dir() {
  const auto variable = [](const char* name) -> std::filesystem::path {
    const char* const value = std::getenv(name);
    return value ? value : "";
  };
  // An entry that is not absolute is to be ignored (XDG Base Directory Specification).
  if (const auto cache = variable("XDG_CACHE_HOME"); cache.is_absolute()) return cache / "gradus";
#if defined(_WIN32)
  if (const auto local = variable("LOCALAPPDATA"); !local.empty()) return local / "gradus";
#endif
  if (const auto home = variable("HOME"); !home.empty()) return home / ".cache" / "gradus";
  throw FileError("cache folder: neither XDG_CACHE_HOME nor HOME is set");
}

/// Where Fashion-MNIST is: the folder asked for, else that of the environment variable FASHION_MNIST_DIR,
/// else the cache, into which it is downloaded if it is not there yet. Throws FileError if that fails; what
/// is in a folder that was named is only known once it is loaded.
inline std::filesystem::path locate_fashion_mnist(const std::filesystem::path& folder = {},
                                                  const DownloadOptions& options = {}) {
  if (!folder.empty()) return folder;
  const char* const variable = std::getenv("FASHION_MNIST_DIR");
  if (variable != nullptr && *variable != '\0') return variable;
  const std::filesystem::path cache = default_cache_dir() / "fashion-mnist";
  if (!FashionMnist::exists(cache)) download_fashion_mnist(cache, options);
  return cache;
}

/// One half of Fashion-MNIST, from where locate_fashion_mnist finds it. Throws FileError.
inline Dataset<> fetch_fashion_mnist(Split split, const DownloadOptions& options = {}) {
  return FashionMnist::load(locate_fashion_mnist({}, options), split);
}

}  // namespace gradus
