// SPDX-License-Identifier: MIT

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/mixup.hpp>
#include <gradus/data/synthetic.hpp>
#include <gradus/nn/batch_norm.hpp>
#include <gradus/nn/dropout.hpp>
#include <gradus/nn/flatten.hpp>
#include <gradus/nn/freeze.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/mean_squared_error.hpp>
#include <gradus/nn/relu.hpp>
#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/optim/adamw.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/early_stopping.hpp>
#include <gradus/train/metrics.hpp>
#include <gradus/train/mixup_cross_entropy.hpp>
#include <gradus/train/trainer.hpp>

#include "toy_problems.hpp"

namespace {

using gradus::Dataset;
using gradus::Generator;
using gradus::Index;
using gradus::Loader;
using gradus::Metrics;
using gradus::Shape;
using gradus::Tensor;
using gradus::Trainer;
using gradus::test::bright_pixels;
using gradus::test::plane;
using gradus::test::small_network;
namespace nn = gradus::nn;
namespace optim = gradus::optim;

std::vector<float> weights_of(nn::Sequential<float>& net) {
  std::vector<float> all;
  for (const auto& parameter : net.named_parameters()) {
    all.insert(all.end(), parameter->value.begin(), parameter->value.end());
  }
  return all;
}

/// Returns the Euclidean distance of two lists of weights.
double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i]) - b[i], 2);
  return std::sqrt(sum);
}

/// Returns the weights of a double network after one epoch with this loss.
template <class Loss>
std::vector<double> trained_in_double(const Loss& loss) {
  const auto data = bright_pixels(20);
  Generator random(0);
  nn::Sequential net{nn::Linear<double>{4, 3, random}};
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, loss, sgd, random, {.epochs = 1, .batch_size = 8}};
  trainer.fit(data);
  std::vector<double> all;
  for (const auto& parameter : net.named_parameters()) {
    all.insert(all.end(), parameter->value.begin(), parameter->value.end());
  }
  return all;
}

/// Custom batches without a name.
struct Nameless {
  Loader<> loader;
  Index size() const { return loader.size(); }
  auto training_epoch(Generator& random) { return loader.training_epoch(random); }
  auto evaluation_epoch() { return loader.evaluation_epoch(); }
};

struct SetAtEnd {
  bool* ended;
  void on_end(auto&) { *ended = true; }
};

}  // namespace

TEST_CASE("Trainer: lowers the loss, and records every epoch in the history") {
  const auto train = bright_pixels(600), test = bright_pixels(200, 9);
  auto net = small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.5}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 20, .batch_size = 32}};
  const gradus::History& history = trainer.fit(train, test);
  REQUIRE(history.size() == 20);
  CHECK(history[0].epoch == 1);
  CHECK(history.back().epoch == 20);
  CHECK(history.back().train.loss < history[0].train.loss / 2);
  CHECK(history.back().train.accuracy > 0.8);
  CHECK(history.back().validation.value().accuracy > 0.8);
  CHECK(history.back().train.samples == 600);
  CHECK(history.back().validation->samples == 200);
  CHECK(history.back().seconds > 0);
  CHECK(history.back().learning_rate == 0.5);
}

TEST_CASE("Trainer: gives the same weights as a hand-written loop, bit for bit, including dropout") {
  const auto train = bright_pixels(70);
  Generator random(0);
  nn::Sequential by_hand{nn::Linear{4, 8, random}, nn::ReLU{}, nn::Dropout{0.3}, nn::Linear{8, 3, random}};
  nn::Sequential by_trainer = by_hand;
  Generator trainer_random = random;
  const nn::SoftmaxCrossEntropy<float> loss;
  {
    optim::SGD sgd{by_hand.named_parameters(), {.learning_rate = 0.1, .momentum = 0.9}};
    Loader<> loader(train, {.batch_size = 16});
    for (int epoch = 0; epoch < 3; ++epoch) {
      for (const auto& batch : loader.training_epoch(random)) {
        const auto& logits = by_hand.forward(batch.x, random);
        Tensor<float> gradient(logits.shape());
        loss(logits, batch.labels, gradient);
        by_hand.backward(gradient);
        sgd.step();
      }
    }
  }
  optim::SGD sgd{by_trainer.named_parameters(), {.learning_rate = 0.1, .momentum = 0.9}};
  Trainer trainer{by_trainer, loss, sgd, trainer_random, {.epochs = 2, .batch_size = 16}};
  trainer.fit(train, bright_pixels(50));
  CHECK_FALSE(weights_of(by_trainer) == weights_of(by_hand));
  Trainer rest{by_trainer, loss, sgd, trainer_random, {.epochs = 1, .batch_size = 16}};
  rest.fit(train);
  CHECK(weights_of(by_trainer) == weights_of(by_hand));
  CHECK(trainer_random == random);
}

