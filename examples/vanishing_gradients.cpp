// SPDX-License-Identifier: MIT

/// Section 6, numerical stability: how gradients vanish and explode in deep networks.

#include <array>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/data/loader.hpp>
#include <gradus/nn.hpp>

#include "support/experiment.hpp"
#include "support/fashion_mnist_data.hpp"
#include "support/figure.hpp"
#include "support/program.hpp"

namespace nn = gradus::nn;
using gradus::Generator;
using gradus::Index;
using gradus::Tensor;
using gradus::TensorView;

struct Initialiser {
  std::string name;
  std::function<void(TensorView<double> weight, Generator& random)> draw;
};

/// Returns a network with hidden layers of width 256 between 784 inputs and 10 classes.
nn::Sequential<double> make_network(Index hidden_layers, const nn::AnyModule<double>& activation,
                                    const Initialiser& initialiser, Generator& random) {
  nn::Sequential<double> net{nn::Flatten{}};
  Index width = 784;
  for (Index layer = 0; layer < hidden_layers; ++layer) {
    net.push_back(nn::Linear<double>{width, 256, random});
    net.push_back(activation);
    width = 256;
  }
  net.push_back(nn::Linear<double>{width, 10, random});
  nn::init::weights(net, [&](auto weight) { initialiser.draw(weight, random); });
  nn::init::zero_biases(net);
  return net;
}

/// Returns the norm of dL/dW of each layer, first to last, on one batch before training.
std::vector<double> gradient_norms(nn::Sequential<double>& net, TensorView<const double> x,
                                   std::span<const Index> labels) {
  const Tensor<double>& logits = net.forward(x);
  Tensor<double> dlogits(logits.shape());
  nn::SoftmaxCrossEntropy<double>{}(logits, labels, dlogits);
  net.backward(dlogits);

  std::vector<double> norms;
  for (const auto& parameter : net.named_parameters()) {
    if (parameter->value.rank() > 1) norms.push_back(parameter->grad().array().matrix().norm());
  }
  return norms;
}

/// Returns the norms of M_1, M_2 M_1, ..., M_100 ... M_1 for 4x4 matrices drawn from N(0, 1).
std::vector<double> product_norms(Generator& random) {
  Eigen::Matrix4d product = Eigen::Matrix4d::Identity();
  std::vector<double> norms;
  for (int i = 0; i < 100; ++i) {
    const auto factor = Tensor<double>::randn({4, 4}, random);
    product = factor.matrix() * product;
    norms.push_back(product.norm());
  }
  return norms;
}

std::vector<double> counted(std::size_t count) {
  std::vector<double> numbers;
  for (std::size_t i = 1; i <= count; ++i) numbers.push_back(static_cast<double>(i));
  return numbers;
}

/// The norms of dL/dW per layer for one activation and one initialiser, one row per run.
struct Series {
  std::string activation, initialiser;
  std::vector<std::vector<double>> runs;
};

Series measure(const std::string& name, const nn::AnyModule<double>& activation,
               const Initialiser& initialiser, const gradus::Dataset<>& data, Index layers,
               std::uint64_t seeds) {
  Series series{name, initialiser.name, {}};
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Generator random(seed);
    auto net = make_network(layers, activation, initialiser, random);
    gradus::Loader<double> loader(data, {.batch_size = 256});
    const auto batch = *loader.training_epoch(random).begin();
    series.runs.push_back(gradient_norms(net, batch.x, batch.labels));
  }
  return series;
}

/// Returns the gradient norm of the first layer divided by that of the last, the median over the runs.
double first_over_last(const Series& series) {
  return support::median(
      support::each(series.runs, [](const auto& norms) { return norms.front() / norms.back(); }));
}

/// Returns the norms over the runs, by layer or by number of factors.
support::Line line_of(const std::string& name, const std::vector<std::vector<double>>& runs) {
  return support::over_seeds(name, counted(runs[0].size()), runs, [](const auto& norms) { return norms; });
}

