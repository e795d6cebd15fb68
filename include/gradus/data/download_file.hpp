// SPDX-License-Identifier: MIT

#pragma once

/// Requires libcurl, OpenSSL's libcrypto and zlib: link the CMake target gradus::download.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <curl/curl.h>
#include <exception>
#include <filesystem>
#include <functional>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <utility>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/data/curl_handle.hpp>
#include <gradus/data/file_sums.hpp>

namespace gradus {

/// Limits and callbacks of a download. Exceeding a limit throws FileError.
struct DownloadOptions {
  /// Base address of the files that download_fashion_mnist fetches, with the trailing slash.
  std::string base_address = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/";
  std::chrono::seconds connect_timeout{5};  ///< at least 1 s, like the other two
  std::chrono::seconds stall_timeout{10};   ///< gives up after this long below 1 kB/s
  /// Called repeatedly with the bytes received and expected (0 if unknown).
  std::function<void(const std::string& address, std::uint64_t received, std::uint64_t expected)> progress =
      {};
  std::chrono::seconds total_timeout{600};           ///< per file, including redirects, at any speed
  std::uint64_t max_size = std::uint64_t{64} << 20;  ///< of one file, in bytes; refused before it is received
                                                     ///< if the server declares its size
  int max_redirects = 5;                             ///< followed per file
};

namespace detail {

/// A transfer of one file. Exceptions must not propagate through libcurl, so they end the transfer and are
/// stored in `failure`.
struct Transfer {
  AtomicFile& file;
  const std::string& address;
  const DownloadOptions& options;
  SumCheck sums;
  std::uint64_t received = 0;
  std::exception_ptr failure = nullptr;

  static std::size_t write(char* data, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto bytes = std::as_bytes(std::span<const char>(data, count));
    const bool kept = transfer.guard([&] {
      transfer.received += count;
      transfer.check_size(transfer.received);
      transfer.sums.update(bytes);
      transfer.file.write(bytes);
    });
    return kept ? count : 0;
  }

  static int progress(void* self, curl_off_t expected, curl_off_t received, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(self);
    const bool may_go_on = transfer.guard([&] {
      // The body of a redirect does not reach `write` but counts here.
      transfer.check_size(static_cast<std::uint64_t>(received));
      if (!transfer.options.progress) return;
      transfer.options.progress(transfer.address, static_cast<std::uint64_t>(received),
                                static_cast<std::uint64_t>(expected));
    });
    return may_go_on ? 0 : 1;
  }

  void check_size(std::uint64_t size) const {
    if (size > options.max_size) throw_too_large();
  }

  [[noreturn]] void throw_too_large() const {
    throw FileError("download: " + address + ": file is too large, expected at most " +
                    std::to_string(options.max_size) + " bytes (DownloadOptions::max_size)");
  }

