// SPDX-License-Identifier: MIT

/// Classifies pictures of clothes, PNG or JPEG of any size, with a network saved by another example:
///
///   fashion_mnist_mlp --save net.safetensors
///   fashion_mnist_predict --model net.safetensors shirt.png boot.jpg

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/data/fashion_classes.hpp>
#include <gradus/gradus.hpp>
#include <gradus/io/load_network.hpp>

#include "support/image_file.hpp"
#include "support/program.hpp"

using namespace gradus;

namespace {

constexpr Index image_size = 28, classes = std::size(fashion_classes);

struct Options {
  std::string model;
  std::vector<std::string> images;
  bool inverted = false;
};

/// Prints the five most likely classes with bars.
void print(const std::string& file, const Tensor<float>& probabilities) {
  std::printf("%s\n", escaped(file).c_str());
  std::vector<Index> order(static_cast<std::size_t>(classes));
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::stable_sort(order,
                           [&](Index a, Index b) { return probabilities(0, a) > probabilities(0, b); });
  for (std::size_t i = 0; i < 5; ++i) {
    const double p = static_cast<double>(probabilities(0, order[i]));
    std::string bar;
    for (int k = 0; k < static_cast<int>(40 * p + 0.5); ++k) bar += "█";
    std::printf("  %-11s  %5.1f %%  %s\n", fashion_classes[static_cast<std::size_t>(order[i])], 100 * p,
                bar.c_str());
  }
}

void classify(const Options& options) {
  const nn::Sequential<float> net = load_network(options.model);
  const Shape shape = net.output_shape({1, image_size, image_size});
  if (!(shape == Shape{1, classes}))
    throw FileError(escaped(options.model) + ": the network has output shape " + shape.to_string() +
                    ", expected [1, 10]");
  for (const std::string& file : options.images) {
    Tensor<std::uint8_t> image = support::read_grey_image(file, options.inverted ? 255 : 0);
    if (options.inverted) {
      for (std::uint8_t& pixel : image) pixel = static_cast<std::uint8_t>(255 - pixel);
    }
    // An image of exactly this size is assumed to be from the data set, whose images are trimmed already.
    if (!(image.shape() == Shape{image_size, image_size})) image = support::trimmed(image);
    Tensor<float> probabilities(Shape{1, classes});
    ops::softmax<float>(net.predict(support::fitted(image, image_size)), probabilities);
    print(file, probabilities);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Classifies the clothing in pictures with a network saved by fashion_mnist_mlp --save.");
  Options options;
  app.add_option("--model", options.model, "The network (safetensors)")->type_name("FILE")->required();
  app.add_flag("--inverted", options.inverted,
               "Expects dark clothes on a light background; the data set has light ones on black");
  app.add_option("IMAGE", options.images, "PNG or JPEG files of any size, in colour or grey")->required();
  return support::run(app, argc, argv, [&] { classify(options); });
}
