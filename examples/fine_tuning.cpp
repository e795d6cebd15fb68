// SPDX-License-Identifier: MIT

/// Fine-tuning: a network trained on five classes of Fashion-MNIST learns the other five from few images.
/// First a new head is trained on frozen layers, then all layers at a lower learning rate.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/nn.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/train.hpp>

#include "support/experiment.hpp"
#include "support/fashion_mnist_data.hpp"
#include "support/figure.hpp"
#include "support/program.hpp"

namespace nn = gradus::nn;
using gradus::Dataset;
using gradus::Generator;
using gradus::Index;

constexpr Index classes = 5;  // in each half of the data

struct Options {
  std::string data;
  Index pretraining_epochs = 5;
  Index head_epochs = 10;
  Index all_epochs = 10;
  Index images = 500;
  double learning_rate = 3e-3;
  std::uint64_t seed = 0;
  Index threads = 1;
  std::string csv;
  std::string plot;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("--data", options.data,
                 "Folder of the four files (default: FASHION_MNIST_DIR, else the cache)")
      ->type_name("DIR");
  const auto add_epochs = [&](const char* name, Index& epochs, const char* description) {
    app.add_option(name, epochs, description)->check(support::from_one_to(1'000'000));
  };
  add_epochs("--pretraining-epochs", options.pretraining_epochs, "Passes over all images of classes 0 to 4");
  add_epochs("--head-epochs", options.head_epochs, "Passes that train only the new head");
  add_epochs("--all-epochs", options.all_epochs, "Passes that train all layers");
  app.add_option("--images", options.images, "Training images of classes 5 to 9")
      ->check(support::from_one_to(30'000));
  support::add_number(app, "--learning-rate", options.learning_rate,
                      "Learning rate of Adam; a tenth of it when training all layers");
  app.add_option("--seed", options.seed, "Seed for the weights and the order of the images");
  app.add_option("--threads", options.threads, "Number of threads; the results do not depend on it")
      ->check(support::from_one_to(1024));
  app.add_option("--csv", options.csv, "Writes the curves")->type_name("FILE");
  app.add_option("--plot", options.plot, "Draws the accuracy by epoch")->type_name("FILE.svg|png");
}

/// Returns at most `count` images of the classes from `first` on, with labels starting at 0.
Dataset<> half(const Dataset<>& all, Index first, Index count) {
  std::vector<Index> chosen;
  for (Index i = 0; i < all.size() && static_cast<Index>(chosen.size()) < count; ++i) {
    const Index label = all.labels(i);
    if (label >= first && label < first + classes) chosen.push_back(i);
  }
  Dataset<> data = all.select(chosen);
  for (auto& label : data.labels.span())
    label -= static_cast<std::remove_reference_t<decltype(label)>>(first);
  data.classes = classes;
  if (!data.class_names.empty()) {
    const auto begin = data.class_names.begin() + first;
    data.class_names = {begin, begin + classes};
  }
  return data;
}

nn::Sequential<float> make_network(Generator& random) {
  constexpr Index pixels = gradus::FashionMnist::height * gradus::FashionMnist::width;
  return {nn::Flatten{}, nn::Linear{pixels, 256, random}, nn::BatchNorm1d{256},
          nn::ReLU{},    nn::Linear{256, 128, random},    nn::BatchNorm1d{128},
          nn::ReLU{},    nn::Linear{128, classes, random}};
}

/// One row of the table, with its curve.
struct Phase {
  std::string name;
  Index learning = 0;  ///< number of trainable weights and biases
  double seconds = 0;  ///< per epoch
  std::vector<double> accuracy = {};
};

Phase train(const std::string& name, nn::Sequential<float>& net, const Dataset<>& training,
            const Dataset<>& test, Generator& random, double learning_rate, Index epochs) {
  gradus::optim::Adam adam{net.named_parameters(), {.learning_rate = learning_rate}};
  gradus::Trainer trainer{net,
                          nn::SoftmaxCrossEntropy<float>{},
                          adam,
                          random,
                          {.epochs = epochs, .batch_size = std::min<Index>(50, training.size())}};
  trainer.fit(training, test);

  Phase phase{.name = name};
  for (const auto& parameter : net.named_parameters())
    if (parameter->requires_grad) phase.learning += parameter->value.size();
  std::vector<double> seconds;
  for (const gradus::EpochRecord& epoch : trainer.history()) {
    seconds.push_back(epoch.seconds);
    phase.accuracy.push_back(epoch.validation->accuracy);
  }
  phase.seconds = support::median(seconds);
  return phase;
}

void print(const Phase& phase) {
  std::printf("%-24s %9lld %7zu %12s %9s\n", phase.name.c_str(), static_cast<long long>(phase.learning),
              phase.accuracy.size(), gradus::format_fixed(1000 * phase.seconds, 2).c_str(),
              gradus::format_fixed(phase.accuracy.back(), 3).c_str());
  std::fflush(stdout);
}

support::Line line(const std::string& name, const std::vector<double>& accuracy, std::size_t first_epoch) {
  support::Line line{name, {}, accuracy};
  for (std::size_t i = 0; i < accuracy.size(); ++i) line.x.push_back(static_cast<double>(first_epoch + i));
  return line;
}

void fine_tune(const Options& options) {
  support::check_writable(options.csv);
  support::check_drawable(options.plot);
  const support::FashionMnistData data = support::fashion_mnist(options.data);
  const Dataset<> many = half(data.train, 0, data.train.size()),
                  few = half(data.train, classes, options.images);
  const Dataset<> first_test = half(data.test, 0, data.test.size());
  const Dataset<> test = half(data.test, classes, data.test.size());

  Generator random(options.seed);
  nn::Sequential<float> net = make_network(random);
  net.set_threads(options.threads);
  std::printf("%-24s %9s %7s %12s %9s%s\n", "phase", "trainable", "epochs", "ms per epoch", "test acc",
              data.note().c_str());
  print(
      train("classes 0-4", net, many, first_test, random, options.learning_rate, options.pretraining_epochs));

  nn::freeze(net);
  net[net.size() - 1].as<nn::Linear>() = nn::Linear{128, classes, random};  // the new layer is not frozen
  const Phase head =
      train("classes 5-9, new head", net, few, test, random, options.learning_rate, options.head_epochs);
  print(head);
  nn::unfreeze(net);
  const Phase all = train("classes 5-9, all layers", net, few, test, random, options.learning_rate / 10,
                          options.all_epochs);
  print(all);

  nn::Sequential<float> fresh = make_network(random);
  fresh.set_threads(options.threads);
  const Phase scratch = train("classes 5-9, no pretraining", fresh, few, test, random, options.learning_rate,
                              options.head_epochs + options.all_epochs);
  print(scratch);

  support::Table table("phase,epoch,test_accuracy");
  support::Panel panel{.title = "Classes 5-9, " + std::to_string(few.size()) + " images of " + data.title,
                       .y_label = "test accuracy"};
  const auto add = [&](const std::string& name, const Phase& phase, std::size_t first_epoch) {
    panel.lines.push_back(line(name, phase.accuracy, first_epoch));
    for (std::size_t i = 0; i < phase.accuracy.size(); ++i)
      table.add(name, first_epoch + i, phase.accuracy[i]);
  };
  add("new head", head, 1);
  add("all layers", all, head.accuracy.size() + 1);
  add("no pretraining", scratch, 1);
  table.write(options.csv);
  if (!options.plot.empty()) support::draw_figure(options.plot, {panel});

  const double alone = head.accuracy.back(), together = all.accuracy.back();
  support::conclude("an epoch of the head alone is faster, and training all layers then raises the accuracy",
                    head.seconds < all.seconds && alone < together,
                    "an epoch of the head takes " + support::brief(head.seconds / all.seconds) +
                        " times as long as one of all layers; test acc " + support::brief(alone) + ", then " +
                        support::brief(together));
}

int main(int argc, char** argv) {
  CLI::App app("Fine-tunes a network trained on five classes of Fashion-MNIST on the other five.");
  app.option_defaults()->always_capture_default();
  Options options;
  add_options(app, options);
  return support::run(app, argc, argv, [&] { fine_tune(options); });
}
