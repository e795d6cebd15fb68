// SPDX-License-Identifier: MIT

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/error.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/batch_norm.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/mean_squared_error.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/training_step.hpp>

namespace {

using gradus::Generator;
using gradus::Index;
using gradus::Tensor;
using gradus::TrainerOptions;
namespace nn = gradus::nn;
namespace optim = gradus::optim;

struct Batch {
  Tensor<float> x;
  Tensor<float> labels;
  Index size() const { return x.shape()[0]; }
};

using Net = nn::Sequential<float>;
using Step = gradus::detail::TrainingStep<Net, nn::MeanSquaredError<float>, optim::SGD<float>>;

Net slope(float weight) {
  Net net{nn::Linear{1, 1, {.bias = false}}};
  net.named_parameters()[0]->value.data()[0] = weight;
  return net;
}
float weight_of(Net& net) { return net.named_parameters()[0]->value.data()[0]; }

const auto ignore = [](const auto&, const auto&) {};

}  // namespace

TEST_CASE("TrainingStep: one batch moves the weight by the learning rate times the gradient") {
  Net net = slope(1);
  optim::SGD<float> optimizer(net.named_parameters(), {.learning_rate = 0.25});
  Step step(net, {}, optimizer, {});
  Generator random(1);
  step.begin_fit();
  // d/dw (2 w - 6)^2 = 2 x 2 x (2 - 6) = -16
  step.add_batch(Batch{{{2}}, {{6}}}, random, {.batches = 1}, ignore);
  CHECK(step.is_open());
  CHECK(step.batch_loss() == 16);
  step.finish_gradients();
  step.clip_gradients();
  step.update();
  CHECK(weight_of(net) == 5);
  step.clear();
  CHECK_FALSE(step.is_open());
}

TEST_CASE("TrainingStep: accumulated batches of different sizes equal one batch of all samples") {
  Net net = slope(1), whole = slope(1);
  optim::SGD<float> optimizer(net.named_parameters(), {.learning_rate = 0.25}),
      whole_optimizer(whole.named_parameters(), {.learning_rate = 0.25});
  Step step(net, {}, optimizer, {.accumulation_steps = 2}), whole_step(whole, {}, whole_optimizer, {});
  Generator random(1);
  step.begin_fit();
  step.add_batch(Batch{{{1}, {2}, {3}}, {{0}, {0}, {0}}}, random, {.batches = 2}, ignore);
  step.add_batch(Batch{{{4}}, {{0}}}, random, {.batch = 1, .batches = 2}, ignore);
  step.finish_gradients();
  step.update();
  whole_step.begin_fit();
  whole_step.add_batch(Batch{{{1}, {2}, {3}, {4}}, {{0}, {0}, {0}, {0}}}, random, {.batches = 1}, ignore);
  whole_step.update();
  CHECK(step.batch_loss() == doctest::Approx(whole_step.batch_loss()));
  CHECK(weight_of(net) == doctest::Approx(weight_of(whole)));
  CHECK(weight_of(net) != 1);
}

TEST_CASE("TrainingStep: roll_back restores buffers and gradients after a loss that is not finite") {
  Net net{nn::BatchNorm1d{1}, nn::Linear{1, 1}};
  optim::SGD<float> optimizer(net.named_parameters(), {.learning_rate = 0.25});
  Step step(net, {}, optimizer, {});
  Generator random(1);
  net.train();
  step.begin_fit();
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH_AS(step.add_batch(Batch{{{1}, {5}}, {{infinity}, {0}}}, random,
                                      {.epoch = 3, .batch = 4, .batches = 9}, ignore),
                       doctest::Contains("in epoch 3, batch 5"), gradus::NumericError);
  float mean = 0;
  nn::visit_buffers(net, [&](std::string_view name, Tensor<float>& buffer) {
    if (name.find("running_mean") != std::string_view::npos) mean = buffer.data()[0];
  });
  CHECK(mean != 0);  // the forward pass has changed it
  step.roll_back();
  nn::visit_buffers(net, [&](std::string_view name, Tensor<float>& buffer) {
    if (name.find("running_mean") != std::string_view::npos) mean = buffer.data()[0];
  });
  CHECK(mean == 0);
}
