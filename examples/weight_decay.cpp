// SPDX-License-Identifier: MIT

/// Section 4, weight decay: 200 weights and 20 examples, with and without a penalty on the weight norm.

#include <array>
#include <cstddef>
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

constexpr Index inputs = 200, train_examples = 20, validation_examples = 100;

/// The settings of one edition of the book that the chapter follows.
struct Edition {
  std::string name;
  double learning_rate;
  Index epochs;
  double init_std;
  Index evaluated_every;  // epochs
};

/// Measurements every few epochs; the losses exclude the penalty.
struct Run {
  std::vector<double> epoch, train_loss, validation_loss, norm;
};

Run train(const Edition& edition, double decay, std::uint64_t seed) {
  gradus::Generator random(seed);
  const std::vector<double> true_weights(inputs, 0.01);
  const auto data = gradus::synthetic_linear<double>(train_examples + validation_examples, true_weights, 0.05,
                                                     0.01, random);
  const auto training = data.subset(0, train_examples);
  const auto validation = data.subset(train_examples, validation_examples);

  nn::Sequential net{nn::Linear<double>{inputs, 1, random}};
  nn::init::weights(net, [&](auto w) { nn::init::normal(w, random, 0, edition.init_std); });
  nn::init::zero_biases(net);
  const auto [weights, biases] =
      gradus::optim::split_parameters(net.named_parameters(), gradus::optim::has_rank_above_one);
  gradus::optim::SGD sgd{weights, {.learning_rate = edition.learning_rate, .weight_decay = decay}};
  sgd.add_group(biases, {.learning_rate = edition.learning_rate});

  gradus::Trainer trainer{
      net, nn::MeanSquaredError<double>{}, sgd, random, {.epochs = edition.epochs, .batch_size = 5}};
  Run run;
  trainer.after_each_epoch([&](auto& at) {
    if (at.progress().epoch % edition.evaluated_every != 0) return;
    run.epoch.push_back(static_cast<double>(at.progress().epoch));
    run.train_loss.push_back(at.evaluate(training).loss);
    run.validation_loss.push_back(at.evaluate(validation).loss);
    run.norm.push_back(net[0].as<nn::Linear>().weight.value.array().matrix().norm());
  });
  trainer.fit(training);
  return run;
}

double train_loss(const Run& run) { return run.train_loss.back(); }
double validation_loss(const Run& run) { return run.validation_loss.back(); }
double norm(const Run& run) { return run.norm.back(); }

/// Medians over the seeds of the final measurements.
struct Outcome {
  double train_loss, validation_loss, norm;
};

Outcome outcome(const std::vector<Run>& runs) {
  return {support::median(support::each(runs, train_loss)),
          support::median(support::each(runs, validation_loss)), support::median(support::each(runs, norm))};
}

/// Adds two lines of the same colour: train dashed, validation solid.
void add_losses(support::Panel& panel, const std::string& name, const std::vector<Run>& runs) {
  const std::size_t colour = panel.lines.size() / 2;
  const auto add = [&](const std::string& line, std::size_t dashes, const auto& curve) {
    auto& added = panel.lines.emplace_back(support::over_seeds(line + name, runs[0].epoch, runs, curve));
    added.colour = colour;
    added.dashes = dashes;
  };
  add("train, ", 1, [](const Run& run) { return run.train_loss; });
  add("validation, ", 0, [](const Run& run) { return run.validation_loss; });
}

void experiment(const support::ExperimentOptions& options, double lambda) {
  support::check_outputs(options);
  const std::array editions{Edition{"lr 0.003, 100 epochs", 0.003, 100, 1, 5},
                            Edition{"lr 0.01, 10 epochs", 0.01, 10, 0.01, 1}};
  support::Table table("learning_rate,lambda,seed,epoch,train_loss,validation_loss,norm");
  std::vector<support::Panel> panels;
  bool seen = true;
  std::string evidence;

  for (const Edition& edition : editions) {
    std::vector<Outcome> outcomes;
    const std::string title = "learning rate " + support::brief(edition.learning_rate) + ", " +
                              std::to_string(edition.epochs) + " epochs";
    support::Panel losses{.title = title, .y_label = "mean squared error", .logarithmic = true};
    support::Panel norms{.title = title, .y_label = "norm of the weights", .bottom = 0};
    for (const double decay : {0.0, lambda}) {
      std::vector<Run> runs;
      for (std::uint64_t seed = 0; seed < options.seeds; ++seed) {
        const Run& run = runs.emplace_back(train(edition, decay, seed));
        for (std::size_t i = 0; i < run.epoch.size(); ++i) {
          table.add(edition.learning_rate, decay, seed, run.epoch[i], run.train_loss[i],
                    run.validation_loss[i], run.norm[i]);
        }
      }
      const std::string name = "λ = " + support::brief(decay);
      add_losses(losses, name, runs);
      auto& line = norms.lines.emplace_back(
          support::over_seeds(name, runs[0].epoch, runs, [](const Run& run) { return run.norm; }));
      line.dashes = 0;
      const Outcome& last = outcomes.emplace_back(outcome(runs));
      std::printf("%s, %s: train loss %s, validation loss %s, |w| %s\n", edition.name.c_str(), name.c_str(),
                  support::brief(last.train_loss).c_str(), support::brief(last.validation_loss).c_str(),
                  support::brief(last.norm).c_str());
    }
    panels.push_back(losses);
    panels.push_back(norms);
    const Outcome &without = outcomes[0], &with = outcomes[1];
    seen = seen && with.norm < without.norm && with.validation_loss < without.validation_loss &&
           with.validation_loss / with.train_loss < without.validation_loss / without.train_loss;
    evidence += (evidence.empty() ? "" : "; ") + edition.name + ": validation loss " +
                support::brief(without.validation_loss) + " -> " + support::brief(with.validation_loss) +
                ", |w| " + support::brief(without.norm) + " -> " + support::brief(with.norm);
  }
  table.write(options.csv);
  if (!options.plot.empty()) support::draw_figure(options.plot, panels, 2);
  support::conclude("weight decay shrinks w, and lowers the validation loss and its ratio to the train loss",
                    seen, evidence);
}

int main(int argc, char** argv) {
  CLI::App app("Fits 200 weights to 20 examples, without and with weight decay.");
  app.option_defaults()->always_capture_default();
  support::ExperimentOptions options{.seeds = 10};
  double lambda = 3;
  support::add_number(app, "--lambda", lambda, "Weight decay to compare with no decay", 0, 1e6);
  support::add_experiment_options(app, options);
  return support::run(app, argc, argv, [&] { experiment(options, lambda); });
}
