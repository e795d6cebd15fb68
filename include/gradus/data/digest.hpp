// SPDX-License-Identifier: MIT

#pragma once

/// Requires OpenSSL's libcrypto: link the CMake target gradus::download.

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <openssl/evp.h>
#include <span>
#include <string>

#include <gradus/core/error.hpp>

namespace gradus::detail {

/// A cryptographic hash that OpenSSL computes incrementally.
class Digest {
 public:
  void update(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1)
      throw_error("OpenSSL failed to compute the hash");
  }

  /// Returns the hash as lower-case hexadecimal digits. Call it once, after the last `update`.
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int count = 0;
    if (EVP_DigestFinal_ex(context_.get(), bytes.data(), &count) != 1)
      throw_error("OpenSSL failed to compute the hash");
    std::string text;
    for (const unsigned char byte : std::span(bytes).first(count)) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

 protected:
  /// Throws Error if OpenSSL rejects the algorithm, as it does MD5 in FIPS mode.
  Digest(const char* name, const EVP_MD* algorithm) : name_(name), context_(EVP_MD_CTX_new()) {
    if (!context_) throw std::bad_alloc();
    if (algorithm == nullptr || EVP_DigestInit_ex(context_.get(), algorithm, nullptr) != 1) {
      throw_error("OpenSSL refuses this algorithm, expected a provider that offers it");
    }
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };

  [[noreturn]] void throw_error(const char* what) const { throw Error(std::string(name_) + ": " + what); }

  const char* name_;
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

/// An MD5 hash, 32 hexadecimal digits.
struct Md5 : Digest {
  Md5() : Digest("MD5", EVP_md5()) {}
};

/// A SHA-256 hash, 64 hexadecimal digits.
struct Sha256 : Digest {
  Sha256() : Digest("SHA-256", EVP_sha256()) {}
};

}  // namespace gradus::detail