TEST_CASE("Trainer: averages are weighted by samples, including those of a smaller last batch") {
  const auto data = bright_pixels(10);
  Generator random(0);
  for (const auto reduction : {nn::Reduction::mean, nn::Reduction::sum}) {
    auto net = small_network();
    optim::SGD sgd{net.named_parameters(), {.learning_rate = 0}};
    const nn::SoftmaxCrossEntropy<float> loss{.reduction = reduction};
    Trainer trainer{net, loss, sgd, random, {.epochs = 1, .batch_size = 4, .evaluation_batch_size = 7}};
    trainer.fit(data, data);
    const Tensor<float> logits = trainer.predict(data);
    const double whole = nn::SoftmaxCrossEntropy<float>{}(logits, data.labels.span()).loss;
    const auto& record = trainer.history().back();
    CHECK(record.train.loss == doctest::Approx(whole).epsilon(1e-6));
    CHECK(record.validation->loss == doctest::Approx(whole).epsilon(1e-6));
    CHECK(record.train.accuracy == gradus::accuracy(logits, data.labels.span()));
    CHECK(record.validation->accuracy == record.train.accuracy);
  }
}

TEST_CASE("Trainer: samples with the ignored label do not count") {
  auto data = bright_pixels(10);
  auto net = small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0}};
  for (Index i = 5; i < 10; ++i) data.labels(i) = -1;
  const nn::SoftmaxCrossEntropy<float> loss{.ignore_index = -1};
  Trainer trainer{net, loss, sgd, random, {.epochs = 1, .batch_size = 4, .evaluation_batch_size = 3}};
  const Metrics some = trainer.evaluate(data), all = trainer.evaluate(data.subset(0, 5));
  CHECK(some.samples == 5);
  CHECK(some.loss == doctest::Approx(all.loss));
  CHECK(some.accuracy == all.accuracy);
}

TEST_CASE("Trainer: trains a regression on numeric labels") {
  const auto data = plane(100);
  Generator random(0);
  nn::Sequential net{nn::Linear{2, 1, random}};
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::MeanSquaredError<float>{}, sgd, random, {.epochs = 50, .batch_size = 10}};
  trainer.fit(data, data);
  CHECK(trainer.history().back().train.loss < 1e-6);
  CHECK(std::isnan(trainer.history().back().train.accuracy));
  CHECK(std::isnan(trainer.history().back().validation->accuracy));
  CHECK(net[0].as<nn::Linear>().weight.value(0, 0) == doctest::Approx(3));
  CHECK(net[0].as<nn::Linear>().bias.value(0) == doctest::Approx(1));
}

TEST_CASE("Trainer: trains in double") {
  const auto data = bright_pixels(60);
  Generator random(0);
  nn::Sequential net{nn::Linear<double>{4, 3, random}};
  optim::SGD<double> sgd{net.named_parameters(), {.learning_rate = 0.5}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy<double>{}, sgd, random, {.epochs = 5, .batch_size = 8}};
  trainer.fit(data);
  CHECK(trainer.history().back().train.loss < trainer.history()[0].train.loss);
  CHECK_FALSE(trainer.history().back().validation.has_value());
}

TEST_CASE("Trainer: accepts batches from a custom loader") {
  const auto data = bright_pixels(30);
  auto net = small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 2}};
  Loader<> train(data, {.batch_size = 8, .drop_last = true});
  Loader<> validation(data, {.batch_size = 30});
  trainer.fit(train, validation);
  CHECK(trainer.history().back().train.samples == 24);
  CHECK(trainer.history().back().validation->samples == 30);
  CHECK(trainer.progress().batches == 3);
  CHECK(trainer.progress().step == 6);
}

TEST_CASE("Trainer: records the name of the validation data, if it has one") {
  auto data = bright_pixels(20);
  auto net = small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 1}};
  data.name = "held out";
  trainer.fit(data, data);
  CHECK(trainer.history().back().validation_name == "held out");
  Loader<> loader(data);
  gradus::MixupLoader mixed(loader, 1.0);
  trainer.fit(loader, mixed);
  CHECK(trainer.history().back().validation_name == "held out");
  Nameless nameless{Loader<>(data)};
  trainer.fit(loader, nameless);
  CHECK(trainer.history().back().validation_name.empty());
  trainer.fit(data);
  CHECK(trainer.history().back().validation_name.empty());
}

