// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/loader.hpp>
#include <gradus/data/transform.hpp>

namespace {

using gradus::Generator;
using gradus::in_turn;
using gradus::Index;
using gradus::RandomHorizontalFlip;
using gradus::RandomShift;
using gradus::Shape;
using gradus::Tensor;

using Bytes = Tensor<std::uint8_t>;

/// Returns images whose pixels are 1, 2, 3, ..., so that a pixel shows where it came from.
Bytes numbered_images(const Shape& shape) {
  Bytes batch(shape);
  const Index image = shape.size() / shape[0];
  for (Index i = 0; i < batch.size(); ++i) batch.data()[i] = static_cast<std::uint8_t>(i % image + 1);
  return batch;
}

/// Returns the image [height, width] moved down and to the right, computed naively.
Bytes moved(const Bytes& image, Index down, Index right, std::uint8_t fill) {
  const Index height = image.shape()[0], width = image.shape()[1];
  Bytes result = Bytes::full(image.shape(), fill);
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      const Index to_y = y + down, to_x = x + right;
      if (to_y >= 0 && to_y < height && to_x >= 0 && to_x < width) result(to_y, to_x) = image(y, x);
    }
  }
  return result;
}

/// Returns three standard deviations of a count of n events with probability p.
double spread(double n, double p) { return 3 * std::sqrt(n * p * (1 - p)); }

}  // namespace

TEST_CASE("RandomShift: every possible shift is equally likely") {
  const Index count = 25 * 400;
  Bytes batch = numbered_images({count, 4, 5});
  const Bytes original = batch[0];
  Generator random(7);
  RandomShift{2, 200}(batch.view(), random);

  std::map<std::pair<Index, Index>, double> seen;
  for (Index i = 0; i < count; ++i) {
    const Bytes image = batch[i];
    Index matches = 0;
    for (Index down = -2; down <= 2; ++down) {
      for (Index right = -2; right <= 2; ++right) {
        if (!(image == moved(original, down, right, 200))) continue;
        ++matches;
        ++seen[{down, right}];
      }
    }
    REQUIRE(matches == 1);
  }
  CHECK(seen.size() == 25);
  for (const auto& [shift, times] : seen) CHECK(std::abs(times - 400) < 1.4 * spread(count, 0.04));
}

TEST_CASE("RandomShift: the channels of an image move together") {
  Bytes batch = numbered_images({50, 3, 4, 5});
  const Bytes original = batch[0];
  Generator random(3);
  RandomShift{1}(batch.view(), random);
  for (Index i = 0; i < 50; ++i) {
    Index matches = 0;
    for (Index down = -1; down <= 1; ++down) {
      for (Index right = -1; right <= 1; ++right) {
        Index equal = 0;
        for (Index channel = 0; channel < 3; ++channel) {
          if (Bytes(batch[i][channel]) == moved(original[channel], down, right, 0)) ++equal;
        }
        if (equal == 3) ++matches;
      }
    }
    CHECK(matches == 1);
  }
}

TEST_CASE("RandomShift: a shift beyond the width leaves nothing of the image") {
  Bytes batch = numbered_images({300, 2, 3});
  Generator random(1);
  RandomShift{7, 9}(batch.view(), random);
  const Index empty = std::count(batch.begin(), batch.end(), std::uint8_t{9});
  CHECK(empty > batch.size() / 2);
  CHECK(empty < batch.size());
  CHECK(std::ranges::all_of(batch,
                            [](std::uint8_t pixel) { return pixel == 9 || (pixel >= 1 && pixel <= 6); }));
}

TEST_CASE("RandomShift: a range of 0 moves nothing, and an empty batch is allowed") {
  Bytes batch = numbered_images({4, 3, 3});
  const Bytes original = batch;
  Generator random(1);
  RandomShift{0}(batch.view(), random);
  CHECK(batch == original);
  Bytes empty(Shape{0, 3, 3});
  RandomShift{2}(empty.view(), random);
  CHECK(empty.size() == 0);
}

TEST_CASE("RandomHorizontalFlip: mirrors with the right frequency, all channels of an image together") {
  for (const double p : {0.0, 0.25, 0.5, 1.0}) {
    CAPTURE(p);
    const Index count = 2000;
    Bytes batch = numbered_images({count, 2, 3, 4});
    const Bytes original = batch[0];
    Bytes mirrored = original;
    for (Index row = 0; row < 6; ++row)
      std::reverse(mirrored.data() + 4 * row, mirrored.data() + 4 * row + 4);
    Generator random(11);
    RandomHorizontalFlip{p}(batch.view(), random);
    Index flips = 0;
    for (Index i = 0; i < count; ++i) {
      const Bytes image = batch[i];
      REQUIRE((image == original || image == mirrored));
      if (image == mirrored) ++flips;
    }
    CHECK(std::abs(static_cast<double>(flips) - p * count) <= spread(count, p));
  }
}

