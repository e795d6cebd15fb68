// SPDX-License-Identifier: MIT

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/mixup.hpp>
#include <gradus/nn/mean_squared_error.hpp>
#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/early_stopping.hpp>
#include <gradus/train/metric.hpp>
#include <gradus/train/mixup_cross_entropy.hpp>
#include <gradus/train/regression_metrics.hpp>
#include <gradus/train/trainer.hpp>

#include "toy_problems.hpp"

namespace {

using gradus::Generator;
using gradus::Index;
using gradus::Tensor;
using gradus::TensorView;
using gradus::Trainer;
namespace nn = gradus::nn;
namespace optim = gradus::optim;

struct Regression {
  gradus::Dataset<float, float> data = gradus::test::plane(10);
  Generator random{0};
  nn::Sequential<float> net{nn::Linear{2, 1, random}};
  optim::SGD<float> sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer<nn::Sequential<float>, nn::MeanSquaredError<float>, optim::SGD<float>> trainer{
      net, nn::MeanSquaredError<float>{}, sgd, random, {.epochs = 2, .batch_size = 4}};
};

}  // namespace

TEST_CASE_FIXTURE(Regression,
                  "Trainer: an added metric appears in evaluation, history, line, CSV and progress") {
  data.name = "test";
  trainer.add_metric("mae", gradus::MeanAbsoluteError{});
  trainer.add_metric("rmse", gradus::RootMeanSquaredError{});
  double last = 0;
  trainer.after_each_step([&](auto& t) {
    REQUIRE(t.progress().train.named.size() == 2);
    last = t.progress().train.named[0].value;
  });
  trainer.fit(data, data);
  const auto& record = trainer.history().back();
  const gradus::Metrics now = trainer.evaluate(data);
  REQUIRE(now.find("mae") != nullptr);
  CHECK(now.find("other") == nullptr);
  CHECK(record.validation->find("mae")->value == now.find("mae")->value);
  CHECK(std::pow(now.find("rmse")->value, 2) == doctest::Approx(now.loss).epsilon(1e-5));
  const Tensor<float> y = net.predict(data.inputs);
  CHECK(now.find("mae")->value ==
        doctest::Approx(static_cast<double>((y.array() - data.labels.array()).abs().mean())).epsilon(1e-5));
  CHECK(record.train.find("mae")->value == last);
  CHECK(record.train.find("mae")->value > now.find("mae")->value);
  CHECK(gradus::to_string(record).ends_with(", test mae " + gradus::format_loss(now.find("mae")->value) +
                                            ", test rmse " + gradus::format_loss(now.find("rmse")->value)));
  const std::string csv = trainer.history().to_csv();
  CHECK(csv.starts_with(
      "epoch,train_loss,train_acc,test_loss,test_acc,seconds,learning_rate,train_mae,test_mae,"
      "train_rmse,test_rmse\n"));
  CHECK(csv.find(",0.1," + gradus::format_shortest(last) + "," +
                 gradus::format_shortest(now.find("mae")->value) + ",") != std::string::npos);
}

TEST_CASE_FIXTURE(Regression, "Trainer: a metric that is a function is averaged over samples") {
  std::vector<double> sizes;
  trainer.add_metric("rows", [&](TensorView<const float> y, TensorView<const float> t) {
    CHECK(y.shape() == t.shape());
    return static_cast<double>(y.shape()[0]);
  });
  trainer.fit(data);
  // Batches of 4, 4 and 2 samples.
  CHECK(trainer.history().back().train.find("rows")->value == doctest::Approx((16 + 16 + 4) / 10.0));
  CHECK(gradus::to_string(trainer.history().back()).ends_with(", train rows 3.600"));
}

TEST_CASE_FIXTURE(Regression, "EarlyStopping: monitors an added metric in the right direction") {
  trainer.add_metric(
      "falls", [n = 0.0](TensorView<const float>, TensorView<const float>) mutable { return -(n += 1); });
  auto& callback = trainer.add(gradus::EarlyStopping{
      {.monitor = gradus::MetricMonitor{.metric = "falls", .goal = optim::Goal::maximize}, .patience = 1}});
  trainer.fit(data, data);
  CHECK(callback.stopped());
  CHECK(trainer.history().size() == 2);
  CHECK(callback.best_epoch() == 1);
}

TEST_CASE_FIXTURE(Regression, "EarlyStopping: a metric that was not added is an error") {
  trainer.add(gradus::EarlyStopping{{.monitor = gradus::MetricMonitor{"mae"}}});
  CHECK_THROWS_WITH_AS(trainer.fit(data, data),
                       "Monitor: metric 'mae' is monitored, expected one that was added to the trainer",
                       gradus::StateError);
}

TEST_CASE_FIXTURE(Regression, "Trainer: metrics need unique names and labels that they accept") {
  CHECK_THROWS_AS(trainer.add_metric("", gradus::MeanAbsoluteError{}), gradus::ArgumentError);
  trainer.add_metric("mae", gradus::MeanAbsoluteError{});
  CHECK_THROWS_AS(trainer.add_metric("mae", gradus::R2{}), gradus::ArgumentError);
  trainer.add_metric("classes", [](TensorView<const float>, std::span<const Index>) { return 0.0; });
  CHECK_THROWS_WITH_AS(
      trainer.fit(data),
      "Trainer: metric 'classes' does not accept the labels of the data, expected a metric for labels "
      "of this type",
      gradus::StateError);
}

TEST_CASE("Trainer: a metric on plain labels works in validation while training uses mixed labels") {
  const auto data = gradus::test::bright_pixels(20);
  auto net = gradus::test::small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, gradus::MixupCrossEntropy<>{}, sgd, random, {.epochs = 1}};
  trainer.add_metric("top 2", [](TensorView<const float> y, std::span<const Index> labels) {
    return gradus::top_k_accuracy(y, labels, 2);
  });
  gradus::Loader<float> loader(data, {.batch_size = 5});
  gradus::MixupLoader mixed(loader, 0.2);
  trainer.fit(mixed, loader);
  CHECK(std::isnan(trainer.history().back().train.find("top 2")->value));
  const double expected = gradus::top_k_accuracy(trainer.predict(data), data.labels.span(), 2);
  CHECK(trainer.history().back().validation->find("top 2")->value == doctest::Approx(expected));
}