TEST_CASE("Trainer: predict returns the output of every sample in order and draws nothing") {
  const auto data = bright_pixels(23);
  auto net = small_network();
  net.push_back(nn::Dropout{0.9});
  Generator random(0);
  const Generator before = random;
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.evaluation_batch_size = 5}};
  const Tensor<float> all = trainer.predict(data);
  REQUIRE(all.shape() == Shape{23, 3});
  Tensor<float> x = data.inputs.cast<float>();
  x.array() /= 255;
  CHECK(gradus::allclose(all, net.predict(x), 1e-6f, 1e-6f));
  CHECK(trainer.predict(data.subset(0, 0)).shape() == Shape{0, 3});
  CHECK(trainer.evaluate(data).samples == 23);
  CHECK(random == before);
}

TEST_CASE("Trainer: validation data without samples are an error before any training") {
  auto net = small_network();
  const auto before = weights_of(net);
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{.ignore_index = -1}, sgd, random};
  trainer.add(gradus::EarlyStopping{});
  CHECK_THROWS_WITH_AS(trainer.evaluate(bright_pixels(0)),
                       "Trainer: there are 0 samples to evaluate, expected at least 1",
                       gradus::ArgumentError);
  CHECK_THROWS_AS(trainer.fit(bright_pixels(5), bright_pixels(0)), gradus::ArgumentError);
  CHECK(weights_of(net) == before);
  CHECK(trainer.history().empty());
  auto ignored = bright_pixels(5);
  ignored.labels.fill(-1);
  CHECK_THROWS_AS(trainer.evaluate(ignored), gradus::ArgumentError);
  CHECK_THROWS_AS(trainer.fit(bright_pixels(5), ignored), gradus::ArgumentError);
  CHECK(trainer.history().empty());
}

namespace {

/// Returns the mean cross-entropy of a class-weighted loss, computed in double from the logits.
double weighted_mean(const Tensor<float>& logits, const Dataset<>& data, const Tensor<float>& weights,
                     double smoothing) {
  const Index classes = weights.size();
  double sum = 0, total = 0;
  for (Index i = 0; i < data.size(); ++i) {
    if (data.labels(i) < 0) continue;
    double exps = 0;
    for (Index c = 0; c < classes; ++c) exps += std::exp(static_cast<double>(logits(i, c)));
    for (Index c = 0; c < classes; ++c) {
      const double share =
          smoothing / static_cast<double>(classes) + (c == data.labels(i) ? 1 - smoothing : 0);
      sum += share * static_cast<double>(weights(c)) * (std::log(exps) - static_cast<double>(logits(i, c)));
    }
    total += static_cast<double>(weights(data.labels(i)));
  }
  return sum / total;
}

/// A custom loss without a weight, and one that reports a weight.
struct MeanDistance {
  double operator()(gradus::TensorView<const float> x, std::span<const Index> labels,
                    gradus::TensorView<float> dx = {}) const {
    if (!dx.is_null()) dx.array().setZero();
    double sum = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      sum += std::abs(static_cast<double>(x(static_cast<Index>(i), 0)) - static_cast<double>(labels[i]));
    }
    return sum / static_cast<double>(labels.size());
  }
};
struct WeightedDistance {
  struct Result {
    double loss, weight;
  };
  Result operator()(gradus::TensorView<const float> x, std::span<const Index> labels,
                    gradus::TensorView<float> dx = {}) const {
    if (!dx.is_null()) dx.array().setZero();
    double sum = 0, weight = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto w = static_cast<double>(labels[i]);
      sum += w * std::abs(static_cast<double>(x(static_cast<Index>(i), 0)) - w);
      weight += w;
    }
    return {weight > 0 ? sum / weight : 0, weight};
  }
};

template <class Loss>
std::vector<double> losses_by_batch_size(const Dataset<>& data, const Loss& loss) {
  std::vector<double> losses;
  for (const Index size : {1, 2, 3, 4, 7, 10, 256}) {
    auto net = small_network();
    Generator random(0);
    optim::SGD sgd{net.named_parameters(), {.learning_rate = 0}};
    Trainer trainer{net, loss, sgd, random, {.epochs = 1, .batch_size = size, .evaluation_batch_size = size}};
    losses.push_back(trainer.evaluate(data).loss);
    trainer.fit(data);
    losses.push_back(trainer.history().back().train.loss);
  }
  return losses;
}

}  // namespace

