// SPDX-License-Identifier: MIT

/// Section 2's baseline: softmax regression, a network without a hidden layer, against a multilayer
/// perceptron.

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train.hpp>

#include "support/experiment.hpp"
#include "support/fashion_mnist_data.hpp"
#include "support/figure.hpp"
#include "support/program.hpp"
#include "support/resumable_fit.hpp"

namespace nn = gradus::nn;
using gradus::Generator;
using gradus::Index;

nn::Sequential<float> softmax_regression(Generator& random) {
  return {
      nn::Flatten{},
      nn::Linear{784, 10, random},
  };
}

nn::Sequential<float> multilayer_perceptron(Generator& random) {
  return {
      nn::Flatten{},
      nn::Linear{784, 256, random},
      nn::ReLU{},
      nn::Linear{256, 10, random},
  };
}

struct Model {
  std::string name;
  nn::Sequential<float> (*make)(Generator& random);
};

gradus::History train(nn::Sequential<float> net, const support::FashionMnistData& data, Index epochs,
                      Generator& random, const support::CheckpointOptions& checkpoints,
                      const std::string& run) {
  nn::init::weights(net, [&](auto weight) { nn::init::normal(weight, random, 0, 0.01); });
  nn::init::zero_biases(net);
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  gradus::Trainer trainer{
      net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = epochs, .batch_size = 256}};
  support::resumable_fit(trainer, checkpoints, "softmax_regression", run, data.train, data.test);
  return trainer.history();
}

double train_loss(const gradus::History& run) { return run.back().train.loss; }
double test_accuracy(const gradus::History& run) { return run.back().validation->accuracy; }

template <class Value>
support::Line curve(const std::string& name, const std::vector<gradus::History>& runs, const Value& value) {
  std::vector<double> epochs;
  for (const auto& record : runs[0]) epochs.push_back(static_cast<double>(record.epoch));
  return support::over_seeds(name, epochs, runs,
                             [&](const gradus::History& run) { return support::each(run, value); });
}

void experiment(const support::ExperimentOptions& options, const std::string& data_folder, Index epochs,
                const support::CheckpointOptions& checkpoints) {
  support::check_outputs(options);
  const support::FashionMnistData data = support::fashion_mnist(data_folder);
  const std::array models{Model{"softmax regression", softmax_regression},
                          Model{"multilayer perceptron", multilayer_perceptron}};

  support::Table table("model,seed,epoch,train_loss,train_acc,test_loss,test_acc");
  support::Panel loss{.title = "train loss", .y_label = "cross-entropy"};
  support::Panel accuracy{.title = "test accuracy", .y_label = "accuracy"};
  std::vector<std::vector<gradus::History>> runs(models.size());
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto& [name, make] = models[i];
    for (std::uint64_t seed = 0; seed < options.seeds; ++seed) {
      Generator random(seed);
      const auto& history =
          runs[i].emplace_back(train(make(random), data, epochs, random, checkpoints,
                                     name.substr(0, name.find(' ')) + "-" + std::to_string(seed)));
      for (const auto& record : history) {
        table.add(name, seed, record.epoch, record.train.loss, record.train.accuracy, record.validation->loss,
                  record.validation->accuracy);
      }
      std::printf("%s, seed %d: %s%s\n", name.c_str(), static_cast<int>(seed),
                  to_string(history.back()).c_str(), data.note().c_str());
    }
    loss.lines.push_back(curve(name, runs[i], [](const auto& record) { return record.train.loss; }));
    accuracy.lines.push_back(
        curve(name, runs[i], [](const auto& record) { return record.validation->accuracy; }));
  }
  table.write(options.csv);
  if (!options.plot.empty()) support::draw_figure(options.plot, {loss, accuracy});

  const auto middle = [&](std::size_t model, double (*value)(const gradus::History&)) {
    return support::median(support::each(runs[model], value));
  };
  const bool seen =
      middle(1, train_loss) < middle(0, train_loss) && middle(1, test_accuracy) > middle(0, test_accuracy);
  support::conclude("a hidden layer lowers the training loss and raises the test accuracy", seen,
                    "train loss " + gradus::format_fixed(middle(0, train_loss), 3) + " -> " +
                        gradus::format_fixed(middle(1, train_loss), 3) + ", test accuracy " +
                        gradus::format_fixed(middle(0, test_accuracy), 3) + " -> " +
                        gradus::format_fixed(middle(1, test_accuracy), 3) + data.note());
}

int main(int argc, char** argv) {
  CLI::App app(
      "Trains softmax regression and a multilayer perceptron on Fashion-MNIST with the same settings.");
  app.option_defaults()->always_capture_default();
  support::ExperimentOptions options{.seeds = 3};
  std::string data;
  Index epochs = 10;
  app.add_option("--data", data, "Folder of the four files (default: FASHION_MNIST_DIR, else the cache)")
      ->type_name("DIR");
  app.add_option("--epochs", epochs)->check(CLI::Range(Index{1}, Index{100000}));
  support::add_experiment_options(app, options);
  support::CheckpointOptions checkpoints;
  support::add_checkpoint_options(app, checkpoints);
  return support::run(app, argc, argv, [&] { experiment(options, data, epochs, checkpoints); });
}
