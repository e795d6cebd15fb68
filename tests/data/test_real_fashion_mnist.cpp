// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/fashion_mnist.hpp>
#include <gradus/data/loader.hpp>

namespace {

using gradus::Dataset;
using gradus::FashionMnist;
using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::Split;

std::string folder() {
  const char* const name = std::getenv("FASHION_MNIST_DIR");
  return name ? name : "";
}

/// Returns the 64-bit FNV-1a hash.
template <class Bytes>
std::uint64_t hash(const Bytes& bytes) {
  std::uint64_t value = 14695981039346656037u;
  for (const auto byte : bytes) value = (value ^ static_cast<std::uint64_t>(byte)) * 1099511628211u;
  return value;
}

void check_counts(const Dataset<>& data, Index each) {
  std::vector<Index> counts(10);
  for (const Index label : data.labels) ++counts.at(static_cast<std::size_t>(label));
  CHECK(counts == std::vector<Index>(10, each));
}

}  // namespace

TEST_CASE("FashionMnist: the training split equals the official one, byte for byte") {
  const Dataset<> data = FashionMnist::load(folder(), Split::train);
  CHECK(data.inputs.shape() == Shape{60000, 28, 28});
  CHECK(data.size() == 60000);
  check_counts(data, 6000);
  CHECK(hash(data.inputs) == 0x51ac53b882edba04u);
  CHECK(hash(data.labels) == 0xb9f71c71bae5f277u);
  // The mean and standard deviation of the pixels that every tutorial quotes.
  double sum = 0, squares = 0;
  for (const std::uint8_t pixel : data.inputs) {
    sum += pixel / 255.0;
    squares += (pixel / 255.0) * (pixel / 255.0);
  }
  const double n = static_cast<double>(data.inputs.size());
  CHECK(sum / n == doctest::Approx(0.2860).epsilon(1e-3));
  CHECK(std::sqrt(squares / n - sum / n * (sum / n)) == doctest::Approx(0.3530).epsilon(1e-3));
}

TEST_CASE("FashionMnist: the test split equals the official one, byte for byte") {
  const Dataset<> data = FashionMnist::load(folder(), Split::test);
  CHECK(data.inputs.shape() == Shape{10000, 28, 28});
  check_counts(data, 1000);
  CHECK(hash(data.inputs) == 0x1b11fc03671b2f71u);
  CHECK(hash(data.labels) == 0x25bdf8123f06fac3u);
  CHECK(data.class_names.at(static_cast<std::size_t>(data.labels(0))) == "ankle boot");
}

TEST_CASE("FashionMnist: an epoch has 234 batches of 256 and one of 96") {
  CHECK(FashionMnist::exists(folder()));
  const Dataset<> data = FashionMnist::load(folder(), Split::train);
  gradus::Loader<> loader(data);
  Generator random(0);
  std::vector<Index> counts(10);
  Index batches = 0, last = 0;
  for (const auto& batch : loader.training_epoch(random)) {
    ++batches;
    last = batch.size();
    for (const Index label : batch.labels) ++counts.at(static_cast<std::size_t>(label));
  }
  CHECK(batches == 235);
  CHECK(last == 96);
  CHECK(counts == std::vector<Index>(10, 6000));
}
