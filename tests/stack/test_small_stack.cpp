// SPDX-License-Identifier: MIT

// The library uses at most 64 KB of stack, whatever it does, so it runs in threads with 128 KB. This holds
// for optimised code: without optimisation an inlined kernel keeps each of its temporaries on the stack, and
// sanitizers put red zones around every variable. This is therefore a separate program.

#if defined(__unix__) || defined(__APPLE__)

#include <cstddef>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/data/gzip.hpp>
#include <gradus/data/write_idx.hpp>
#include <gradus/gradus.hpp>
#include <gradus/io/checkpoint.hpp>
#include <gradus/io/state_dict.hpp>

#include "../support/child_process.hpp"
#include "../support/gzip_bytes.hpp"
#include "../support/small_stack.hpp"
#include "../support/temporary_folder.hpp"

using namespace gradus;
using gradus::test::holds_in_child;
using gradus::test::run_on_stack;
using gradus::test::stack_used_by;

namespace {

constexpr std::size_t most = 64 * 1024;
constexpr std::size_t small_stack = 128 * 1024;

Dataset<> images(Index count) {
  Generator random(1);
  return synthetic_fashion(count, random);
}

/// Runs forward, loss, backward and a step with every kind of optimiser state, and a prediction.
template <class Scalar>
void train(Index batch, Index threads) {
  Generator random(1);
  nn::Sequential<Scalar> net{nn::Linear<Scalar>{256, 128, random}, nn::ReLU<Scalar>{},
                             nn::Linear<Scalar>{128, 10, random}};
  net.set_threads(threads);
  optim::AdamW<Scalar> adam(net.named_parameters(), {.learning_rate = 0.01});
  const auto x = Tensor<Scalar>::randn({batch, 256}, random);
  const std::vector<Index> labels(static_cast<std::size_t>(batch), 3);
  Tensor<Scalar> gradient(Shape{batch, 10}), dx(x.shape());
  for (int step = 0; step < 2; ++step) {
    nn::SoftmaxCrossEntropy<Scalar>{}(net.forward(x), labels, gradient);
    net.backward(gradient, dx);
    adam.step(Parallel(net.thread_pool().get()));
  }
  net.predict(x);
}

template <class Scalar>
void every_loss() {
  Generator random(1);
  for (const Index classes : {1, 10, 1000, 1024, 3000}) {
    const auto x = Tensor<Scalar>::randn({200, classes}, random),
               y = Tensor<Scalar>::uniform(x.shape(), random);
    const std::vector<Index> labels(200, 0);
    Tensor<Scalar> gradient(x.shape());
    nn::SoftmaxCrossEntropy<Scalar>{}(x, labels, gradient);
    nn::MeanSquaredError<Scalar>{}(x, y, gradient);
    nn::BinaryCrossEntropy<Scalar>{}(x, y, gradient);
  }
}

template <class Scalar>
void every_module_without_a_product() {
  nn::Sequential<Scalar> net{nn::Flatten<Scalar>{},      nn::BatchNorm1d<Scalar>{300},
                             nn::LayerNorm<Scalar>{300}, nn::Dropout<Scalar>{0.5},
                             nn::ELU<Scalar>{},          nn::GELU<Scalar>{},
                             nn::LeakyReLU<Scalar>{},    nn::ReLU<Scalar>{},
                             nn::Sigmoid<Scalar>{},      nn::SiLU<Scalar>{},
                             nn::Softplus<Scalar>{},     nn::Tanh<Scalar>{},
                             nn::Identity<Scalar>{},     nn::Softmax<Scalar>{}};
  Generator random(1);
  const auto x = Tensor<Scalar>::randn({50, 20, 15}, random);
  Tensor<Scalar> dx(x.shape());
  net.forward(x);
  net.backward(Tensor<Scalar>::randn({50, 300}, random), dx);
  net.predict(x);
  summary(net, {20, 15});
}

/// Runs a step on materialised gradients and one on zero gradients.
template <class Optimizer>
void step() {
  Generator random(1);
  nn::Sequential<double> net{nn::Linear<double>{100, 70, random}};
  Optimizer optimizer(net.named_parameters(), {.learning_rate = 0.01});
  for (const auto& parameter : net.named_parameters()) parameter->grad().fill(1);
  optim::clip_grad_norm(net.named_parameters(), 1.0);
  optimizer.step();
  optimizer.step();
}

}  // namespace

