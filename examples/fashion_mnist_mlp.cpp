// SPDX-License-Identifier: MIT

/// The chapter's main job: a multilayer perceptron on Fashion-MNIST, trained by plain gradient descent. If it
/// is built with MPI, it can run in several processes: `mpirun -n 4 fashion_mnist_mlp`.

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/core/atomic_file.hpp>
#include <gradus/io/state_dict.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train.hpp>

#include "support/fashion_mnist_data.hpp"
#include "support/figure.hpp"
#include "support/prediction_grid.hpp"
#include "support/processes.hpp"
#include "support/program.hpp"
#include "support/resumable_fit.hpp"

namespace nn = gradus::nn;
using gradus::Index;

struct Options {
  std::string data;
  std::vector<Index> hidden{256};
  std::string activation = "relu";
  Index epochs = 10;
  Index batch_size = 256;
  double learning_rate = 0.1;
  double momentum = 0;
  double weight_decay = 0;
  double dropout = 0;
  double init_std = 0.01;
  std::uint64_t seed = 0;
  Index threads = 1;
  std::string csv;
  std::string plot;
  std::string predictions;
  std::string save;
  support::CheckpointOptions checkpoints;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("--data", options.data,
                 "Folder of the four files (default: FASHION_MNIST_DIR, else the cache)")
      ->type_name("DIR");
  support::add_sizes(app, "--hidden", options.hidden,
                     "Widths of the hidden layers, as in 256,128; \"\" for softmax regression");
  app.add_option("--activation", options.activation, "Activation of the hidden layers")
      ->check(CLI::IsMember({"relu", "sigmoid", "tanh"}));
  app.add_option("--epochs", options.epochs, "Passes over the training images")
      ->check(support::from_one_to(1'000'000));
  app.add_option("--batch-size", options.batch_size, "Images per step")
      ->check(support::from_one_to(1'000'000));
  support::add_number(app, "--learning-rate", options.learning_rate, "Learning rate of gradient descent");
  support::add_number(app, "--momentum", options.momentum, "Momentum of gradient descent");
  support::add_number(app, "--weight-decay", options.weight_decay,
                      "Weight decay: adds this times the weight to the gradient");
  support::add_number(app, "--dropout", options.dropout, "Probability of dropping an activation");
  support::add_number(app, "--init-std", options.init_std, "Standard deviation of the initial weights");
  app.add_option("--seed", options.seed, "Random seed, as in torch.manual_seed");
  app.add_option("--threads", options.threads, "Number of threads; the results do not depend on it")
      ->check(support::from_one_to(1024));
  app.add_option("--csv", options.csv, "Writes the history, one row per epoch")->type_name("FILE");
  app.add_option("--plot", options.plot, "Draws loss and accuracy by epoch")->type_name("FILE.svg|png");
  app.add_option("--predictions", options.predictions, "Draws test images with their predicted classes")
      ->type_name("FILE.png");
  app.add_option("--save", options.save, "Saves the trained network (safetensors)")->type_name("FILE");
  support::add_checkpoint_options(app, options.checkpoints);
}

nn::AnyModule<float> activation(const std::string& name) {
  if (name == "sigmoid") return nn::Sigmoid{};
  if (name == "tanh") return nn::Tanh{};
  return nn::ReLU{};
}

nn::Sequential<float> make_network(const Options& options, gradus::Generator& random) {
  nn::Sequential<float> net{nn::Flatten{}};
  Index width = gradus::FashionMnist::height * gradus::FashionMnist::width;
  for (const Index hidden : options.hidden) {
    net.push_back(nn::Linear{width, hidden, random});
    net.push_back(activation(options.activation));
    if (options.dropout != 0) net.push_back(nn::Dropout{options.dropout});
    width = hidden;
  }
  net.push_back(nn::Linear{width, gradus::FashionMnist::classes, random});
  nn::init::weights(net, [&](auto weight) { nn::init::normal(weight, random, 0, options.init_std); });
  nn::init::zero_biases(net);
  return net;
}

/// Returns a description such as `784-256-10 (relu)`.
std::string describe(const Options& options) {
  std::string text = "784-";
  for (const Index hidden : options.hidden) text += std::to_string(hidden) + "-";
  return text + "10" + (options.hidden.empty() ? "" : " (" + options.activation + ")");
}

void train(const Options& options, support::Processes& processes) {
  processes.check_cores(options.threads);
  for (const auto& file : {options.csv, options.save}) support::check_writable(file);
  support::check_drawable(options.plot);
  support::check_drawable(options.predictions, false);

  const support::FashionMnistData data = support::fashion_mnist(options.data);
  gradus::Generator random(options.seed);
  nn::Sequential<float> net = make_network(options, random);
  net.set_threads(options.threads);
  gradus::optim::SGD sgd{net.named_parameters(),
                         {.learning_rate = options.learning_rate,
                          .momentum = options.momentum,
                          .weight_decay = options.weight_decay}};

  gradus::Trainer trainer{
      net,
      nn::SoftmaxCrossEntropy<float>{},
      sgd,
      random,
      {.epochs = options.epochs, .batch_size = options.batch_size, .processes = processes.group()}};
  trainer.add(gradus::ProgressBar{{.note = data.note()}});
  trainer.after_each_epoch([&](auto& at) {
    if (processes.is_main() && !options.csv.empty())
      gradus::write_text(options.csv, at.history().to_csv(data.warning));
  });
  support::resumable_fit(trainer, options.checkpoints, "fashion_mnist_mlp", "", data.train, data.test);

  if (!processes.is_main()) return;
  const std::string title = describe(options) + " on " + data.title;
  if (!options.save.empty()) gradus::save(net, options.save, {{"description", title}});
  if (!options.plot.empty())
    support::draw_figure(options.plot, {support::training_curves(trainer.history(), title)});
  if (!options.predictions.empty()) {
    support::write_prediction_grid(options.predictions, data.test,
                                   gradus::predicted_classes(trainer.predict(data.test)), title);
  }
}

int main(int argc, char** argv) {
  CLI::App app("Trains a multilayer perceptron on Fashion-MNIST and prints one line per epoch.");
  app.option_defaults()->always_capture_default();
  Options options;
  add_options(app, options);
  support::Processes processes(argc, argv);
  return support::run(app, argc, argv, [&] { processes.run([&] { train(options, processes); }); });
}
