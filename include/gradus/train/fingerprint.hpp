// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/train/archive.hpp>

namespace gradus::detail {

/// A 64-bit hash with which processes compare data that are too long to send. It does not protect against
/// tampering.
class Fingerprint {
 public:
  void add(std::span<const std::byte> bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + at, std::min(sizeof(word), bytes.size() - at));
      mix(word);
    }
    mix(bytes.size());
  }
  template <class T>
  void add_values(std::span<const T> values) {
    add(std::as_bytes(values));
  }
  /// Returns 16 hexadecimal digits.
  std::string to_string() const {
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(hash_ >> shift) & 15];
    return text;
  }

 private:
  void mix(std::uint64_t word) {
    hash_ = (std::rotl(hash_, 29) ^ word) * 0x9e3779b97f4a7c15;
    hash_ ^= hash_ >> 32;
  }

  std::uint64_t hash_ = 0x243f6a8885a308d3;
};

template <class Scalar>
std::string fingerprint_of(const Tensor<Scalar>& tensor) {
  Fingerprint print;
  print.add_values(std::span<const Scalar>(tensor.data(), static_cast<std::size_t>(tensor.size())));
  return print.to_string();
}

inline std::string fingerprint_of(const Generator& random) {
  Fingerprint print;
  const Generator::State state = random.state();
  print.add_values(std::span<const std::uint32_t>(state));
  return print.to_string();
}

/// An archive that computes the fingerprint of everything that an object saves.
class FingerprintArchive final : public Archive {
 public:
  const Fingerprint& fingerprint() const { return print_; }

 protected:
  void visit(const std::string& name, bool& value) override { add(name, value); }
  void visit(const std::string& name, double& value) override { add(name, value); }
  void visit(const std::string& name, Index& value) override { add(name, value); }
  void visit(const std::string& name, std::string& value) override { add_range(name, value); }
  void visit(const std::string& name, std::vector<double>& value) override { add_range(name, value); }
  void visit(const std::string& name, std::vector<std::int64_t>& value) override { add_range(name, value); }
  void visit(const std::string& name, std::vector<std::string>& value) override {
    for (const std::string& text : value) add_range(name, text);
  }
  void visit(const std::string& name, Generator& value) override { add_range(name, value.state()); }
  void visit(const std::string& name, Tensor<float>& value) override { add_range(name, value.span()); }
  void visit(const std::string& name, Tensor<double>& value) override { add_range(name, value.span()); }
  void visit(const std::string& name, std::vector<Tensor<float>>& value) override {
    for (auto& tensor : value) add_range(name, tensor.span());
  }
  void visit(const std::string& name, std::vector<Tensor<double>>& value) override {
    for (auto& tensor : value) add_range(name, tensor.span());
  }
  void visit_count(const std::string& name, std::int64_t& value) override { add(name, value); }
  void visit_expected(const std::string& name, const std::string& value) override { add_range(name, value); }

 private:
  template <class T>
  void add(const std::string& name, const T& value) {
    add_range(name, std::span<const T>(&value, 1));
  }
  template <class Range>
  void add_range(const std::string& name, const Range& values) {
    print_.add_values(std::span(name.data(), name.size()));
    print_.add(std::as_bytes(std::span(values.data(), values.size())));
  }

  Fingerprint print_;
};

}  // namespace gradus::detail
