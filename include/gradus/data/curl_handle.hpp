// SPDX-License-Identifier: MIT

#pragma once

/// Requires libcurl: link the CMake target gradus::download.

#include <curl/curl.h>
#include <memory>
#include <new>
#include <string>

#include <gradus/core/error.hpp>

namespace gradus::detail {

struct CurlCleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using CurlHandle = std::unique_ptr<CURL, CurlCleanup>;

inline CurlHandle new_curl_handle() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  CurlHandle handle(initialised == CURLE_OK ? curl_easy_init() : nullptr);
  if (!handle) throw std::bad_alloc();
  return handle;
}

template <class T>
void set_curl_option(const CurlHandle& handle, CURLoption option, T value) {
  const CURLcode code = curl_easy_setopt(handle.get(), option, value);
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK) throw Error(std::string("download: libcurl: ") + curl_easy_strerror(code));
}

/// Allows only http and https, both for the address and for redirects.
inline void allow_only_http(const CurlHandle& handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
  for (const CURLoption option : {CURLOPT_PROTOCOLS_STR, CURLOPT_REDIR_PROTOCOLS_STR}) {
    // A libcurl built without TLS rejects a list that contains https.
    if (curl_easy_setopt(handle.get(), option, "http,https") == CURLE_OK) continue;
    set_curl_option(handle, option, "http");
  }
#else
  for (const CURLoption option : {CURLOPT_PROTOCOLS, CURLOPT_REDIR_PROTOCOLS}) {
    set_curl_option(handle, option, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  }
#endif
}

}  // namespace gradus::detail
