// SPDX-License-Identifier: MIT

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/dataset.hpp>

namespace {

using gradus::Dataset;
using gradus::Generator;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;

/// Returns N images [2, 3]; image k holds only k and has label k % 10.
Dataset<> numbered(Index n) {
  Dataset<> data{Tensor<std::uint8_t>(Shape{n, 2, 3}), Tensor<Index>(Shape{n}), 10, {}, "numbered"};
  for (Index i = 0; i < n; ++i) {
    data.inputs[i].array() = static_cast<std::uint8_t>(i);
    data.labels(i) = i % 10;
  }
  return data;
}

std::vector<Index> numbers(const Dataset<>& data) {
  std::vector<Index> result;
  for (Index i = 0; i < data.size(); ++i) {
    const auto image = data.inputs[i];
    CHECK((image.array() == image(0, 0)).all());
    CHECK(data.labels(i) == image(0, 0) % 10);
    result.push_back(image(0, 0));
  }
  return result;
}

}  // namespace

TEST_CASE("Dataset: omitted fields are empty and cause no warning") {
  const Dataset<float, float> data{Tensor<float>(Shape{2, 3}), Tensor<float>(Shape{2, 1})};
  CHECK(data.size() == 2);
  CHECK(data.classes == 0);
  CHECK(data.name.empty());
  const Dataset<> named{.inputs = Tensor<std::uint8_t>(Shape{1, 2}), .labels = Tensor<Index>(Shape{1})};
  CHECK(named.class_names.empty());
}

TEST_CASE("Dataset: unequal numbers of inputs and labels are a ShapeError") {
  CHECK(Dataset<>{}.size() == 0);
  CHECK(numbered(7).size() == 7);
  Dataset<> data = numbered(7);
  data.labels = Tensor<Index>(Shape{6});
  CHECK_THROWS_WITH_AS(
      data.size(),
      "Dataset: inputs have shape [7, 2, 3] and labels have shape [6], expected [N, ...] with the same N",
      gradus::ShapeError);
  CHECK_THROWS_AS(data.subset(0, 1), gradus::ShapeError);
  data.labels = Tensor<Index>::scalar(7);
  CHECK_THROWS_AS(data.size(), gradus::ShapeError);
}

TEST_CASE("Dataset: subset copies a range") {
  const Dataset<> data = numbered(7);
  const Dataset<> part = data.subset(2, 3);
  CHECK(part.inputs.shape() == Shape{3, 2, 3});
  CHECK(numbers(part) == std::vector<Index>{2, 3, 4});
  CHECK(part.classes == 10);
  CHECK(part.name == "numbered");
  CHECK(part.inputs.data() != data.inputs[2].data());
  CHECK(data.subset(7, 0).size() == 0);
  CHECK_THROWS_AS(data.subset(6, 2), gradus::IndexError);
  CHECK_THROWS_AS(data.subset(-1, 2), gradus::IndexError);
}

TEST_CASE("Dataset: select copies examples in the requested order, including repeated ones") {
  const Dataset<> data = numbered(7);
  const std::array<Index, 4> wanted{6, 0, 3, 3};
  CHECK(numbers(data.select(wanted)) == std::vector<Index>{6, 0, 3, 3});
  CHECK(data.select({}).inputs.shape() == Shape{0, 2, 3});
  const std::array<Index, 1> outside{7};
  CHECK_THROWS_AS(data.select(outside), gradus::IndexError);
}

TEST_CASE("split: puts every example into exactly one part, as torch.utils.data.random_split does") {
  Generator random(0);
  const auto [train, validation] = split(numbered(10), 0.3, random);
  // torch.manual_seed(0); random_split(range(10), [7, 3])
  CHECK(numbers(train) == std::vector<Index>{4, 1, 7, 5, 3, 9, 0});
  CHECK(numbers(validation) == std::vector<Index>{8, 6, 2});
  CHECK(train.name == "train");
  CHECK(validation.name == "validation");
}

TEST_CASE("split: accepts fractions 0 and 1, rounds to whole examples, and refuses invalid fractions") {
  Generator random(1);
  CHECK(split(numbered(5), 0.0, random).validation.size() == 0);
  CHECK(split(numbered(5), 1.0, random).train.size() == 0);
  CHECK(split(numbered(5), 0.29, random).validation.size() == 1);
  CHECK(split(numbered(5), 0.31, random).validation.size() == 2);
  CHECK(split(numbered(0), 0.5, random).train.size() == 0);
  CHECK_THROWS_WITH_AS(split(numbered(5), 1.5, random),
                       "split: validation fraction is 1.5, expected a number in [0, 1]",
                       gradus::ArgumentError);
  CHECK_THROWS_AS(split(numbered(5), std::nan(""), random), gradus::ArgumentError);
  CHECK_THROWS_WITH_AS(split(numbered(5), -1e-9, random),
                       "split: validation fraction is -1e-09, expected a number in [0, 1]",
                       gradus::ArgumentError);
}

TEST_CASE("Dataset: regression labels may have any shape") {
  const Dataset<float, float> data{Tensor<float>(Shape{4, 2}), Tensor<float>(Shape{4, 3}), 0, {}, ""};
  CHECK(data.size() == 4);
  CHECK(data.subset(1, 2).labels.shape() == Shape{2, 3});
}

TEST_CASE("Dataset: a subset outside the data is refused, even if first + count overflows") {
  const Dataset<> data = numbered(7);
  const Index most = std::numeric_limits<Index>::max(), least = std::numeric_limits<Index>::min();
  CHECK_THROWS_WITH_AS(
      data.subset(3, most),
      "Dataset: subset begins at 3 and has 9223372036854775807 examples, expected a range within [0, 7)",
      gradus::IndexError);
  for (const auto& range : std::vector<std::array<Index, 2>>{
           {most, 1}, {most, most}, {least, most}, {-1, 2}, {2, -1}, {2, least}, {8, 0}, {3, 5}}) {
    const Index first = range[0], count = range[1];
    CAPTURE(first);
    CAPTURE(count);
    CHECK_THROWS_AS(data.subset(first, count), gradus::IndexError);
  }
  CHECK(data.subset(7, 0).size() == 0);
  CHECK(data.subset(3, 4).size() == 4);
}
