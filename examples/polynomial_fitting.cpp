// SPDX-License-Identifier: MIT

/// Section 3, underfitting and overfitting: a polynomial of degree 3, fitted with too few, enough and too
/// many features.

#include <Eigen/QR>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/data/synthetic.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train.hpp>

#include "support/experiment.hpp"
#include "support/figure.hpp"
#include "support/program.hpp"

namespace nn = gradus::nn;
using gradus::Index;

constexpr std::array true_weights{5.0, 1.2, -3.4, 5.6};
constexpr double noise = 0.1;
constexpr double noise_floor = noise * noise;  // a lower loss is possible only by chance

struct Model {
  Index features;
  Index epochs;
};

struct Run {
  std::vector<double> train_loss, test_loss;  // after each epoch
  std::vector<double> weights;
  double exact_train_loss, exact_test_loss;  // the limit for infinitely many epochs
};

using Data = gradus::Dataset<double, double>;

double mean_squared_error(const Data& data, const Eigen::VectorXd& weights) {
  return (data.inputs.matrix() * weights - data.labels.matrix()).squaredNorm() /
         static_cast<double>(data.size());
}

/// Returns the weights that minimise the training loss. Each feature is divided by its norm first, because
/// the last features are a million times smaller than the first.
Eigen::VectorXd least_squares(const Data& train) {
  const Eigen::VectorXd scale = train.inputs.matrix().colwise().norm().cwiseInverse();
  const Eigen::MatrixXd scaled = train.inputs.matrix() * scale.asDiagonal();
  return scale.asDiagonal() * scaled.colPivHouseholderQr().solve(train.labels.matrix());
}

Run fit(const Model& model, std::uint64_t seed) {
  gradus::Generator random(seed);
  const auto data = gradus::synthetic_polynomial<double>(200, model.features, true_weights, noise, random);
  const auto train = data.subset(0, 100), test = data.subset(100, 100);

  nn::Sequential net{nn::Linear<double>{model.features, 1, random, {.bias = false}}};  // x^0 acts as the bias
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.01}};
  gradus::Trainer trainer{net,
                          nn::MeanSquaredError<double>{},
                          sgd,
                          random,
                          {.epochs = model.epochs, .batch_size = 10, .evaluation_batch_size = 100}};
  Run run;
  trainer.after_each_epoch([&](auto& at) {
    run.train_loss.push_back(at.evaluate(train).loss);
    run.test_loss.push_back(at.evaluate(test).loss);
  });
  trainer.fit(train);

  const auto& weight = net[0].as<nn::Linear>().weight.value;
  run.weights.assign(weight.begin(), weight.end());
  const Eigen::VectorXd exact = least_squares(train);
  run.exact_train_loss = mean_squared_error(train, exact);
  run.exact_test_loss = mean_squared_error(test, exact);
  return run;
}

double train_loss(const Run& run) { return run.train_loss.back(); }
double test_loss(const Run& run) { return run.test_loss.back(); }

support::Panel panel(const Model& model, const std::vector<Run>& runs) {
  std::vector<double> epochs;
  for (Index epoch = 1; epoch <= model.epochs; ++epoch) epochs.push_back(static_cast<double>(epoch));
  return {.title = std::to_string(model.features) + " features",
          .y_label = "mean squared error",
          .logarithmic = true,
          .bottom = 1e-3,
          .top = 1e2,
          .lines = {support::over_seeds("train", epochs, runs, [](const Run& run) { return run.train_loss; }),
                    support::over_seeds("test", epochs, runs, [](const Run& run) { return run.test_loss; })}};
}

double median_of(const std::vector<Run>& runs, double (*loss)(const Run&)) {
  return support::median(support::each(runs, loss));
}

void print(const Model& model, const std::vector<Run>& runs) {
  using support::brief;
  const auto exact_train_loss = [](const Run& run) { return run.exact_train_loss; };
  const auto exact_test_loss = [](const Run& run) { return run.exact_test_loss; };
  std::printf("%2td features, %4td epochs: train loss %s, test loss %s; least squares: %s, %s\n",
              model.features, model.epochs, brief(median_of(runs, train_loss)).c_str(),
              brief(median_of(runs, test_loss)).c_str(), brief(median_of(runs, exact_train_loss)).c_str(),
              brief(median_of(runs, exact_test_loss)).c_str());
  std::printf("    weights of seed 0:");
  for (std::size_t k = 0; k < std::min<std::size_t>(6, runs[0].weights.size()); ++k) {
    std::printf(" %s", gradus::format_fixed(runs[0].weights[k], 2).c_str());
  }
  std::printf("%s\n", runs[0].weights.size() > 6 ? " ..." : "");
}

void experiment(const support::ExperimentOptions& options) {
  support::check_outputs(options);
  const std::array models{Model{4, 400}, Model{2, 400}, Model{20, 1500}};

  support::Table table("features,seed,epoch,train_loss,test_loss");
  std::vector<support::Panel> panels;
  std::vector<double> train, test;  // median final losses, one per model
  for (const Model& model : models) {
    std::vector<Run> runs;
    for (std::uint64_t seed = 0; seed < options.seeds; ++seed) {
      const Run& run = runs.emplace_back(fit(model, seed));
      for (std::size_t i = 0; i < run.train_loss.size(); ++i) {
        table.add(model.features, seed, i + 1, run.train_loss[i], run.test_loss[i]);
      }
    }
    print(model, runs);
    panels.push_back(panel(model, runs));
    train.push_back(median_of(runs, train_loss));
    test.push_back(median_of(runs, test_loss));
  }
  table.write(options.csv);
  if (!options.plot.empty()) support::draw_figure(options.plot, panels);

  const bool fits = train[0] < 3 * noise_floor && test[0] < 3 * noise_floor;
  const bool underfits = train[1] > 10 * train[0] && test[1] > 10 * test[0];
  const bool overfits = train[2] < train[0] && test[2] > test[0];
  support::conclude("4 features fit, 2 underfit, 20 overfit", fits && underfits && overfits,
                    "train and test loss: 4 features " + support::brief(train[0]) + " and " +
                        support::brief(test[0]) + ", 2 features " + support::brief(train[1]) + " and " +
                        support::brief(test[1]) + ", 20 features " + support::brief(train[2]) + " and " +
                        support::brief(test[2]));
}

int main(int argc, char** argv) {
  CLI::App app("Fits polynomials with 4, 2 and 20 features to 100 noisy points of a cubic polynomial.");
  app.option_defaults()->always_capture_default();
  support::ExperimentOptions options{.seeds = 10};
  support::add_experiment_options(app, options);
  return support::run(app, argc, argv, [&] { experiment(options); });
}