  template <class F>
  bool guard(const F& f) {
    if (failure) return false;
    try {
      f();
      return true;
    } catch (...) {
      failure = std::current_exception();
      return false;
    }
  }
};

/// Applies the limits to a transfer. Throws ArgumentError for invalid limits.
inline void set_limits(const CurlHandle& handle, const DownloadOptions& options) {
  const auto seconds = [](const char* name, std::chrono::seconds time) {
    if (time.count() < 1) {
      throw ArgumentError("download: " + std::string(name) + " is " + std::to_string(time.count()) +
                          " s, expected 1 s or more");
    }
    // libcurl counts milliseconds in 31 bits.
    return static_cast<long>(std::min<std::int64_t>(time.count(), 2'000'000));
  };
  if (options.max_redirects < 0) {
    throw ArgumentError("download: max_redirects is " + std::to_string(options.max_redirects) +
                        ", expected 0 or more");
  }
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<curl_off_t>::max());
  set_curl_option(handle, CURLOPT_CONNECTTIMEOUT, seconds("connect_timeout", options.connect_timeout));
  set_curl_option(handle, CURLOPT_LOW_SPEED_LIMIT, 1000L);
  set_curl_option(handle, CURLOPT_LOW_SPEED_TIME, seconds("stall_timeout", options.stall_timeout));
  set_curl_option(handle, CURLOPT_TIMEOUT, seconds("total_timeout", options.total_timeout));
  set_curl_option(handle, CURLOPT_MAXFILESIZE_LARGE,
                  static_cast<curl_off_t>(std::min(options.max_size, most)));
  set_curl_option(handle, CURLOPT_FOLLOWLOCATION, 1L);
  set_curl_option(handle, CURLOPT_MAXREDIRS, static_cast<long>(options.max_redirects));
  set_curl_option(handle, CURLOPT_FAILONERROR, 1L);
  allow_only_http(handle);
}

[[noreturn]] inline void throw_transfer_error(const Transfer& transfer, CURLcode code, const char* reason) {
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code == CURLE_FILESIZE_EXCEEDED) transfer.throw_too_large();
  const std::string text = reason[0] != '\0' ? reason : curl_easy_strerror(code);
  // The text may quote the server, for example the protocol of a redirect.
  throw FileError("download: " + transfer.address + ": transfer failed: " + escaped(text, 4 * longest_name) +
                  (code == CURLE_UNSUPPORTED_PROTOCOL ? ", expected http or https" : ""));
}

}  // namespace detail

/// Downloads a file over http or https. The file appears at `destination` complete or not at all: if the
/// transfer fails, exceeds a limit or matches none of the sums, an existing file stays unchanged. Throws
/// FileError in these cases. Throws ArgumentError for a limit out of range, a sum of the wrong length, or if
/// there is no sum.
inline void download(const std::string& address, const std::filesystem::path& destination,
                     const FileSums& sums, const DownloadOptions& options = {}) {
  // libcurl would ignore everything after the first zero byte.
  if (address.find('\0') != std::string::npos)
    throw ArgumentError("download: address contains a NUL byte, expected none");
  detail::SumCheck check(sums);
  const detail::CurlHandle handle = detail::new_curl_handle();
  detail::set_limits(handle, options);
  AtomicFile file(destination);
  detail::Transfer transfer{file, address, options, std::move(check)};
  std::array<char, CURL_ERROR_SIZE> reason{};
  detail::set_curl_option(handle, CURLOPT_URL, address.c_str());
  detail::set_curl_option(handle, CURLOPT_ERRORBUFFER, reason.data());
  detail::set_curl_option(handle, CURLOPT_WRITEFUNCTION, &detail::Transfer::write);
  detail::set_curl_option(handle, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  detail::set_curl_option(handle, CURLOPT_XFERINFOFUNCTION, &detail::Transfer::progress);
  detail::set_curl_option(handle, CURLOPT_XFERINFODATA, static_cast<void*>(&transfer));
  detail::set_curl_option(handle, CURLOPT_NOPROGRESS, 0L);
  detail::set_curl_option(handle, CURLOPT_NOSIGNAL, 1L);

  const CURLcode code = curl_easy_perform(handle.get());
  if (transfer.failure) std::rethrow_exception(transfer.failure);
  if (code != CURLE_OK) detail::throw_transfer_error(transfer, code, reason.data());
  const std::string mismatch = transfer.sums.mismatch();
  if (!mismatch.empty()) throw FileError("download: " + address + ": file has " + mismatch);
  file.commit();
}

/// Downloads a file and checks it against one sum: a SHA-256 if `sum` has 64 digits, else an MD5.
inline void download(const std::string& address, const std::filesystem::path& destination,
                     const std::string& sum, const DownloadOptions& options = {}) {
  const bool is_sha256 = sum.size() == 64;
  download(address, destination, is_sha256 ? FileSums{.sha256 = sum} : FileSums{.md5 = sum}, options);
}

}  // namespace gradus