TEST_CASE("Trainer: with class weights the loss is the weighted mean over all samples, for any batch size") {
  auto data = bright_pixels(10);
  data.labels(3) = -1;
  auto net = small_network();
  Tensor<float> x = data.inputs.cast<float>();
  x.array() /= 255;
  const Tensor<float> outputs = net.predict(x);
  for (const Tensor<float>& weights : {Tensor<float>{1, 10, 100}, Tensor<float>{0, 1, 3}}) {
    for (const float smoothing : {0.0f, 0.2f}) {
      for (const auto reduction : {nn::Reduction::mean, nn::Reduction::sum}) {
        const nn::SoftmaxCrossEntropy<float> loss{reduction, smoothing, weights, -1};
        const double expected = weighted_mean(outputs, data, weights, smoothing);
        for (const double found : losses_by_batch_size(data, loss)) {
          CHECK(found == doctest::Approx(expected).epsilon(1e-6));
        }
        const gradus::MixupCrossEntropy<float> mixup{loss};
        for (const double found : losses_by_batch_size(data, mixup)) {
          CHECK(found == doctest::Approx(expected).epsilon(1e-6));
        }
      }
    }
  }
}

TEST_CASE("Trainer: custom losses, with and without a weight, do not depend on the batch size") {
  const auto data = bright_pixels(10);
  const auto plain = losses_by_batch_size(data, MeanDistance{});
  const auto weighted = losses_by_batch_size(data, WeightedDistance{});
  for (const double loss : plain) CHECK(loss == doctest::Approx(plain.back()));
  for (const double loss : weighted) CHECK(loss == doctest::Approx(weighted.back()));
  CHECK(std::abs(plain.back() - weighted.back()) > 0.01);
}

TEST_CASE("Trainer: samples whose weights are all 0 give loss 0") {
  auto data = bright_pixels(10);
  data.labels.fill(1);
  const nn::SoftmaxCrossEntropy<float> loss{.class_weights = {1, 0, 1}};
  for (const double found : losses_by_batch_size(data, loss)) CHECK(found == 0);
}

TEST_CASE("Trainer: a number of epochs that overflows the total is refused") {
  const auto data = bright_pixels(5);
  auto net = small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{
      net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = std::numeric_limits<Index>::max()}};
  trainer.after_each_epoch([](auto& at) { at.stop(); });
  trainer.fit(data);
  CHECK_THROWS_AS(trainer.fit(data), gradus::ArgumentError);
  CHECK(trainer.history().size() == 1);
}

TEST_CASE("Trainer: a second fit continues the first") {
  const auto data = bright_pixels(20);
  auto net = small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 2, .batch_size = 10}};
  trainer.fit(data);
  trainer.fit(data);
  REQUIRE(trainer.history().size() == 4);
  CHECK(trainer.history().back().epoch == 4);
  CHECK(trainer.progress().step == 8);
}

TEST_CASE("Trainer: gradients from before the fit are discarded") {
  const auto data = bright_pixels(20);
  auto clean = small_network(), soiled = small_network();
  for (const auto& parameter : soiled.named_parameters()) parameter->grad().fill(100);
  for (auto* net : {&clean, &soiled}) {
    Generator random(0);
    optim::SGD sgd{net->named_parameters(), {.learning_rate = 0.1}};
    Trainer trainer{*net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 1}};
    trainer.fit(data);
  }
  CHECK(weights_of(clean) == weights_of(soiled));
}

TEST_CASE("Trainer: clips gradients by norm and by value") {
  const auto data = bright_pixels(20);
  const auto start = weights_of(*std::make_unique<nn::Sequential<float>>(small_network()));
  const auto moved = [&](gradus::TrainerOptions options) {
    options.epochs = 1;
    auto net = small_network();
    Generator random(0);
    optim::SGD sgd{net.named_parameters(), {.learning_rate = 1}};
    Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, options};
    trainer.fit(data);
    return weights_of(net);
  };
  CHECK(distance(moved({}), start) > 0.1);
  CHECK(distance(moved({.clip_norm = 0.01}), start) == doctest::Approx(0.01).epsilon(1e-3));
  double largest = 0;
  const auto by_value = moved({.clip_value = 0.001});
  for (std::size_t i = 0; i < start.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(by_value[i]) - start[i]));
  }
  CHECK(largest == doctest::Approx(0.001).epsilon(1e-3));
}

