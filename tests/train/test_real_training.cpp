#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include <gradus/data/fashion_mnist.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/trainer.hpp>

/// The chapter's networks on the real data, the first epochs; tests/check_bands.sh goes through all ten with
/// five seeds.
namespace {

using gradus::FashionMnist;
using gradus::Generator;
using gradus::History;
using gradus::Index;
namespace nn = gradus::nn;

History train(nn::Sequential<float> net, Generator& random, Index epochs) {
  const std::string folder = std::getenv("FASHION_MNIST_DIR");
  nn::init::weights(net, [&](auto weight) { nn::init::normal(weight, random, 0, 0.01); });
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0.1}};
  gradus::Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = epochs}};
  return trainer.fit(FashionMnist::load(folder, gradus::Split::train),
                     FashionMnist::load(folder, gradus::Split::test));
}

}  // namespace

TEST_CASE("784-256-10: what PyTorch prints for the same seed") {
  Generator random(0);
  const History history = train(
      {nn::Flatten{}, nn::Linear{784, 256, random}, nn::ReLU{}, nn::Linear{256, 10, random}}, random, 2);
  struct Line {
    double train_loss, train_acc, test_acc;
  };
  // tests/reference/torch_side_by_side.py, PyTorch 1.13. Other processors round sums otherwise, which may
  // move a few of the 10,000 test images across the border of their class.
  const std::array lines{Line{1.045, 0.640, 0.751}, Line{0.601, 0.788, 0.805}};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const gradus::EpochRecord& record = history[static_cast<Index>(i)];
    CHECK(std::abs(record.train.loss - lines[i].train_loss) < 0.001);
    CHECK(std::abs(record.train.accuracy - lines[i].train_acc) < 0.001);
    CHECK(std::abs(record.validation.value().accuracy - lines[i].test_acc) < 0.003);
  }
}

TEST_CASE("784-256-128-10: the first epoch is in the band of the chapter's second table") {
  Generator random(1);
  const History history = train({nn::Flatten{}, nn::Linear{784, 256, random}, nn::ReLU{},
                                 nn::Linear{256, 128, random}, nn::ReLU{}, nn::Linear{128, 10, random}},
                                random, 1);
  CHECK(history[0].train.loss > 1.71);
  CHECK(history[0].train.loss < 2.01);
}
