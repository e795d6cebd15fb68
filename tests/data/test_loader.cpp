// SPDX-License-Identifier: MIT

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numeric>
#include <ranges>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/loader.hpp>

namespace {

using gradus::Dataset;
using gradus::Generator;
using gradus::Index;
using gradus::Loader;
using gradus::Shape;
using gradus::Tensor;
using gradus::TensorView;

static_assert(std::input_iterator<Loader<>::Epoch::Iterator>);
static_assert(std::ranges::input_range<Loader<>::Epoch>);
static_assert(!std::is_constructible_v<Loader<>, Dataset<>>, "a loader must not refer to a temporary");

/// Returns N images [2, 3]; element j of image i is 6 i + j modulo 256, and its label is i.
Dataset<> numbered(Index n) {
  Dataset<> data{Tensor<std::uint8_t>(Shape{n, 2, 3}), Tensor<Index>(Shape{n}), n, {}, ""};
  for (Index i = 0; i < data.inputs.size(); ++i) data.inputs.data()[i] = static_cast<std::uint8_t>(i % 256);
  for (Index i = 0; i < n; ++i) data.labels(i) = i;
  return data;
}

struct Seen {
  std::vector<Index> sizes;
  std::vector<Index> labels;
};

/// Iterates over an epoch and checks every pixel against its label.
template <class Epoch>
Seen walk(const Epoch& epoch) {
  Seen seen;
  for (const auto& batch : epoch) {
    seen.sizes.push_back(batch.size());
    CHECK(batch.x.shape() == Shape{batch.size(), 2, 3});
    REQUIRE(static_cast<Index>(batch.labels.size()) == batch.size());
    for (Index i = 0; i < batch.size(); ++i) {
      const Index label = batch.labels[static_cast<std::size_t>(i)];
      seen.labels.push_back(label);
      for (Index j = 0; j < 6; ++j) {
        CHECK(batch.x[i].data()[j] == static_cast<float>((6 * label + j) % 256) / 255.0f);
      }
    }
  }
  CHECK(static_cast<Index>(seen.sizes.size()) == epoch.size());
  return seen;
}

std::vector<Index> in_order(Index n) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  return order;
}

}  // namespace

TEST_CASE("Loader: an epoch without a generator follows the data and keeps the last partial batch") {
  const Dataset<> data = numbered(10);
  Loader<> loader(data, {.batch_size = 4});
  CHECK(loader.size() == 3);
  for (int repeat = 0; repeat < 2; ++repeat) {
    const Seen seen = walk(loader.evaluation_epoch());
    CHECK(seen.sizes == std::vector<Index>{4, 4, 2});
    CHECK(seen.labels == in_order(10));
  }
}

TEST_CASE("Loader: drop_last omits only the partial batch") {
  const Dataset<> data = numbered(10);
  Loader<> loader(data, {.batch_size = 4, .drop_last = true});
  CHECK(loader.size() == 2);
  CHECK(walk(loader.evaluation_epoch()).labels == in_order(8));
  Loader<> even(data, {.batch_size = 5, .drop_last = true});
  CHECK(walk(even.evaluation_epoch()).labels == in_order(10));
  Loader<> none(data, {.batch_size = 11, .drop_last = true});
  CHECK(walk(none.evaluation_epoch()).labels.empty());
}

TEST_CASE("Loader: shuffles with one permutation per epoch, as torch.randperm") {
  const Dataset<> data = numbered(7);
  Loader<> loader(data, {.batch_size = 3});
  Generator random(42);
  CHECK(walk(loader.training_epoch(random)).labels == std::vector<Index>{1, 6, 3, 5, 4, 0, 2});
  CHECK(walk(loader.evaluation_epoch()).labels == in_order(7));
  CHECK(walk(loader.training_epoch(random)).labels == std::vector<Index>{5, 3, 2, 4, 0, 1, 6});

  Generator same(42);
  same.permutation(7);
  same.permutation(7);
  CHECK(random == same);
}

TEST_CASE("Loader: without shuffling, no random number is drawn") {
  const Dataset<> data = numbered(7);
  Loader<> loader(data, {.batch_size = 3, .shuffle = false});
  Generator random(42);
  CHECK(walk(loader.training_epoch(random)).labels == in_order(7));
  CHECK(random == Generator(42));
}

TEST_CASE("Loader: every shuffled epoch contains every example once, whatever the batch size") {
  const Dataset<> data = numbered(101);
  Generator random(3);
  for (const Index batch_size : {1, 2, 7, 100, 101, 1000}) {
    Loader<> loader(data, {.batch_size = batch_size});
    std::vector<Index> labels = walk(loader.training_epoch(random)).labels;
    CHECK(labels != in_order(101));
    std::ranges::sort(labels);
    CHECK(labels == in_order(101));
  }
}