void tabulate(const Series& series, support::Table& table) {
  for (std::size_t seed = 0; seed < series.runs.size(); ++seed) {
    const auto& norms = series.runs[seed];
    for (std::size_t i = 0; i < norms.size(); ++i) {
      table.add(series.activation, series.initialiser, seed, i + 1, norms[i]);
    }
  }
}

void print(const Series& series, const support::Line& line) {
  std::printf("%-7s %-11s |dL/dW| of the first layer %s, of the last %s\n", series.activation.c_str(),
              series.initialiser.c_str(), support::brief(line.y.front()).c_str(),
              support::brief(line.y.back()).c_str());
}

support::Panel panel_of_products(std::uint64_t seeds) {
  std::vector<std::vector<double>> products;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Generator random(seed);
    products.push_back(product_norms(random));
  }
  return {.title = "product of 4×4 matrices",
          .x_label = "factors",
          .y_label = "norm of the product",
          .logarithmic = true,
          .lines = {line_of("N(0, 1)", products)}};
}

void conclude(double sigmoid_xavier, double relu_kaiming, double explosion) {
  const bool vanish = sigmoid_xavier < 1e-3;
  const bool stay = relu_kaiming > 0.1 && relu_kaiming < 10;
  support::conclude(
      "gradients vanish through sigmoids, keep their size through ReLU with Kaiming initialisation, and "
      "products of matrices explode",
      vanish && stay && explosion > 1e10,
      "gradient of the first layer over that of the last: sigmoid, Xavier " + support::brief(sigmoid_xavier) +
          ", ReLU, Kaiming " + support::brief(relu_kaiming) + "; norm of the product " +
          support::brief(explosion));
}

void experiment(const support::ExperimentOptions& options, const std::string& data_folder, Index layers) {
  support::check_outputs(options);
  const support::FashionMnistData data = support::fashion_mnist(data_folder);
  const std::array<std::pair<std::string, nn::AnyModule<double>>, 2> activations{
      {{"sigmoid", nn::Sigmoid{}}, {"ReLU", nn::ReLU{}}}};
  const std::array initialisers{
      Initialiser{"N(0, 0.01²)", [](auto w, auto& random) { nn::init::normal(w, random, 0, 0.01); }},
      Initialiser{"Xavier", [](auto w, auto& random) { nn::init::xavier_uniform(w, random); }},
      Initialiser{"Kaiming", [](auto w, auto& random) { nn::init::kaiming_normal(w, random); }}};

  support::Table table("activation,initialiser,seed,layer,gradient_norm");
  std::vector<support::Panel> panels;
  std::vector<std::vector<double>> ratios;  // of the first gradient to the last, [activation][initialiser]
  for (const auto& [name, activation] : activations) {
    support::Panel panel{
        .title = name, .x_label = "layer", .y_label = "norm of the gradient", .logarithmic = true};
    ratios.emplace_back();
    for (const Initialiser& initialiser : initialisers) {
      const Series series = measure(name, activation, initialiser, data.train, layers, options.seeds);
      panel.lines.push_back(line_of(initialiser.name, series.runs));
      ratios.back().push_back(first_over_last(series));
      tabulate(series, table);
      print(series, panel.lines.back());
    }
    panels.push_back(std::move(panel));
  }

  panels.push_back(panel_of_products(options.seeds));
  const double explosion = panels.back().lines[0].y.back();
  std::printf("product of 100 matrices: norm %s\n", support::brief(explosion).c_str());
  table.write(options.csv);
  if (!options.plot.empty()) support::draw_figure(options.plot, panels);
  conclude(ratios[0][1], ratios[1][2], explosion);
}

int main(int argc, char** argv) {
  CLI::App app("Measures gradients layer by layer in deep networks before training.");
  app.option_defaults()->always_capture_default();
  support::ExperimentOptions options{.seeds = 10};
  std::string data;
  Index layers = 10;
  app.add_option("--data", data, "Folder of the four files (default: FASHION_MNIST_DIR, else the cache)")
      ->type_name("DIR");
  app.add_option("--layers", layers, "Hidden layers")->check(CLI::Range(Index{1}, Index{200}));
  support::add_experiment_options(app, options);
  return support::run(app, argc, argv, [&] { experiment(options, data, layers); });
}