TEST_CASE("Small stack: training and prediction with products of every size") {
  for (const Index batch : {1, 2, 16, 64, 257}) {
    CAPTURE(batch);
    CHECK(stack_used_by([&] { train<float>(batch, 1); }) <= most);
    CHECK(stack_used_by([&] { train<double>(batch, 1); }) <= most);
  }
}

TEST_CASE("Small stack: losses") {
  CHECK(stack_used_by(every_loss<float>) <= most);
  CHECK(stack_used_by(every_loss<double>) <= most);
}

TEST_CASE("Small stack: modules without a matrix product") {
  CHECK(stack_used_by(every_module_without_a_product<float>) <= most);
  CHECK(stack_used_by(every_module_without_a_product<double>) <= most);
}

TEST_CASE("Small stack: optimisers and weight averages") {
  CHECK(stack_used_by(step<optim::SGD<double>>) <= most);
  CHECK(stack_used_by(step<optim::Adam<double>>) <= most);
  CHECK(stack_used_by(step<optim::AdamW<double>>) <= most);
  CHECK(stack_used_by(step<optim::Adagrad<double>>) <= most);
  CHECK(stack_used_by(step<optim::RMSprop<double>>) <= most);
}

TEST_CASE("Small stack: loaders, random numbers and synthetic data") {
  CHECK(stack_used_by([] {
          const Dataset<> data = images(100);
          Generator random(2);
          Loader loader(data, {.batch_size = 30});
          for (const auto& batch : loader.training_epoch(random)) CHECK(batch.size() > 0);
          Tensor<double>::randn({1000}, random);
          Tensor<float>::uniform({1000}, random);
          random.permutation(1000);
        }) <= most);
}