TEST_CASE("Loader: without examples there are no batches; a batch size below 1 is an error") {
  const Dataset<> empty = numbered(0);
  Loader<> loader(empty);
  Generator random(0);
  CHECK(loader.size() == 0);
  CHECK(walk(loader.training_epoch(random)).sizes.empty());
  CHECK(walk(loader.evaluation_epoch()).sizes.empty());

  CHECK_THROWS_WITH_AS(Loader<>(empty, {.batch_size = 0}), "Loader: batch size is 0, expected at least 1",
                       gradus::ArgumentError);
  CHECK_THROWS_AS(Loader<>(empty, {.batch_size = -3}), gradus::ArgumentError);
  Dataset<> broken = numbered(3);
  broken.labels = Tensor<Index>(Shape{2});
  CHECK_THROWS_AS(Loader<>{broken}, gradus::ShapeError);
}

TEST_CASE("Loader: images without pixels are allowed") {
  const Dataset<> data{Tensor<std::uint8_t>(Shape{5, 0}), Tensor<Index>(Shape{5}), 1, {}, ""};
  Loader<> loader(data, {.batch_size = 2});
  Generator random(0);
  Index count = 0;
  for (const auto& batch : loader.training_epoch(random)) count += batch.size();
  CHECK(count == 5);
}

TEST_CASE_TEMPLATE("Loader: each byte becomes exactly x / 255, in blocks and in the remainder", Scalar, float,
                   double) {
  Dataset<> data{Tensor<std::uint8_t>(Shape{1, 256 + 31}), Tensor<Index>(Shape{1}), 1, {}, ""};
  for (Index i = 0; i < data.inputs.size(); ++i) data.inputs(0, i) = static_cast<std::uint8_t>(i % 256);
  Loader<Scalar> loader(data);
  for (const auto& batch : loader.evaluation_epoch()) {
    for (Index i = 0; i < batch.x.size(); ++i) {
      volatile const auto byte = static_cast<Scalar>(i % 256);  // divided at run time, one by one
      CHECK(batch.x(0, i) == byte / Scalar{255});
    }
  }
}

TEST_CASE("Loader: the divisor can be changed") {
  const Dataset<> data = numbered(3);
  Loader<> loader(data, {.divisor = 1});
  for (const auto& batch : loader.evaluation_epoch()) CHECK(batch.x(2, 1, 2) == 17);
}

TEST_CASE("Loader: accepts floating-point data and regression labels, and does not copy data in order") {
  Dataset<float, float> data{Tensor<float>(Shape{5, 2}), Tensor<float>(Shape{5, 1}), 0, {}, ""};
  for (Index i = 0; i < 5; ++i) {
    data.inputs[i].array() = static_cast<float>(i);
    data.labels(i, 0) = static_cast<float>(10 * i);
  }
  Loader loader(data, {.batch_size = 2});
  static_assert(std::is_same_v<decltype(loader), Loader<float, float, float>>);
  Index first = 0;
  for (const auto& [x, labels] : loader.evaluation_epoch()) {
    CHECK(x.data() == data.inputs[first].data());
    CHECK(labels.data() == data.labels[first].data());
    CHECK(labels.shape() == Shape{x.shape()[0], 1});
    first += x.shape()[0];
  }
  Generator random(0);
  for (const auto& [x, labels] : loader.training_epoch(random)) {
    for (Index i = 0; i < x.shape()[0]; ++i) CHECK(labels(i, 0) == 10 * x(i, 1));
  }
}

TEST_CASE("Loader: the transform sees each training batch as bytes and does not change evaluation or data") {
  const Dataset<> data = numbered(10);
  std::vector<Index> sizes;
  Loader<> loader(data, {.batch_size = 4,
                         .divisor = 1,
                         .transform = [&sizes](TensorView<std::uint8_t> batch, Generator& random) {
                           sizes.push_back(batch.shape()[0]);
                           random.next();
                           for (std::uint8_t& pixel : batch)
                             pixel = static_cast<std::uint8_t>(200 + pixel % 50);
                         }});
  Generator random(5);
  for (const auto& batch : loader.training_epoch(random)) {
    for (Index i = 0; i < batch.size(); ++i) {
      const Index label = batch.labels[static_cast<std::size_t>(i)];
      CHECK(batch.x(i, 1, 2) == static_cast<float>(200 + (6 * label + 5) % 50));
    }
  }
  CHECK(sizes == std::vector<Index>{4, 4, 2});
  CHECK(data.inputs == numbered(10).inputs);
  for (const auto& batch : loader.evaluation_epoch()) CHECK(batch.x(0, 0, 1) < 200);

  Generator same(5);
  same.permutation(10);
  for (int i = 0; i < 3; ++i) same.next();
  CHECK(random == same);
}