TEST_CASE("Trainer: an error for a non-finite loss names epoch, batch, layer and parameter") {
  const auto data = bright_pixels(40);
  auto net = small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 3, .batch_size = 10}};
  bool ended = false;
  trainer.add(SetAtEnd{&ended});
  trainer.after_each_step([](auto& t) {
    if (t.progress().epoch != 2 || t.progress().batch != 3) return;
    t.net()[2].template as<nn::Linear>().bias.value(1) = std::numeric_limits<float>::quiet_NaN();
  });
  CHECK_THROWS_WITH_AS(
      trainer.fit(data),
      "Trainer: loss is nan in epoch 2, batch 4; first non-finite values: the output of layer 2, "
      "Linear(8 -> 3), and parameter 2.bias",
      gradus::NumericError);
  CHECK(trainer.history().size() == 1);
  CHECK(ended);
  net[2].as<nn::Linear>().bias.value.fill(0);
  net[2].as<nn::Linear>().weight.value.fill(0.1f);
  net[0].as<nn::Linear>().weight.value.fill(0.1f);
  net[0].as<nn::Linear>().bias.value.fill(0);
  trainer.after_each_step([](auto& t) { t.stop(); });
  trainer.fit(data);
  CHECK(trainer.history().back().epoch == 2);
}

TEST_CASE("Trainer: an error for a non-finite number in the data names the input, not a layer") {
  auto data = plane(8);
  data.inputs(5, 1) = std::numeric_limits<float>::infinity();
  Generator random(0);
  nn::Sequential net{nn::Linear{2, 1, random}};
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::MeanSquaredError<float>{}, sgd, random, {.epochs = 1}};
  CHECK_THROWS_WITH_AS(
      trainer.fit(data),
      "Trainer: loss is inf in epoch 1, batch 1; first non-finite values: the input of the network",
      gradus::NumericError);
}

TEST_CASE("Trainer: weights that become NaN in the last step of an epoch are found by the validation") {
  const auto data = bright_pixels(10);
  auto net = small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 1}};
  trainer.after_each_step([](auto& t) {
    t.net()[0].template as<nn::Linear>().weight.value(0, 0) = std::numeric_limits<float>::quiet_NaN();
  });
  CHECK_THROWS_WITH_AS(
      trainer.fit(data, data),
      "Trainer: validation loss is nan after epoch 1; first non-finite values: parameter 0.weight",
      gradus::NumericError);
}

namespace {

/// Returns the weights after two epochs of a network large enough that threads share all of its work.
template <template <class> class Optimizer, class Prepare>
std::vector<float> trained(const Dataset<>& data, Index threads, const Prepare& prepare) {
  Generator random(5);
  nn::Sequential<float> net{nn::Flatten{}, nn::Linear{784, 300, random}, nn::ReLU{}, nn::Dropout{0.3},
                            nn::Linear{300, 10, random}};
  net.set_threads(threads);
  Optimizer<float> optimizer{net.named_parameters(), {.learning_rate = 0.01}};
  Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{}, optimizer, random, {.epochs = 2, .batch_size = 96}};
  prepare(trainer, net);
  trainer.fit(data);
  return weights_of(net);
}

}  // namespace

TEST_CASE(
    "Trainer: the weights are the same for any number of threads, bit for bit, whatever the optimiser") {
  Generator random(4);
  const Dataset<> data = gradus::synthetic_fashion(250, random);
  const auto as_it_is = [](auto&, auto&) {};
  const std::vector<float> by_sgd = trained<optim::SGD>(data, 1, as_it_is);
  const std::vector<float> by_adam = trained<optim::AdamW>(data, 1, as_it_is);
  CHECK(by_sgd != by_adam);
  for (const Index threads : {2, 3, 8}) {
    CHECK(trained<optim::SGD>(data, threads, as_it_is) == by_sgd);
    CHECK(trained<optim::AdamW>(data, threads, as_it_is) == by_adam);
  }
}

