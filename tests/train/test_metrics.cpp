// SPDX-License-Identifier: MIT

#include <array>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/train/confusion_matrix.hpp>
#include <gradus/train/metrics.hpp>

namespace {

using gradus::accuracy;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
using gradus::top_k_accuracy;

const Tensor<float> scores{{0.1f, 0.7f, 0.2f}, {5, 3, 4}, {-1, -3, -2}, {0, 0, 1}};

}  // namespace

TEST_CASE("predicted_classes: returns the class with the highest score, the first if several are equal") {
  CHECK(gradus::predicted_classes(scores) == std::vector<Index>{1, 0, 0, 2});
  CHECK(gradus::predicted_classes(scores.view()) == std::vector<Index>{1, 0, 0, 2});
  CHECK(gradus::predicted_classes(Tensor<float>{{2, 7, 7}}) == std::vector<Index>{1});
  CHECK(gradus::predicted_classes(Tensor<float>(Shape{0, 3})).empty());
  CHECK_THROWS_AS(gradus::predicted_classes(Tensor<float>(Shape{3, 0})), gradus::ShapeError);
  CHECK_THROWS_AS(gradus::predicted_classes(Tensor<float>(Shape{3})), gradus::ShapeError);
}

TEST_CASE("accuracy: returns the fraction of samples whose label has the highest score") {
  CHECK(accuracy(scores, std::array<Index, 4>{1, 0, 0, 2}) == 1);
  CHECK(accuracy(scores, std::array<Index, 4>{1, 1, 0, 0}) == 0.5);
  CHECK(accuracy(scores, std::array<Index, 4>{0, 1, 1, 1}) == 0);
  CHECK(accuracy(Tensor<float>(Shape{0, 3}), {}) == 0);
}

TEST_CASE("top_k_accuracy: returns the fraction of samples whose label is among the k highest scores") {
  const std::array<Index, 4> labels{2, 1, 1, 1};  // second, third, third, and second of two equal scores
  CHECK(top_k_accuracy(scores, labels, 1) == 0);
  CHECK(top_k_accuracy(scores, labels, 2) == 0.25);
  CHECK(top_k_accuracy(scores, labels, 3) == 1);
  CHECK(top_k_accuracy(scores, labels, 30) == 1);
  CHECK(top_k_accuracy(scores, std::array<Index, 4>{2, 1, 1, 0}, 2) == 0.5);
}

TEST_CASE("top_k_accuracy: a NaN score never makes a sample correct") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor<float> broken{{nan, nan, nan}, {1, nan, 0}};
  CHECK(accuracy(broken, std::array<Index, 2>{0, 0}) == 0);
  CHECK(top_k_accuracy(broken, std::array<Index, 2>{0, 0}, 2) == 0.5);
}

TEST_CASE("accuracy: agrees with the number of correct samples that the loss counts") {
  gradus::Generator random(3);
  const auto logits = Tensor<float>::randn(Shape{97, 5}, random);
  std::vector<Index> labels(97);
  for (Index& label : labels) label = random.below(5);
  const auto result = gradus::nn::SoftmaxCrossEntropy<float>{}(logits, labels);
  CHECK(accuracy(logits, labels) == static_cast<double>(result.correct) / 97);
}

TEST_CASE("accuracy, top_k_accuracy: mismatched arguments are refused and named") {
  const std::array<Index, 2> two{0, 1};
  CHECK_THROWS_WITH_AS(accuracy(scores, two),
                       "top_k_accuracy: scores have shape [4, 3] for 2 labels, expected [N, C] for N labels",
                       gradus::ShapeError);
  CHECK_THROWS_WITH_AS(accuracy(scores, std::array<Index, 4>{0, 1, 3, 0}),
                       "top_k_accuracy: the label of sample 2 is 3, expected one in [0, 3)",
                       gradus::IndexError);
  CHECK_THROWS_AS(accuracy(scores, std::array<Index, 4>{0, -1, 2, 0}), gradus::IndexError);
  CHECK_THROWS_AS(top_k_accuracy(scores, std::array<Index, 4>{0, 1, 2, 0}, 0), gradus::ArgumentError);
}

TEST_CASE("top_k_accuracy: a label whose own score is NaN is in no top k") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor<float> broken{{nan, nan, nan}, {1, nan, 0}};
  for (const Index k : {1, 2, 3, 30}) {
    CHECK(top_k_accuracy(broken, std::array<Index, 2>{0, 1}, k) == 0);
  }
  CHECK(top_k_accuracy(broken, std::array<Index, 2>{2, 2}, std::numeric_limits<Index>::max()) == 0.5);
}

TEST_CASE("accuracy, top_k_accuracy: NaN has the same effect at every position of a row") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double rest : {0.0, 1e300, std::numeric_limits<double>::infinity()}) {
    for (Index at = 0; at < 3; ++at) {
      for (Index label = 0; label < 3; ++label) {
        Tensor<double> with_nan{{0, 0, 0}, {5, 1, 0}};
        with_nan[0].array() = rest;
        with_nan(0, at) = nan;
        const std::array<Index, 2> labels{label, 0};
        CHECK(gradus::predicted_classes(with_nan) == std::vector<Index>{gradus::no_class, 0});
        CHECK(accuracy(with_nan, labels) == 0.5);
        gradus::ConfusionMatrix matrix(3);
        matrix.add(with_nan, labels);
        CHECK(matrix.accuracy() == 0.5);
        CHECK(gradus::nn::SoftmaxCrossEntropy<double>{}(with_nan, labels).correct == 1);
      }
    }
  }
}
