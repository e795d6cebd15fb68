#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/learning_rate_schedule.hpp>
#include <gradus/train/trainer.hpp>

#include "toy_problems.hpp"

namespace {

using gradus::Every;
using gradus::Index;

struct RecordRate {
  std::vector<double>* rates;
  void on_gradient(auto& trainer) { rates->push_back(trainer.optimizer().learning_rate()); }
};

/// The learning rates with which the steps of two fits of two epochs of two batches were made.
std::vector<double> rates(Every every) {
  auto net = gradus::test::small_network();
  gradus::Generator random(0);
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 77}};
  gradus::Trainer trainer{
      net, gradus::nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 2, .batch_size = 10}};
  std::vector<double> recorded;
  trainer.add(RecordRate{&recorded});
  trainer.add(
      gradus::LearningRateSchedule{[](Index t) { return 0.001 * static_cast<double>(t + 1); }, every});
  const auto data = gradus::test::bright_pixels(20);
  trainer.fit(data);
  trainer.fit(data);
  return recorded;
}

}  // namespace

TEST_CASE("LearningRateSchedule: sets the rate for each epoch or each step, and goes on in a further fit") {
  CHECK(rates(Every::epoch) == std::vector{.001, .001, .002, .002, .003, .003, .004, .004});
  CHECK(rates(Every::step) == std::vector{.001, .002, .003, .004, .005, .006, .007, .008});
}
