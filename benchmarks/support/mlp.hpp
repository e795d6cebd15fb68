// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <gradus/data/dataset.hpp>
#include <gradus/nn.hpp>

namespace bench {

using gradus::Index;

/// The chapter's network, 784-256-10.
inline const std::vector<Index> chapter_sizes{784, 256, 10};

/// Returns Linear layers of these sizes with ReLU between them.
inline gradus::nn::Sequential<float> make_network(const std::vector<Index>& sizes,
                                                  gradus::Generator& random) {
  namespace nn = gradus::nn;
  nn::Sequential<float> net{nn::Flatten{}};
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    if (i > 1) net.push_back(nn::ReLU{});
    net.push_back(nn::Linear{sizes[i - 1], sizes[i], random});
  }
  nn::init::weights(net, [&](auto weight) { nn::init::normal(weight, random, 0, 0.01); });
  nn::init::zero_biases(net);
  return net;
}

/// Returns the floating-point operations of the matrix products in predicting one sample.
inline double prediction_flops(const std::vector<Index>& sizes) {
  Index weights = 0;
  for (std::size_t i = 1; i < sizes.size(); ++i) weights += sizes[i - 1] * sizes[i];
  return static_cast<double>(2 * weights);
}

/// Returns the floating-point operations of the products in training on one sample: a forward product and one
/// for the weight gradient per layer, and one for the input gradient in every layer except the first.
inline double training_flops(const std::vector<Index>& sizes) {
  return 3 * prediction_flops(sizes) - static_cast<double>(2 * sizes[0] * sizes[1]);
}

/// Returns noise with the shape of Fashion-MNIST. The run time does not depend on the pixels, and the
/// programs need no files.
inline gradus::Dataset<> noise_images(Index count) {
  gradus::Generator random(28);
  gradus::Dataset<> data{gradus::Tensor<std::uint8_t>(gradus::Shape{count, 28, 28}),
                         gradus::Tensor<Index>(gradus::Shape{count}),
                         10,
                         {},
                         "noise"};
  for (std::uint8_t& pixel : data.inputs) pixel = static_cast<std::uint8_t>(random.next() >> 24);
  for (Index& label : data.labels) label = random.below(10);
  return data;
}

}  // namespace bench
