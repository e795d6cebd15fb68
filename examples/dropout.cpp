// SPDX-License-Identifier: MIT

/// Section 5, dropout: the same network with and without it, and the gap between train and test results.

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
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

/// The settings of one edition of the book that the chapter follows.
struct Edition {
  std::string name;
  std::string title;   ///< title of its figures
  std::string folder;  ///< folder of its checkpoints
  double first_dropout, second_dropout;
  double learning_rate;
};

nn::Sequential<float> make_network(double first_dropout, double second_dropout, Generator& random) {
  nn::Sequential<float> net{
      nn::Flatten{},
      nn::Linear{784, 256, random},
      nn::ReLU{},
      nn::Dropout{first_dropout},
      nn::Linear{256, 256, random},
      nn::ReLU{},
      nn::Dropout{second_dropout},
      nn::Linear{256, 10, random},
  };
  nn::init::weights(net, [&](auto weight) { nn::init::normal(weight, random, 0, 0.01); });
  nn::init::zero_biases(net);
  return net;
}

/// Train and test results after each epoch, both measured with dropout off.
struct Run {
  std::vector<double> train_loss, test_loss, train_accuracy, test_accuracy;

  void serialize(gradus::Archive& archive) {
    archive("train_loss", train_loss);
    archive("test_loss", test_loss);
    archive("train_accuracy", train_accuracy);
    archive("test_accuracy", test_accuracy);
  }
};

/// The checkpoint options, and the name of the run.
struct Checkpoints {
  const support::CheckpointOptions& options;
  std::string run;
};

Run train(nn::Sequential<float> net, double learning_rate, const support::FashionMnistData& data,
          Index epochs, Generator& random, const Checkpoints& checkpoints) {
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = learning_rate}};
  gradus::Trainer trainer{
      net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = epochs, .batch_size = 256}};
  Run run;
  trainer.after_each_epoch([&](auto& at) {
    const gradus::Metrics train = at.evaluate(data.train), test = at.evaluate(data.test);
    run.train_loss.push_back(train.loss);
    run.test_loss.push_back(test.loss);
    run.train_accuracy.push_back(train.accuracy);
    run.test_accuracy.push_back(test.accuracy);
  });
  trainer.add_state("curves", run);
  support::resumable_fit(trainer, checkpoints.options, "dropout", checkpoints.run, data.train);
  return run;
}

/// Returns how much lower the train loss is than the test loss; large gaps mean overfitting.
std::vector<double> loss_gaps(const Run& run) {
  std::vector<double> gaps;
  for (std::size_t i = 0; i < run.test_loss.size(); ++i) {
    gaps.push_back(run.test_loss[i] - run.train_loss[i]);
  }
  return gaps;
}
double last_loss_gap(const Run& run) { return run.test_loss.back() - run.train_loss.back(); }
double last_accuracy_gap(const Run& run) { return run.train_accuracy.back() - run.test_accuracy.back(); }
double last_test_accuracy(const Run& run) { return run.test_accuracy.back(); }

template <class F>
support::Line by_epoch(const std::string& name, const std::vector<Run>& runs, const F& curve) {
  std::vector<double> epochs;
  for (std::size_t i = 0; i < runs[0].train_loss.size(); ++i) epochs.push_back(static_cast<double>(i + 1));
  return support::over_seeds(name, epochs, runs, curve);
}

std::vector<Run> train_all(const Edition& edition, bool dropout, const support::FashionMnistData& data,
                           Index epochs, std::uint64_t seeds, const support::CheckpointOptions& checkpoints) {
  std::vector<Run> runs;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Generator random(seed);
    auto net =
        make_network(dropout ? edition.first_dropout : 0, dropout ? edition.second_dropout : 0, random);
    runs.push_back(
        train(std::move(net), edition.learning_rate, data, epochs, random,
              {checkpoints, edition.folder + (dropout ? "-dropout-" : "-plain-") + std::to_string(seed)}));
  }
  return runs;
}