TEST_CASE("Trainer: the weights are the same with threads of the host program, bit for bit") {
  struct HostThreads final : gradus::Executor {
    Index threads() const override { return 3; }
    void run(Index parts, gradus::Job job) override {
      ++jobs;
      std::vector<std::thread> started;
      for (Index part = 0; part < parts; ++part) started.emplace_back([=] { job(part); });
      for (std::thread& thread : started) thread.join();
    }
    int jobs = 0;
  };
  Generator random(4);
  const Dataset<> data = gradus::synthetic_fashion(250, random);
  const auto executor = std::make_shared<HostThreads>();
  const auto use_executor = [&](auto&, auto& net) {
    net.set_thread_pool(std::make_shared<gradus::ThreadPool>(executor));
  };
  CHECK(trained<optim::AdamW>(data, 1, use_executor) == trained<optim::AdamW>(data, 1, [](auto&, auto&) {}));
  CHECK(executor->jobs > 0);
}

TEST_CASE("Trainer: the network's threads may be changed during training") {
  Generator random(4);
  const Dataset<> data = gradus::synthetic_fashion(250, random);
  const auto change = [](auto& trainer, auto& net) {
    trainer.after_each_step([&net](auto& running) { net.set_threads(1 + running.progress().batch % 3); });
  };
  CHECK(trained<optim::SGD>(data, 2, change) == trained<optim::SGD>(data, 1, [](auto&, auto&) {}));
}

TEST_CASE("Trainer: hooks may change the threads in the middle of a step and of an evaluation") {
  Generator random(4);
  const Dataset<> data = gradus::synthetic_fashion(250, random);
  Index calls = 0;
  const auto change = [&](auto& trainer, auto& net) {
    net.on_forward([&](auto&&...) { net.set_threads(1 + calls++ % 3); });
    net.on_backward([&](auto&&...) { net.set_threads(1 + calls++ % 3); });
    trainer.after_each_epoch([&data](auto& running) {
      running.evaluate(data);
      running.predict(data);
    });
  };
  CHECK(trained<optim::AdamW>(data, 2, change) == trained<optim::AdamW>(data, 1, [](auto&, auto&) {}));
  CHECK(calls > 0);
}

TEST_CASE("Trainer: data and settings that cannot be trained with are refused") {
  auto net = small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  const nn::SoftmaxCrossEntropy<float> loss;
  Trainer trainer{net, loss, sgd, random};
  CHECK_THROWS_AS(trainer.fit(bright_pixels(0)), gradus::ArgumentError);
  CHECK_THROWS_AS(
      trainer.fit(Dataset<>{Tensor<std::uint8_t>(Shape{2, 5}), Tensor<Index>(Shape{2}), 3, {}, ""}),
      gradus::ShapeError);
  CHECK(trainer.history().empty());
  const auto made_with = [&](gradus::TrainerOptions options) { Trainer{net, loss, sgd, random, options}; };
  CHECK_THROWS_AS(made_with({.epochs = -1}), gradus::ArgumentError);
  CHECK_THROWS_AS(made_with({.clip_norm = -1}), gradus::ArgumentError);
  Trainer no_batch{net, loss, sgd, random, {.batch_size = 0}};
  CHECK_THROWS_AS(no_batch.fit(bright_pixels(3)), gradus::ArgumentError);
}

TEST_CASE("Trainer: the losses of nn adapt to the network's scalar and keep their settings") {
  CHECK(trained_in_double(nn::SoftmaxCrossEntropy{}) == trained_in_double(nn::SoftmaxCrossEntropy<double>{}));
  const nn::SoftmaxCrossEntropy<float> loss{nn::Reduction::sum, 0.1, Tensor<float>{1, 2, 3}, 1};
  const nn::SoftmaxCrossEntropy<double> same{nn::Reduction::sum, 0.1, Tensor<double>{1, 2, 3}, 1};
  const auto weights = trained_in_double(same);
  CHECK(trained_in_double(loss) == weights);
  CHECK(trained_in_double(gradus::MixupCrossEntropy<float>{loss}) == weights);
  CHECK_FALSE(trained_in_double(nn::SoftmaxCrossEntropy<double>{}) == weights);
}

TEST_CASE("Trainer: the history of a temporary trainer outlives it") {
  const auto data = bright_pixels(10);
  auto net = small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  const nn::SoftmaxCrossEntropy<float> loss;
  const gradus::History& alone = Trainer{net, loss, sgd, random, {.epochs = 2}}.fit(data);
  const gradus::History& validated = Trainer{net, loss, sgd, random, {.epochs = 3}}.fit(data, data);
  CHECK(alone.size() == 2);
  CHECK(validated.back().validation->samples == 10);

  Trainer trainer{net, loss, sgd, random, {.epochs = 1}};
  static_assert(std::is_same_v<decltype(trainer.fit(data)), const gradus::History&>);
  static_assert(std::is_same_v<decltype(std::move(trainer).fit(data)), gradus::History>);
  static_assert(std::is_same_v<decltype(std::move(trainer).history()), gradus::History>);
  static_assert(std::is_same_v<decltype(std::move(trainer).progress()), gradus::Progress>);
}

