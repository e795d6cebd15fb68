// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/ops/softmax_cross_entropy.hpp>

#include "../support/extremes.hpp"
#include "../support/numerical_gradient.hpp"

using gradus::ArgumentError;
using gradus::Generator;
using gradus::Index;
using gradus::IndexError;
using gradus::Shape;
using gradus::ShapeError;
using gradus::Tensor;
using gradus::ops::CrossEntropyOptions;
using gradus::ops::Reduction;
using gradus::ops::softmax_cross_entropy;
namespace test = gradus::test;

namespace {

std::vector<Index> random_labels(Index batch, Index classes, Generator& random) {
  std::vector<Index> labels(static_cast<std::size_t>(batch));
  for (Index& label : labels) label = random.below(classes);
  return labels;
}

template <class Scalar>
Scalar loss_of(const Tensor<Scalar>& logits, const std::vector<Index>& labels,
               const CrossEntropyOptions<Scalar>& options = {}) {
  return softmax_cross_entropy<Scalar>(logits, labels, {}, options).loss;
}

}  // namespace

TEST_SUITE("softmax_cross_entropy") {
  TEST_CASE("softmax_cross_entropy: the gradient is the derivative of the loss, for every shape and option") {
    Generator random(1);
    for (const auto& [batch, classes] :
         std::vector<std::pair<Index, Index>>{{0, 3}, {1, 1}, {1, 5}, {5, 3}, {7, 37}}) {
      for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
        for (const double smoothing : {0.0, 0.1, 1.0}) {
          for (const bool weighted : {false, true}) {
            for (const bool ignoring : {false, true}) {
              Tensor<double> logits = Tensor<double>::randn({batch, classes}, random);
              std::vector<Index> labels = random_labels(batch, classes, random);
              if (ignoring && batch > 0) labels[0] = 255;
              const Tensor<double> weights = Tensor<double>::uniform({classes}, random, 0.5, 2);
              const CrossEntropyOptions<double> options{
                  reduction, smoothing, weighted ? weights.span() : std::span<const double>{}, 255};
              Tensor<double> gradient = Tensor<double>::full(logits.shape(), test::not_a_number<double>);
              softmax_cross_entropy<double>(logits, labels, gradient.view(), options);
              const auto loss = [&] { return loss_of(logits, labels, options); };
              REQUIRE(test::error_in_tolerances(gradient, test::numerical_gradient(logits, loss)) <= 1);
            }
          }
        }
      }
    }
  }

  TEST_CASE_TEMPLATE("softmax_cross_entropy: rows of more than 1,024 classes match the formula", Scalar,
                     float, double) {
    Generator random(9);
    constexpr Index rows = 5;
    const double tolerance = std::is_same_v<Scalar, float> ? 1e-6 : 1e-14;
    for (const Index classes : {1025, 3000}) {
      CAPTURE(classes);
      const auto logits = Tensor<Scalar>::randn({rows, classes}, random, 0, 5);
      const std::vector<Index> labels = random_labels(rows, classes, random);
      Tensor<Scalar> gradient(logits.shape());
      const auto result = softmax_cross_entropy<Scalar>(logits, labels, gradient.view(), {});
      double loss = 0;
      for (Index i = 0; i < rows; ++i) {
        double largest = -1e300, sum = 0;
        for (Index c = 0; c < classes; ++c) largest = std::max(largest, static_cast<double>(logits(i, c)));
        for (Index c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(logits(i, c)) - largest);
        const Index label = labels[static_cast<std::size_t>(i)];
        loss += std::log(sum) + largest - static_cast<double>(logits(i, label));
        for (Index c = 0; c < classes; ++c) {
          const double p = std::exp(static_cast<double>(logits(i, c)) - largest) / sum;
          const double expected = (p - (c == label ? 1 : 0)) / rows;
          REQUIRE(std::abs(static_cast<double>(gradient(i, c)) - expected) <= tolerance);
        }
      }
      CHECK(static_cast<double>(result.loss) == doctest::Approx(loss / rows).epsilon(tolerance));
    }
  }

  TEST_CASE_TEMPLATE("softmax_cross_entropy: a short row's contribution is independent of its position",
                     Scalar, float, double) {
    Generator random(8);
    for (const Index classes : {1, 2, 10, 16, 17, 64, 300, 1024}) {
      Tensor<Scalar> logits = Tensor<Scalar>::randn({300, classes}, random, 0, 5);
      const std::vector<Index> labels = random_labels(300, classes, random);
      logits(3, 0) = std::numeric_limits<Scalar>::infinity();
      logits(150, classes - 1) = test::not_a_number<Scalar>;
      logits(299, classes / 2) = -std::numeric_limits<Scalar>::infinity();
      Tensor<Scalar> gradient(logits.shape()), alone(Shape{1, classes});
      softmax_cross_entropy<Scalar>(logits, labels, gradient.view(), {Reduction::sum});
      double correct = 0;
      for (Index i = 0; i < 300; ++i) {
        const std::span label(&labels[static_cast<std::size_t>(i)], 1);
        const auto result =
            softmax_cross_entropy<Scalar>(logits.slice(i, i + 1), label, alone.view(), {Reduction::sum});
        correct += static_cast<double>(result.correct);
        CAPTURE(classes);
        CAPTURE(i);
        REQUIRE(std::memcmp(gradient[i].data(), alone.data(),
                            static_cast<std::size_t>(classes) * sizeof(Scalar)) == 0);
        double sum = 0;
        for (Index c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(logits(i, c)));
        if (std::isfinite(std::log(sum)) && std::isfinite(logits(i, label[0]))) {
          const double loss = std::log(sum) - static_cast<double>(logits(i, label[0]));
          REQUIRE(static_cast<double>(result.loss) == doctest::Approx(loss).epsilon(1e-5));
        }
      }
      const auto all = softmax_cross_entropy<Scalar>(logits, labels, {}, {Reduction::sum});
      CHECK(static_cast<double>(all.correct) == correct);
    }
  }

  TEST_CASE("softmax_cross_entropy: allows no classes if all samples are ignored") {
    const Tensor<float> logits(Shape{2, 0});
    Tensor<float> gradient(logits.shape());
    const std::vector<Index> labels{255, 255};
    const auto result = softmax_cross_entropy<float>(logits, labels, gradient.view(), {.ignore_index = 255});
    CHECK(result.loss == 0);
    CHECK(result.count == 0);
  }

  TEST_CASE("softmax_cross_entropy: float agrees with double") {
    Generator random(2);
    for (const Index classes : {1, 10, 1000}) {
      const Tensor<float> logits = Tensor<float>::randn({32, classes}, random, 0, 10);
      const std::vector<Index> labels = random_labels(32, classes, random);
      Tensor<float> gradient(logits.shape());
      Tensor<double> reference(logits.shape());
      const auto single =
          softmax_cross_entropy<float>(logits, labels, gradient.view(), {Reduction::sum, 0.1f});
      const auto twice = softmax_cross_entropy<double>(logits.cast<double>(), labels, reference.view(),
                                                       {Reduction::sum, 0.1f});
      CHECK(test::float_agrees(gradient, reference, classes));
      CHECK(static_cast<double>(single.loss) == doctest::Approx(twice.loss).epsilon(1e-5));
      CHECK(single.correct == twice.correct);
    }
  }

  TEST_CASE("softmax_cross_entropy: equal logits give a loss of log C, and every gradient row sums to 0") {
    Generator random(3);
    const std::vector<Index> labels{0, 9, 4};
    CHECK(loss_of(Tensor<double>(Shape{3, 10}), labels) == doctest::Approx(std::log(10.0)).epsilon(1e-15));
    const Tensor<double> logits = Tensor<double>::randn({3, 10}, random);
    Tensor<double> gradient(logits.shape());
    softmax_cross_entropy<double>(logits, labels, gradient.view(), {Reduction::sum, 0.2});
    for (Index i = 0; i < 3; ++i) CHECK(std::abs(gradient[i].array().sum()) <= 1e-15);
  }

  TEST_CASE("softmax_cross_entropy: shifting the logits of a sample changes nothing") {
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
      Generator random(seed);
      const std::vector<Index> labels{random.below(7)};
      Tensor<double> logits = Tensor<double>::randn({1, 7}, random);
      const double before = loss_of(logits, labels);
      for (double& element : logits) element += 100;
      REQUIRE(std::abs(loss_of(logits, labels) - before) <= 1e-12);
    }
  }

  TEST_CASE_TEMPLATE("softmax_cross_entropy: is accurate for logits of any size", Scalar, float, double) {
    const std::vector<Index> label{5};
    for (const Scalar big : {Scalar(88.7), Scalar(1e4), test::largest<Scalar>, test::infinity<Scalar>}) {
      CAPTURE(static_cast<double>(big));
      Tensor<Scalar> gradient(Shape{1, 37});
      Tensor<Scalar> logits = Tensor<Scalar>::full({1, 37}, -big);
      const auto check = [&](Scalar expected) {
        for (const bool with_gradient : {false, true}) {
          const auto loss = softmax_cross_entropy<Scalar>(
                                logits, label, with_gradient ? gradient.view() : gradus::TensorView<Scalar>{})
                                .loss;
          CHECK((loss == expected || std::abs(loss - expected) <= 8 * test::epsilon<Scalar> * expected));
        }
        CHECK(gradient.array().isFinite().all());
        CHECK(std::abs(gradient.array().sum()) <= 8 * test::epsilon<Scalar>);
      };
      check(std::log(Scalar(37)));
      logits(0, 5) = big;
      check(0);
      CHECK(gradient.array().abs().maxCoeff() <= Scalar{std::numeric_limits<float>::min()});
      logits.fill(big);
      check(std::log(Scalar(37)));
      logits(0, 5) = -big;
      check(2 * big + std::log(Scalar(36)));
      CHECK(gradient(0, 5) == doctest::Approx(-1));
    }
  }

  TEST_CASE_TEMPLATE("softmax_cross_entropy: NaN gives a NaN loss and is never correct", Scalar, float,
                     double) {
    for (Index at = 0; at < 43; ++at) {
      for (const Index label : {0, 3}) {
        const Shape shape{1, at < 11 ? 11 : 43};
        Tensor<Scalar> logits(shape), gradient(shape);
        logits(0, at) = test::not_a_number<Scalar>;
        const std::vector<Index> labels{label};
        for (const Scalar smoothing : {Scalar(0), Scalar(0.1)}) {
          const auto with =
              softmax_cross_entropy<Scalar>(logits, labels, gradient.view(), {Reduction::mean, smoothing});
          const auto without =
              softmax_cross_entropy<Scalar>(logits, labels, {}, {Reduction::mean, smoothing});
          REQUIRE(std::isnan(with.loss));
          REQUIRE(std::isnan(without.loss));
          REQUIRE(with.correct == 0);
          REQUIRE(without.correct == 0);
          REQUIRE(gradient.array().isNaN().all());
        }
      }
    }
  }

  TEST_CASE("softmax_cross_entropy: counts correct samples, predicting the first of equal logits") {
    const Tensor<float> logits{{1, 2, 3}, {3, 1, 3}, {3, 1, 3}, {0, 0, 0}};
    const auto correct = [&](std::vector<Index> labels) {
      return softmax_cross_entropy<float>(logits, labels, {}).correct;
    };
    CHECK(correct({2, 0, 0, 0}) == 4);
    CHECK(correct({1, 2, 2, 1}) == 0);
    CHECK(correct({2, 2, 0, 2}) == 2);
  }

  TEST_CASE("softmax_cross_entropy: ignored samples do not count") {
    Generator random(4);
    const Tensor<double> logits = Tensor<double>::randn({3, 5}, random);
    Tensor<double> gradient(logits.shape());
    const std::vector<Index> labels{1, -1, 4};
    const auto result = softmax_cross_entropy<double>(logits, labels, gradient.view(), {.ignore_index = -1});
    CHECK(result.count == 2);
    CHECK(gradient[1].array().isZero(0));
    Tensor<double> two(Shape{2, 5});
    std::ranges::copy(logits[0], two[0].begin());
    std::ranges::copy(logits[2], two[1].begin());
    CHECK(result.loss == doctest::Approx(loss_of(two, {1, 4})).epsilon(1e-15));

    const auto none = softmax_cross_entropy<double>(logits, std::vector<Index>{-1, -1, -1}, gradient.view(),
                                                    {.ignore_index = -1});
    CHECK(none.loss == 0);
    CHECK(none.count == 0);
    CHECK(gradient.array().isZero(0));
  }

  TEST_CASE("softmax_cross_entropy: an empty batch has loss 0") {
    Tensor<float> logits(Shape{0, 10}), gradient(Shape{0, 10});
    const auto result = softmax_cross_entropy<float>(logits, {}, gradient.view());
    CHECK(result.loss == 0);
    CHECK(result.count == 0);
    CHECK(result.correct == 0);
  }

  TEST_CASE("softmax_cross_entropy: an error for a label out of range names the label and its sample") {
    const Tensor<float> logits(Shape{2, 10});
    CHECK_THROWS_WITH_AS(loss_of(logits, {3, -1}),
                         "softmax_cross_entropy: the label of sample 1 is -1, expected one in [0, 10)",
                         IndexError);
    CHECK_THROWS_WITH_AS(loss_of(logits, {10, 0}),
                         "softmax_cross_entropy: the label of sample 0 is 10, expected one in [0, 10)",
                         IndexError);
    CHECK_THROWS_WITH_AS(loss_of(logits, {0, 255}),
                         "softmax_cross_entropy: the label of sample 1 is 255, expected one in [0, 10)",
                         IndexError);
    CHECK_NOTHROW(loss_of(logits, {0, 255}, {.ignore_index = 255}));
  }

  TEST_CASE("softmax_cross_entropy: an invalid label leaves the gradient unchanged") {
    const Tensor<float> logits(Shape{2, 3});
    Tensor<float> gradient = Tensor<float>::full({2, 3}, 7);
    CHECK_THROWS_AS(softmax_cross_entropy<float>(logits, std::vector<Index>{0, 3}, gradient.view()),
                    IndexError);
    CHECK(gradient == Tensor<float>::full({2, 3}, 7));
  }

  TEST_CASE("softmax_cross_entropy: mismatched arguments are named") {
    const Tensor<float> logits(Shape{2, 3}), flat(Shape{3});
    Tensor<float> gradient(Shape{3, 2});
    const std::vector<float> weights{1, 2};
    const std::vector<Index> labels{0, 1};
    CHECK_THROWS_WITH_AS(loss_of(flat, {0}), "softmax_cross_entropy: logits have shape [3], expected [N, C]",
                         ShapeError);
    CHECK_THROWS_WITH_AS(loss_of(logits, {0}),
                         "softmax_cross_entropy: 1 labels for logits of shape [2, 3], expected 2",
                         ShapeError);
    CHECK_THROWS_WITH_AS(softmax_cross_entropy<float>(logits, labels, gradient.view()),
                         "softmax_cross_entropy: gradient has shape [3, 2], expected [2, 3]", ShapeError);
    CHECK_THROWS_WITH_AS(loss_of(logits, labels, {.class_weights = weights}),
                         "softmax_cross_entropy: 2 class weights, expected 3", ShapeError);
    CHECK_THROWS_AS(loss_of(logits, labels, {.label_smoothing = 1.5f}), ArgumentError);
    CHECK_THROWS_WITH_AS(loss_of(logits, labels, {.label_smoothing = -1e-9f}),
                         doctest::Contains("label smoothing is -1e-09, expected"), ArgumentError);
    CHECK_THROWS_AS(loss_of(logits, labels, {.label_smoothing = test::not_a_number<float>}), ArgumentError);
  }

  TEST_CASE_TEMPLATE(
      "softmax_cross_entropy: class weights must be finite and not negative, and the wrong one is named",
      Scalar, float, double) {
    const Tensor<Scalar> logits(Shape{2, 3});
    Tensor<Scalar> gradient = Tensor<Scalar>::full({2, 3}, 7);
    const std::vector<Index> labels{0, 1};  // class 2 has no sample
    const Scalar nan = test::not_a_number<Scalar>, infinity = std::numeric_limits<Scalar>::infinity();
    for (const Scalar bad :
         {nan, infinity, -infinity, Scalar(-1), -std::numeric_limits<Scalar>::denorm_min()}) {
      for (std::size_t at = 0; at < 3; ++at) {
        std::vector<Scalar> weights(3, Scalar(1));
        weights[at] = bad;
        CHECK_THROWS_AS(
            softmax_cross_entropy<Scalar>(logits, labels, gradient.view(), {.class_weights = weights}),
            ArgumentError);
      }
    }
    CHECK(gradient == Tensor<Scalar>::full({2, 3}, 7));
    const std::vector<Scalar> weights{1, 2, -3};
    CHECK_THROWS_WITH_AS(loss_of(logits, labels, {.class_weights = weights}),
                         "softmax_cross_entropy: class weight 2 is -3, expected a finite number >= 0",
                         ArgumentError);
    const std::vector<Scalar> zeros{1, Scalar(0), -Scalar(0)};
    CHECK(loss_of(logits, labels, {.class_weights = zeros}) == doctest::Approx(std::log(3)));
  }

  TEST_CASE(
      "softmax_cross_entropy: the result reports the total weight of the samples and their weighted sum") {
    Generator random(8);
    const Tensor<double> logits = Tensor<double>::randn({4, 3}, random);
    const std::vector<Index> labels{0, 2, -1, 2};
    const std::vector<double> weights{0.5, 3, 8};
    for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
      const auto result = softmax_cross_entropy<double>(
          logits, labels, {}, {.reduction = reduction, .class_weights = weights, .ignore_index = -1});
      CHECK(result.weight == 16.5);
      CHECK(result.loss == (reduction == Reduction::mean ? result.total / 16.5 : result.total));
      CHECK(softmax_cross_entropy<double>(logits, labels, {}, {.reduction = reduction, .ignore_index = -1})
                .weight == 3);
    }
  }

  TEST_CASE("softmax_cross_entropy: samples that all have weight 0 give loss 0, with smoothing too") {
    Generator random(8);
    const Tensor<double> logits = Tensor<double>::randn({4, 3}, random);
    Tensor<double> gradient(logits.shape());
    const std::vector<double> weights{0, 1, 1};
    for (const double smoothing : {0.0, 0.3}) {
      const auto result =
          softmax_cross_entropy<double>(logits, std::vector<Index>(4), gradient.view(),
                                        {.label_smoothing = smoothing, .class_weights = weights});
      CHECK(result.loss == 0);
      CHECK(result.weight == 0);
      CHECK(result.count == 4);
      CHECK((result.total > 0) == (smoothing > 0));
      CHECK(gradient.array().isZero(0));
    }
  }

  TEST_CASE("softmax_cross_entropy: equal class weights of any size give the unweighted gradient") {
    Generator random(9);
    const Tensor<float> logits = Tensor<float>::randn({4, 3}, random);
    const std::vector<Index> labels{0, 2, 1, 2};
    for (const float smoothing : {0.0f, 0.1f}) {
      Tensor<float> expected(logits.shape()), gradient(logits.shape());
      const auto plain =
          softmax_cross_entropy<float>(logits, labels, expected.view(), {.label_smoothing = smoothing});
      for (const float weight : {1e-44f, 1e-38f, 1e-20f, 1e20f, 3e38f}) {
        CAPTURE(weight);
        const std::vector<float> weights(3, weight);
        const auto found = softmax_cross_entropy<float>(
            logits, labels, gradient.view(), {.label_smoothing = smoothing, .class_weights = weights});
        CHECK(found.loss == doctest::Approx(plain.loss));
        CHECK(gradus::allclose(gradient, expected, 1e-5f, 1e-7f));
      }
    }
  }
}