void tabulate(const Edition& edition, const std::string& name, const std::vector<Run>& runs,
              support::Table& table) {
  for (std::size_t seed = 0; seed < runs.size(); ++seed) {
    const Run& run = runs[seed];
    for (std::size_t i = 0; i < run.train_loss.size(); ++i) {
      table.add("\"" + edition.name + "\"", name, seed, i + 1, run.train_loss[i], run.test_loss[i],
                run.train_accuracy[i], run.test_accuracy[i]);
    }
  }
}

void print(const Edition& edition, const std::string& name, const std::vector<Run>& runs,
           const std::string& note) {
  const auto median_of = [&](double (*last)(const Run&)) {
    return gradus::format_fixed(support::median(support::each(runs, last)), 3);
  };
  std::printf("%s, %-12s: test acc %s, train acc - test acc %s, test loss - train loss %s%s\n",
              edition.name.c_str(), name.c_str(), median_of(last_test_accuracy).c_str(),
              median_of(last_accuracy_gap).c_str(), median_of(last_loss_gap).c_str(), note.c_str());
}

/// Returns an edition's three panels: train loss, test loss and their difference, with and without dropout.
std::vector<support::Panel> panels_of(const Edition& edition, const std::vector<Run>& without,
                                      const std::vector<Run>& with) {
  const auto panel = [&](const std::string& label, const auto& curve) {
    return support::Panel{
        .title = edition.title,
        .y_label = label,
        .lines = {by_epoch("without dropout", without, curve), by_epoch("with dropout", with, curve)}};
  };
  return {panel("train loss", [](const Run& run) { return run.train_loss; }),
          panel("test loss", [](const Run& run) { return run.test_loss; }),
          panel("test loss − train loss", loss_gaps)};
}

void experiment(const support::ExperimentOptions& options, const std::string& data_folder, Index epochs,
                const support::CheckpointOptions& checkpoints) {
  support::check_outputs(options);
  const support::FashionMnistData data = support::fashion_mnist(data_folder);
  const std::array editions{
      Edition{"p = 0.5 and 0.5, lr 0.1", "dropout 0.5 and 0.5,\nlearning rate 0.1", "first", 0.5, 0.5, 0.1},
      Edition{"p = 0.2 and 0.5, lr 0.5", "dropout 0.2 and 0.5,\nlearning rate 0.5", "second", 0.2, 0.5, 0.5}};

  support::Table table("setting,dropout,seed,epoch,train_loss,test_loss,train_acc,test_acc");
  std::vector<support::Panel> panels;
  bool seen = true;
  std::string evidence;
  for (const Edition& edition : editions) {
    std::array<std::vector<Run>, 2> runs;  // without and with dropout
    std::array<double, 2> gaps{};
    for (const bool on : {false, true}) {
      const std::string name = on ? "with dropout" : "without";
      runs[on] = train_all(edition, on, data, epochs, options.seeds, checkpoints);
      gaps[on] = support::median(support::each(runs[on], last_loss_gap));
      tabulate(edition, name, runs[on], table);
      print(edition, name, runs[on], data.note());
    }
    for (support::Panel& panel : panels_of(edition, runs[0], runs[1])) panels.push_back(std::move(panel));
    seen = seen && gaps[1] < gaps[0];
    evidence += (evidence.empty() ? "" : "; ") + edition.name + ": test loss - train loss " +
                gradus::format_fixed(gaps[0], 3) + " -> " + gradus::format_fixed(gaps[1], 3);
  }
  table.write(options.csv);
  if (!options.plot.empty()) support::draw_figure(options.plot, panels);
  support::conclude("dropout brings train and test loss closer together", seen, evidence + data.note());
}

int main(int argc, char** argv) {
  CLI::App app("Trains a network with two hidden layers on Fashion-MNIST, without and with dropout.");
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