TEST_CASE("Trainer: an optimiser of another copy of the network is refused") {
  const auto data = bright_pixels(20);
  auto net = small_network();
  auto copy = net;
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{copy, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 1}};
  CHECK_THROWS_WITH_AS(trainer.fit(data),
                       "Trainer: the optimiser holds none of the network's 4 parameters, expected at least "
                       "one; it may have been created for a copy of the network",
                       gradus::StateError);
  CHECK(trainer.history().empty());
}

TEST_CASE("Trainer: a non-finite batch leaves the buffers in the state of the previous step") {
  auto data = plane(40);
  data.inputs(35, 0) = std::numeric_limits<float>::quiet_NaN();
  Generator random(0);
  nn::Sequential net{nn::Linear{2, 4, random}, nn::BatchNorm1d{4}, nn::Linear{4, 1, random}};
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::MeanSquaredError<float>{}, sgd, random, {.epochs = 1, .batch_size = 10}};
  nn::Sequential<float> before = net;
  trainer.after_each_step([&](auto& t) { before = t.net(); });
  Loader<float, float, float> in_order(data, {.batch_size = 10, .shuffle = false});
  CHECK_THROWS_AS(trainer.fit(in_order), gradus::NumericError);
  CHECK(trainer.progress().step == 3);
  const auto buffers = net.named_buffers(), expected = before.named_buffers();
  for (std::size_t i = 0; i < buffers.size(); ++i) CHECK(*buffers[i] == *expected[i]);
  const Tensor<float> x{{1, 2}};
  CHECK(net.predict(x) == before.predict(x));
  for (const auto& parameter : net.named_parameters()) CHECK(parameter->grad().array().abs().maxCoeff() == 0);
}

namespace {

/// Returns the head's weights after training on inputs that a frozen body has transformed.
template <class Net, class Optimizer, class Element>
std::vector<float> trained_head(Net& net, Optimizer& optimizer, const Dataset<Element>& data,
                                std::size_t head_size) {
  Generator random(3);
  Trainer trainer{net,
                  nn::SoftmaxCrossEntropy<float>{},
                  optimizer,
                  random,
                  {.epochs = 3, .batch_size = 8, .clip_norm = 0.05}};
  trainer.fit(data);
  auto weights = weights_of(net);
  weights.erase(weights.begin(), weights.end() - static_cast<std::ptrdiff_t>(head_size));
  return weights;
}

}  // namespace

TEST_CASE("Trainer: a network with a frozen body trains like the head alone") {
  // Integers, so that the outputs of the body do not depend on the batches in which they are computed.
  const auto pixels = bright_pixels(50);
  Dataset<float> data{Tensor<float>(Shape{50, 4}), pixels.labels, 3, {}, "pixels"};
  for (Index i = 0; i < data.inputs.size(); ++i)
    data.inputs.data()[i] = static_cast<float>(pixels.inputs.data()[i] / 16);
  auto net = small_network();
  for (float& w : net[0].as<nn::Linear>().weight.value) w = std::round(8 * w) / 4;
  for (float& b : net[0].as<nn::Linear>().bias.value) b = std::round(8 * b);
  const auto body = weights_of(net);
  nn::Sequential head{net[2].as<nn::Linear>()};
  const std::size_t head_size = 8 * 3 + 3;

  auto layers = nn::Sequential{net[0].as<nn::Linear>(), nn::ReLU{}};
  const Dataset<float> prepared{layers.predict(data.inputs), data.labels, 3, {}, "prepared"};

  optim::AdamW of_head{head.named_parameters(), {.learning_rate = 0.01}};
  const auto expected = trained_head(head, of_head, prepared, head_size);

  SUBCASE("by freezing the body, with an optimiser of all parameters") {
    nn::freeze(net[0]);
    optim::AdamW of_all{net.named_parameters(), {.learning_rate = 0.01}};
    CHECK(trained_head(net, of_all, data, head_size) == expected);
  }
  SUBCASE("by giving the optimiser only the head") {
    const auto all = net.named_parameters();
    optim::AdamW of_part{std::vector{all[2], all[3]}, {.learning_rate = 0.01}};
    CHECK(trained_head(net, of_part, data, head_size) == expected);
  }
  const auto after = weights_of(net);
  CHECK(std::equal(body.begin(), body.end() - static_cast<std::ptrdiff_t>(head_size), after.begin()));
  CHECK_FALSE(std::equal(body.begin(), body.end(), after.begin()));
}