TEST_CASE("Small stack: files") {
  const test::TemporaryFolder folder("small_stack");
  CHECK(stack_used_by([&] {
          nn::Sequential<double> net{nn::Linear<double>{30, 20}, nn::BatchNorm1d<double>{20}};
          save(net, folder.path / "net.safetensors");
          load(net, folder.path / "net.safetensors");
          optim::Adam<double> adam(net.named_parameters());
          Generator random(1);
          save_checkpoint(net, adam, random, folder.path / "checkpoint.safetensors");
          load_checkpoint(net, adam, random, folder.path / "checkpoint.safetensors");
        }) <= most);
  CHECK(stack_used_by([&] {
          const auto numbers = Tensor<double>::ones({10'000});
          write_idx(folder.path / "numbers", numbers);
          CHECK(read_idx<double>(folder.path / "numbers") == numbers);
          const auto packed = test::write_file(folder.path / "numbers.gz",
                                               test::gzip_bytes(test::read_file(folder.path / "numbers")));
          CHECK(read_idx<double>(GzipFile(packed)) == numbers);
        }) <= most);
}

TEST_CASE("Small stack: a header with deeply nested brackets is refused") {
  const test::TemporaryFolder folder("small_stack_brackets");
  const std::size_t depth = 1'000'000;
  for (const std::string& json : {std::string(depth, '['), "{\"a\":" + std::string(depth, '['),
                                  "{\"a\":{\"shape\":" + std::string(depth, '[')}) {
    std::string file(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<char>(json.size() >> (8 * i) & 0xff);
    const auto path = test::write_file(folder.path / "file.safetensors", file + json);
    CHECK(stack_used_by([&] { CHECK_THROWS_AS(SafetensorsReader{path}, FileError); }) <= most);
  }
}

TEST_CASE("Small stack: a graph of 20,000 nodes is differentiated, drawn and destroyed") {
  CHECK(stack_used_by([] {
          const Variable<double> x(Tensor<double>{1, 2}, requires_grad);
          Variable<double> y = x;
          for (int i = 0; i < 20'000; ++i) y = y * 1.00001;
          Variable<double> loss = sum(y);
          CHECK(graph_to_dot(loss).size() > 500'000);
          loss.backward();
        }) <= most);
}

TEST_CASE("Small stack: the second gradient of a long graph") {
  CHECK(stack_used_by([] {
          const Variable<double> x(Tensor<double>{1, 2}, requires_grad);
          Variable<double> y = x * x;
          for (int i = 0; i < 10'000; ++i) y = y * 1.00001;
          const Variable<double> slope = grad(sum(y), x, {.create_graph = true});
          grad(sum(slope * slope), x);
        }) <= most);
}

TEST_CASE("Small stack: shapes of the highest rank are printed, permuted, broadcast and reduced") {
  CHECK(stack_used_by([] {
          const Variable<float> x(Tensor<float>::ones({2, 2, 2, 2, 2, 2, 2, 2}), requires_grad);
          Variable<float> y = sum(permute(x, {7, 6, 5, 4, 3, 2, 1, 0}) * Tensor<float>{1, 2}, {0, 2, 4, 6});
          std::ostringstream text;
          text << y.value();
          sum(softmax(y)).backward();
        }) <= most);
}

TEST_CASE("Small stack: sequences of the maximum nesting depth") {
  nn::Sequential<float> net{nn::Linear<float>{5, 5}};
  for (Index i = 1; i < nn::max_nesting; ++i) {
    nn::Sequential<float> outer{nn::ReLU<float>{}};
    outer.push_back(std::move(net));
    outer.push_back(nn::Dropout<float>{0.5});
    net = std::move(outer);
  }
  const auto x = Tensor<float>::ones({3, 5});
  Tensor<float> dx(x.shape());
  Generator random(1);
  CHECK(stack_used_by([&] { net.forward(x); }) <= most);
  CHECK(stack_used_by([&] { net.backward(x, dx); }) <= most);
  CHECK(stack_used_by([&] { net.predict(x); }) <= most);
  CHECK(stack_used_by([&] { sum(net(Variable<float>(x, requires_grad))).backward(); }) <= most);
  CHECK(stack_used_by([&] { auto copy = std::make_unique<nn::Sequential<float>>(net); }) <= most);
  CHECK(stack_used_by([&] { summary(net, {5}); }) <= most);
  CHECK(stack_used_by([&] { net.named_parameters(); }) <= most);
  CHECK(stack_used_by([&] { net.named_buffers(); }) <= most);
  CHECK(stack_used_by([&] { net.reset_parameters(random); }) <= most);
}

namespace {

/// Does everything that a training program does.
void train_and_save(const std::filesystem::path& folder, Index threads) {
  train<float>(64, threads);
  train<double>(64, threads);
  Generator random(1);
  nn::Sequential<float> net{nn::Flatten<float>{}, nn::Linear<float>{784, 64, random}, nn::ReLU<float>{},
                            nn::Linear<float>{64, 10, random}};
  net.set_threads(threads);
  optim::SGD<float> sgd(net.named_parameters(), {.learning_rate = 0.1, .momentum = 0.9});
  const Dataset<> data = images(100);
  Trainer trainer{net, nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 2, .batch_size = 64}};
  trainer.fit(data, data);
  save_checkpoint(net, sgd, random, folder / "checkpoint.safetensors");
  load_checkpoint(net, sgd, random, folder / "checkpoint.safetensors");
  sum(net(Tensor<float>::ones({64, 28, 28}))).backward();
}

}  // namespace

TEST_CASE("Small stack: complete training in 128 KB") {
  const test::TemporaryFolder folder("small_stack_training");
  for (const Index threads : {1, 2}) {
    CHECK(holds_in_child(
        [&] {
          run_on_stack(small_stack, [&] { train_and_save(folder.path, threads); });
          return true;
        },
        120));
  }
}

#if defined(__linux__)
TEST_CASE("Small stack: the process that the next test starts" * doctest::skip()) {
  rlimit limit{};
  getrlimit(RLIMIT_STACK, &limit);
  REQUIRE(limit.rlim_cur == 192 * 1024);
  const test::TemporaryFolder folder("small_stack_process");
  train_and_save(folder.path, 2);
}

TEST_CASE("Small stack: training on two threads under `ulimit -s 192`") {
  // The limit applies to the main stack of the next program and to the stacks of its threads.
  const pid_t child = fork();
  if (child == 0) {
    alarm(120);
    const rlimit limit{192 * 1024, 192 * 1024};
    setrlimit(RLIMIT_STACK, &limit);
    execl("/proc/self/exe", "small_stack", "--no-skip", "--minimal",
          "--test-case=Small stack: the process that the next test starts", nullptr);
    _exit(3);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif

#endif