TEST_CASE("RandomShift, RandomHorizontalFlip: work on floating-point images, also in sequence") {
  auto batch = numbered_images({8, 3, 4}).cast<float>();
  Generator random(5), same(5);
  auto expected = batch;
  in_turn(RandomShift{1}, RandomHorizontalFlip{0.5})(batch.view(), random);
  RandomShift{1}(expected.view(), same);
  RandomHorizontalFlip{0.5}(expected.view(), same);
  CHECK(batch == expected);
  CHECK(random == same);
}

TEST_CASE("RandomShift, RandomHorizontalFlip: errors name what was found and expected") {
  Bytes flat(Shape{4, 784});
  Generator random(0);
  CHECK_THROWS_WITH_AS(
      RandomShift{2}(flat.view(), random),
      "RandomShift: batch has shape [4, 784], expected [B, height, width] or [B, channels, height, width]",
      gradus::ShapeError);
  CHECK_THROWS_AS(RandomHorizontalFlip{}(flat.view(), random), gradus::ShapeError);
  Bytes images(Shape{1, 2, 2});
  CHECK_THROWS_WITH_AS(RandomShift{-1}(images.view(), random),
                       "RandomShift: max_pixels is -1, expected at least 0", gradus::ArgumentError);
  CHECK_THROWS_AS(RandomHorizontalFlip{1.5}(images.view(), random), gradus::ArgumentError);
  CHECK_THROWS_WITH_AS(RandomHorizontalFlip{-1e-9}(images.view(), random),
                       doctest::Contains("probability is -1e-09, expected"), gradus::ArgumentError);
  CHECK_THROWS_AS(RandomHorizontalFlip{std::nan("")}(images.view(), random), gradus::ArgumentError);
}

TEST_CASE("Loader: a transform changes training batches, never the data") {
  gradus::Dataset<> data{numbered_images({6, 4, 4}), Tensor<Index>(Shape{6}), 10, {}, ""};
  const Bytes original = data.inputs;
  gradus::Loader<> loader(
      data,
      {.batch_size = 6, .shuffle = false, .transform = in_turn(RandomShift{1}, RandomHorizontalFlip{})});
  const auto pixels = [](const auto& batch) { return Tensor<float>(batch.x); };
  Generator random(2);
  const Tensor<float> plain = pixels(*loader.evaluation_epoch().begin());
  const Tensor<float> first = pixels(*loader.training_epoch(random).begin());
  const Tensor<float> second = pixels(*loader.training_epoch(random).begin());
  CHECK(!(first == plain));
  CHECK(!(first == second));
  CHECK(data.inputs == original);
}

TEST_CASE("RandomShift: shifts beyond the image, up to the largest, leave only the fill") {
  for (const Index largest : {Index{1} << 40, std::numeric_limits<Index>::max() / 2}) {
    Bytes batch = numbered_images({3, 4, 5});
    Generator random(1);
    RandomShift{largest, 9}(batch.view(), random);
    CHECK(batch == Bytes::full(batch.shape(), 9));
  }
}

TEST_CASE("RandomShift: a range that overflows and a fill that no element can hold are refused") {
  Bytes batch = numbered_images({1, 2, 2});
  const Bytes before = batch;
  Generator random(1);
  const Index most = std::numeric_limits<Index>::max();
  for (const Index pixels : {most, most / 2 + 1, -most}) {
    CHECK_THROWS_AS((RandomShift{pixels}(batch.view(), random)), gradus::ArgumentError);
  }
  for (const double fill : {256.0, -1.0, std::nan("")}) {
    CHECK_THROWS_AS((RandomShift{1, fill}(batch.view(), random)), gradus::ArgumentError);
  }
  CHECK(batch == before);
  CHECK(random == Generator(1));
}

TEST_CASE(
    "RandomShift, RandomHorizontalFlip: an empty batch may have other extents whose product overflows") {
  Bytes empty(Shape{0, Index{1} << 40, Index{1} << 40});
  Generator random(1);
  RandomShift{2}(empty.view(), random);
  RandomHorizontalFlip{}(empty.view(), random);
  CHECK(empty.empty());
}