TEST_CASE("Trainer: progress has the loss of the last step's batch in addition to the epoch's average") {
  const auto data = plane(12);
  Generator random(0);
  nn::Sequential net{nn::Linear{2, 1, random}};
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer trainer{net, nn::MeanSquaredError<float>{}, sgd, random, {.epochs = 2, .batch_size = 4}};
  CHECK(std::isnan(trainer.progress().loss));
  double sum = 0;
  trainer.after_each_step([&](auto& t) {
    sum = t.progress().batch == 1 ? t.progress().loss : sum + t.progress().loss;
    CHECK(t.progress().train.loss == doctest::Approx(sum / static_cast<double>(t.progress().batch)));
  });
  trainer.fit(data);
  CHECK(trainer.progress().loss < trainer.progress().train.loss);
}

TEST_CASE("Trainer: drop_last omits a last batch of one, on which BatchNorm1d cannot train") {
  const auto data = plane(9);
  Generator random(0);
  nn::Sequential net{nn::Linear{2, 3, random}, nn::BatchNorm1d{3}, nn::Linear{3, 1, random}};
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.01}};
  Trainer fails{net, nn::MeanSquaredError<float>{}, sgd, random, {.epochs = 1, .batch_size = 4}};
  CHECK_THROWS_AS(fails.fit(data), gradus::ShapeError);
  Trainer trainer{
      net, nn::MeanSquaredError<float>{}, sgd, random, {.epochs = 1, .batch_size = 4, .drop_last = true}};
  trainer.fit(data, data);
  CHECK(trainer.progress().step == 2);
  CHECK(trainer.history().back().train.samples == 8);
  CHECK(trainer.history().back().validation->samples == 9);
}

namespace {

/// Returns the weights after an epoch on integers, whose sums are exact in any order.
std::vector<float> weights_by_batches(Index batch_size, Index accumulation_steps, Index samples,
                                      std::vector<double>* losses = nullptr) {
  Generator numbers(7), random(0);
  Dataset<float, float> data{
      Tensor<float>(Shape{samples, 2}), Tensor<float>(Shape{samples, 1}), 0, {}, "numbers"};
  for (float& x : data.inputs) x = static_cast<float>(numbers.below(5) - 2);
  for (float& y : data.labels) y = static_cast<float>(numbers.below(9) - 4);
  nn::Sequential net{nn::Linear{2, 1, random}};
  for (const auto& p : net.named_parameters()) p->value.fill(1);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.125}};
  Trainer trainer{net,
                  nn::MeanSquaredError<float>{},
                  sgd,
                  random,
                  {.epochs = 1, .batch_size = batch_size, .accumulation_steps = accumulation_steps}};
  Index steps = 0;
  trainer.after_each_step([&](auto& t) {
    ++steps;
    CHECK(t.progress().step == steps);
    if (losses != nullptr) losses->push_back(t.progress().loss);
  });
  trainer.fit(data);
  const Index batches = (samples + batch_size - 1) / batch_size;
  CHECK(steps == (batches + accumulation_steps - 1) / accumulation_steps);
  return weights_of(net);
}

}  // namespace

TEST_CASE("Trainer: 4 x 64 accumulated samples equal a batch of 256, bit for bit if the sums are exact") {
  std::vector<double> losses, expected_losses;
  CHECK(weights_by_batches(64, 4, 256, &losses) == weights_by_batches(256, 1, 256, &expected_losses));
  CHECK(losses == expected_losses);
  CHECK(weights_by_batches(32, 8, 256) == weights_by_batches(256, 1, 256));
  CHECK_FALSE(weights_by_batches(64, 1, 256) == weights_by_batches(256, 1, 256));
}

TEST_CASE("Trainer: accumulated batches of different sizes are weighted by their samples") {
  const auto expected = weights_by_batches(100, 1, 100), accumulated = weights_by_batches(64, 4, 100);
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(accumulated[i] == doctest::Approx(expected[i]).epsilon(1e-5));
}

TEST_CASE("Trainer: less than one accumulation step is refused") {
  auto net = small_network();
  Generator random(0);
  optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  CHECK_THROWS_AS((Trainer{net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.accumulation_steps = 0}}),
                  gradus::ArgumentError);
}
