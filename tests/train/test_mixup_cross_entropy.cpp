// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/index.hpp>
#include <gradus/data/mixup.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/mixup_cross_entropy.hpp>
#include <gradus/train/trainer.hpp>

namespace {

using gradus::Dataset;
using gradus::Generator;
using gradus::Index;
using gradus::Loader;
using gradus::MixedLabels;
using gradus::MixupCrossEntropy;
using gradus::MixupLoader;
using gradus::Tensor;

}  // namespace

TEST_CASE("MixupCrossEntropy: equals cross-entropy with mixed one-hot vectors, including the gradient") {
  Generator random(6);
  const auto logits = Tensor<double>::randn({5, 3}, random);
  const std::vector<Index> labels{0, 1, 2, 1, 0}, partners{2, 1, 0, 0, 1};
  for (const double share : {0.0, 0.3, 0.8, 1.0}) {
    CAPTURE(share);
    Tensor<double> gradient(logits.shape());
    MixupCrossEntropy<double> loss;
    const auto result = loss(logits, MixedLabels{labels, partners, share}, gradient.view());

    double expected = 0;
    Index correct = 0;
    for (Index i = 0; i < 5; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const auto scores = logits[i].span();
      double sum = 0;
      for (const double z : scores) sum += std::exp(z);
      for (Index k = 0; k < 3; ++k) {
        const double target = share * (labels[at] == k) + (1 - share) * (partners[at] == k);
        const double p = std::exp(logits(i, k)) / sum;
        expected -= target * std::log(p) / 5;
        CHECK(gradient(i, k) == doctest::Approx((p - target) / 5));
      }
      const Index best = std::ranges::max_element(scores) - scores.begin();
      if (best == (share < 0.5 ? partners : labels)[at]) ++correct;
    }
    CHECK(result.loss == doctest::Approx(expected));
    CHECK(result.correct == correct);
    CHECK(result.count == 5);
  }
}

TEST_CASE("Trainer: with mixup, trains on mixed batches and evaluates plain ones") {
  const Dataset<> data{
      Tensor<std::uint8_t>{{0, 0}, {1, 1}, {2, 2}, {3, 3}}, Tensor<Index>{0, 1, 2, 3}, 4, {}, ""};
  Generator random(1);
  gradus::nn::Sequential net{gradus::nn::Linear{2, 4, random}};
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Loader<float> loader(data, {.batch_size = 2, .divisor = 4}), validation(data, {.divisor = 4});
  MixupLoader mixed(loader, 0.2);
  gradus::Trainer trainer{net, MixupCrossEntropy<>{}, sgd, random, {.epochs = 300}};
  const double before = trainer.evaluate(validation).loss;
  trainer.fit(mixed, validation);
  CHECK(trainer.history().size() == 300);
  CHECK(trainer.history().back().validation->loss < 0.9 * before);
}

TEST_CASE("MixupCrossEntropy: reports the mixed weight, and counts by the class with the larger share") {
  const Tensor<double> logits{{1, 2}, {3, 1}}, weights{1, 5};
  const std::vector<Index> labels{0, 0}, partners{1, -1};
  Tensor<double> gradient(logits.shape());
  for (const double share : {0.25, 0.75}) {
    MixupCrossEntropy<double> loss{{.class_weights = weights, .ignore_index = -1}};
    const auto result = loss(logits, MixedLabels{labels, partners, share}, gradient.view());
    CHECK(result.weight == doctest::Approx(share * 2 + (1 - share) * 5));
    CHECK(result.count == (share < 0.5 ? 1 : 2));
    CHECK(result.correct == 1);
  }
}

TEST_CASE("MixupCrossEntropy: the weighted parts of a batch have the loss and the gradient of the whole") {
  Generator random(3);
  const auto logits = Tensor<double>::randn({4, 2}, random);
  const std::vector<Index> labels{0, 1, 1, 0}, partners{1, 0, 0, 1};
  for (const auto reduction : {gradus::ops::Reduction::mean, gradus::ops::Reduction::sum}) {
    const bool is_mean = reduction == gradus::ops::Reduction::mean;
    MixupCrossEntropy<double> loss{{.reduction = reduction, .class_weights = {1, 5}}};
    const auto part = [&](Index begin, Index end, Tensor<double>& gradient) {
      const auto rows = [&](const std::vector<Index>& all) {
        return std::span(all).subspan(gradus::to_size(begin), gradus::to_size(end - begin));
      };
      gradient.resize({end - begin, 2});
      return loss(logits.slice(begin, end), MixedLabels{rows(labels), rows(partners), 0.3}, gradient.view());
    };
    Tensor<double> gradient, first_gradient, second_gradient;
    const auto whole = part(0, 4, gradient), first = part(0, 1, first_gradient),
               second = part(1, 4, second_gradient);
    CHECK(first.weight + second.weight == doctest::Approx(whole.weight));
    CHECK(first.total + second.total == doctest::Approx(whole.total));
    const double a = is_mean ? first.weight / whole.weight : 1,
                 b = is_mean ? second.weight / whole.weight : 1;
    CHECK(a * first.loss + b * second.loss == doctest::Approx(whole.loss));
    for (Index j = 0; j < 2; ++j) {
      CHECK(a * first_gradient(0, j) == doctest::Approx(gradient(0, j)));
      CHECK(b * second_gradient(2, j) == doctest::Approx(gradient(3, j)));
    }
  }
}
