// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/data/curl_handle.hpp>

#include "../support/temporary_folder.hpp"

using namespace gradus::detail;

TEST_CASE("new_curl_handle: returns a new handle each time") {
  const CurlHandle first = new_curl_handle(), second = new_curl_handle();
  CHECK(first != nullptr);
  CHECK(first != second);
}

TEST_CASE("set_curl_option: an option that libcurl refuses is an error with libcurl's message") {
  const CurlHandle handle = new_curl_handle();
  CHECK_NOTHROW(set_curl_option(handle, CURLOPT_TIMEOUT, 1L));
  constexpr auto unknown = static_cast<CURLoption>(CURLOPTTYPE_LONG + 9999);
  CHECK_THROWS_WITH_AS(
      set_curl_option(handle, unknown, 1L),
      (std::string("download: libcurl: ") + curl_easy_strerror(CURLE_UNKNOWN_OPTION)).c_str(), gradus::Error);
}

TEST_CASE("allow_only_http: a file URL is refused and nothing is opened") {
  const gradus::test::TemporaryFolder folder("curl_handle");
  const std::string address = "file://" + (folder.path / "absent").string();
  const CurlHandle handle = new_curl_handle();
  set_curl_option(handle, CURLOPT_URL, address.c_str());
  CHECK(curl_easy_perform(handle.get()) == CURLE_FILE_COULDNT_READ_FILE);
  allow_only_http(handle);
  CHECK(curl_easy_perform(handle.get()) == CURLE_UNSUPPORTED_PROTOCOL);
}
