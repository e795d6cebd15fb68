// SPDX-License-Identifier: MIT

/// Regression on a table: reads a CSV file, estimates the error by cross-validation, trains a network, and
/// saves it. The network predicts prices from the unscaled columns of the file. house_prices_serve loads it.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/data/folds.hpp>
#include <gradus/data/read_csv.hpp>
#include <gradus/io/state_dict.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/train.hpp>

#include "support/experiment.hpp"
#include "support/figure.hpp"
#include "support/houses.hpp"
#include "support/program.hpp"

namespace nn = gradus::nn;
using gradus::Generator;
using gradus::Index;
using Table = gradus::Dataset<float, float>;

struct Options {
  std::string table = "houses.csv";
  Index houses = 2000;
  Index folds = 5;
  Index epochs = 200;
  std::uint64_t seed = 0;
  std::string save = "houses.safetensors";
  std::string plot;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("--table", options.table, "The table; generated if it does not exist")
      ->type_name("FILE.csv");
  app.add_option("--houses", options.houses, "Rows if the table is generated")
      ->check(support::from_one_to(1'000'000));
  app.add_option("--folds", options.folds, "Number of folds of the cross-validation")
      ->check(support::from_one_to(100));
  app.add_option("--epochs", options.epochs,
                 "Maximum passes over the table; early stopping may end training sooner")
      ->check(support::from_one_to(1'000'000));
  app.add_option("--seed", options.seed, "Seed for the split of the table and the weights");
  app.add_option("--save", options.save, "Saves the network (safetensors)")->type_name("FILE");
  app.add_option("--plot", options.plot, "Draws predicted against true prices")->type_name("FILE.svg|png");
}

/// Trains a network that takes the table's columns and predicts its target, with the scaling as part of the
/// network. A tenth of the houses is held out for early stopping.
nn::Sequential<float> train(const Table& houses, const Options& options, Generator& random) {
  const auto [train, validation] = gradus::split(houses, 0.1, random);
  const nn::OneHot one_hot{train.inputs.shape()[1], gradus::categorical_columns(train)};
  const nn::Standardize inputs{one_hot(train.inputs)}, prices{train.labels};
  nn::Sequential<float> net{one_hot,
                            inputs,
                            nn::Linear{one_hot.out(), 64, random},
                            nn::ReLU{},
                            nn::Linear{64, 64, random},
                            nn::ReLU{},
                            nn::Linear{64, 1, random}};
  // The loss is computed in standard deviations of the price.
  Table scaled = train, scaled_validation = validation;
  scaled.labels = prices(train.labels);
  scaled_validation.labels = prices(validation.labels);
  gradus::optim::Adam adam{net.named_parameters(), {.learning_rate = 3e-3}};
  gradus::Trainer trainer{
      net, nn::MeanSquaredError<float>{}, adam, random, {.epochs = options.epochs, .batch_size = 32}};
  trainer.add(gradus::EarlyStopping{{.patience = 15}});
  trainer.fit(scaled, scaled_validation);
  net.push_back(prices.inverse());
  return net;
}

/// Evaluates a network on houses not used in training.
struct Evaluation {
  gradus::R2 r2;
  gradus::MeanAbsoluteError error;

  Evaluation(const nn::Sequential<float>& net, const Table& test) : predicted(net.predict(test.inputs)) {
    r2.add<float>(predicted, test.labels);
    error.add<float>(predicted, test.labels);
  }
  gradus::Tensor<float> predicted;
};

support::Panel parity_plot(const gradus::Tensor<float>& predicted, const gradus::Tensor<float>& truth) {
  support::Line houses{"one house", {}, {}}, ideal{"predicted = true", {}, {}};
  houses.points = true;
  for (Index i = 0; i < predicted.size(); ++i) {
    houses.x.push_back(static_cast<double>(truth.data()[i]) / 1000);
    houses.y.push_back(static_cast<double>(predicted.data()[i]) / 1000);
  }
  const auto [low, high] = std::ranges::minmax(houses.x);
  ideal.x = ideal.y = {low, high};
  return {.title = "Houses that the network has not seen",
          .x_label = "true price, thousands",
          .y_label = "predicted price, thousands",
          .lines = {houses, ideal}};
}

void run(const Options& options) {
  support::check_writable(options.save);
  support::check_drawable(options.plot);
  if (!std::filesystem::exists(options.table)) support::write_houses(options.table, options.houses, 1);
  const Table table = gradus::read_csv(options.table, support::house_columns());
  std::printf("%s: %lld rows, %zu features\n", options.table.c_str(), static_cast<long long>(table.size()),
              table.feature_names.size());

  Generator random(options.seed);
  const auto [rest, test] = gradus::split(table, 0.2, random);
  std::vector<double> scores;
  for (const gradus::Fold& fold : gradus::kfold(rest.size(), options.folds, random)) {
    const Table held_out = rest.select(fold.validation);
    const Evaluation evaluation(train(rest.select(fold.train), options, random), held_out);
    scores.push_back(evaluation.r2.value());
    std::printf("fold %zu: R2 %s, mean absolute error %s\n", scores.size(),
                gradus::format_fixed(scores.back(), 3).c_str(),
                gradus::format_fixed(evaluation.error.value(), 0).c_str());
  }

  const nn::Sequential<float> net = train(rest, options, random);
  const Evaluation evaluation(net, test);
  std::printf("median of the folds: R2 %s\ntest: R2 %s, mean absolute error %s\n",
              gradus::format_fixed(support::median(scores), 3).c_str(),
              gradus::format_fixed(evaluation.r2.value(), 3).c_str(),
              gradus::format_fixed(evaluation.error.value(), 0).c_str());
  gradus::save(net, options.save, {{"cities", support::joined(table.categories.at("city"))}});
  if (!options.plot.empty())
    support::draw_figure(options.plot, {parity_plot(evaluation.predicted, test.labels)});
}

int main(int argc, char** argv) {
  CLI::App app("Trains a network on a table of house prices.");
  app.option_defaults()->always_capture_default();
  Options options;
  add_options(app, options);
  return support::run(app, argc, argv, [&] { run(options); });
}