TEST_CASE("Loader: gives the same batches with any number of threads") {
  Dataset<> data{Tensor<std::uint8_t>(Shape{600, 28, 28}), Tensor<Index>(Shape{600}), 10, {}, ""};
  Generator noise(1);
  for (std::uint8_t& pixel : data.inputs) pixel = static_cast<std::uint8_t>(noise.next() % 256);
  Loader<> serial(data);
  Generator random(7);
  std::vector<Tensor<float>> expected;
  for (const auto& batch : serial.training_epoch(random)) expected.emplace_back(batch.x);
  for (const Index threads : {2, 3, 8}) {
    gradus::ThreadPool pool(threads);
    Loader<> loader(data, {.parallel = pool});
    Generator again(7);
    std::size_t i = 0;
    for (const auto& batch : loader.training_epoch(again)) CHECK(Tensor<float>(batch.x) == expected[i++]);
  }
}

TEST_CASE("Loader: the largest batch size gives one batch of everything") {
  const Dataset<> data = numbered(7);
  const Index most = std::numeric_limits<Index>::max();
  Loader<> loader(data, {.batch_size = most});
  CHECK(loader.size() == 1);
  Generator random(1);
  for (const auto& batch : loader.training_epoch(random)) CHECK(batch.size() == 7);
  CHECK(Loader<>(data, {.batch_size = most, .drop_last = true}).size() == 0);
}

TEST_CASE("Loader: a divisor that gives non-finite numbers is refused") {
  const Dataset<> data = numbered(7);
  for (const double divisor : {0.0, -0.0, std::nan(""), HUGE_VAL, 1e-60, 1e60}) {
    CAPTURE(divisor);
    CHECK_THROWS_AS((Loader<>(data, {.divisor = divisor})), gradus::ArgumentError);
  }
}

TEST_CASE("Loader: the parts of a batch, joined in order, are the whole batch") {
  const Dataset<> data = numbered(21);
  for (const Index parts : {1, 2, 3, 4, 7}) {
    std::vector<std::vector<Index>> whole(3), joined(3);
    std::vector<Generator> randoms(static_cast<std::size_t>(parts) + 1, Generator(5));
    Loader whole_loader(data, {.batch_size = 10});
    std::size_t number = 0;
    for (const auto& batch : whole_loader.training_epoch(randoms[0])) {
      whole[number++].assign(batch.labels.begin(), batch.labels.end());
    }
    for (Index part = 0; part < parts; ++part) {
      Loader loader(data, {.batch_size = 10, .part = {part, parts}});
      CHECK(loader.size() == 3);
      CHECK(loader.part() == gradus::Part{part, parts});
      number = 0;
      for (const auto& batch : loader.training_epoch(randoms[static_cast<std::size_t>(part) + 1])) {
        CHECK(loader.samples(static_cast<Index>(number)) == (number < 2 ? 10 : 1));
        CHECK(batch.x.shape() == Shape{batch.size(), 2, 3});
        joined[number].insert(joined[number].end(), batch.labels.begin(), batch.labels.end());
        ++number;
      }
      CHECK(number == 3);
      CHECK(randoms[static_cast<std::size_t>(part) + 1] == randoms[0]);
    }
    CHECK(joined == whole);
  }
}

TEST_CASE("Loader: a transform draws the same numbers for a part as for the whole batch") {
  const Dataset<> data = numbered(9);
  const auto add_noise = [](TensorView<std::uint8_t> batch, Generator& random) {
    for (std::uint8_t& x : batch.span()) x = static_cast<std::uint8_t>(random.below(256));
  };
  const auto values = [&](gradus::Part part) {
    std::vector<float> all;
    Generator random(3);
    Loader loader(data, {.batch_size = 4, .part = part, .transform = add_noise});
    Index number = 0;
    for (const auto& batch : loader.training_epoch(random)) {
      if (number++ == 1) all.assign(batch.x.span().begin(), batch.x.span().end());
    }
    return all;
  };
  std::vector<float> joined = values({0, 2});
  const std::vector<float> second = values({1, 2});
  joined.insert(joined.end(), second.begin(), second.end());
  CHECK(joined == values({}));
}

TEST_CASE("Loader: a part that does not exist is an error") {
  const Dataset<> data = numbered(3);
  CHECK_THROWS_WITH_AS(Loader(data, {.part = {2, 2}}),
                       "Loader: part is 2 of 2, expected an index from 0 to the count - 1",
                       gradus::ArgumentError);
  CHECK_THROWS_AS(Loader(data, {.part = {0, 0}}), gradus::ArgumentError);
  CHECK_THROWS_AS(Loader(data, {.part = {-1, 2}}), gradus::ArgumentError);
}
