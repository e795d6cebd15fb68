// SPDX-License-Identifier: MIT

#include <type_traits>

#include <doctest/doctest.h>

#include <gradus/core/tensor.hpp>
#include <gradus/nn/adapt_loss.hpp>
#include <gradus/nn/binary_cross_entropy.hpp>
#include <gradus/nn/mean_squared_error.hpp>
#include <gradus/nn/softmax_cross_entropy.hpp>

using gradus::Tensor;
namespace nn = gradus::nn;

namespace {

/// A custom loss that inherits from one of nn.
struct Louder : nn::SoftmaxCrossEntropy<float> {
  double volume = 2;
};

/// A custom loss without a scalar type.
struct Constant {
  double value;
};

}  // namespace

TEST_CASE("adapt_loss: the losses of nn take the scalar of the network and keep their settings") {
  const auto mean = nn::adapt_loss<double>(nn::MeanSquaredError<>{nn::Reduction::sum});
  static_assert(std::is_same_v<decltype(mean), const nn::MeanSquaredError<double>>);
  CHECK(mean.reduction == nn::Reduction::sum);
  const auto binary = nn::adapt_loss<double>(nn::BinaryCrossEntropy<>{nn::Reduction::sum});
  static_assert(std::is_same_v<decltype(binary), const nn::BinaryCrossEntropy<double>>);
  CHECK(binary.reduction == nn::Reduction::sum);
  const nn::SoftmaxCrossEntropy<float> settings{nn::Reduction::sum, 0.25, Tensor<float>{1, 2, 3}, 1};
  const auto entropy = nn::adapt_loss<double>(settings);
  static_assert(std::is_same_v<decltype(entropy), const nn::SoftmaxCrossEntropy<double>>);
  CHECK(entropy.reduction == nn::Reduction::sum);
  CHECK(entropy.label_smoothing == 0.25);
  CHECK(entropy.class_weights == Tensor<double>{1, 2, 3});
  CHECK(entropy.ignore_index == 1);
}

TEST_CASE("adapt_loss: other losses are unchanged") {
  static_assert(std::is_same_v<decltype(nn::adapt_loss<float>(nn::MeanSquaredError<float>{})),
                               nn::MeanSquaredError<float>>);
  // A cast would slice off what a derived class adds.
  static_assert(std::is_same_v<decltype(nn::adapt_loss<double>(Louder{})), Louder>);
  Louder louder;
  louder.volume = 3;
  CHECK(nn::adapt_loss<double>(louder).volume == 3);
  CHECK(nn::adapt_loss<double>(Constant{1.5}).value == 1.5);
}
