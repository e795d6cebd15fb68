#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/progress_bar.hpp>
#include <gradus/train/trainer.hpp>

#include "toy_problems.hpp"

namespace {

using gradus::ShowBar;

/// What is printed while two epochs of two batches are trained, each step taking so long.
std::string printed(gradus::ShowBar bar, std::chrono::milliseconds step) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  auto net = gradus::test::small_network();
  gradus::Generator random(0);
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0}};
  gradus::Trainer trainer{
      net, gradus::nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 2, .batch_size = 10}};
  trainer.on_step([&](auto&) { std::this_thread::sleep_for(step); });
  trainer.add(gradus::ProgressBar{{.out = file.get(), .bar = bar, .note = " (a note)"}});
  trainer.fit(gradus::test::bright_pixels(20));
  std::string text(static_cast<std::size_t>(std::ftell(file.get())), '\0');
  std::rewind(file.get());
  REQUIRE(std::fread(text.data(), 1, text.size(), file.get()) == text.size());
  return text;
}

}  // namespace

TEST_CASE("ProgressBar: nothing but the epoch's line where the output is no terminal") {
  const std::string text = printed(ShowBar::never, std::chrono::milliseconds(150));
  CHECK(text.find('\r') == text.npos);
  CHECK(text.starts_with("epoch 1, train loss "));
  CHECK(text.find("\nepoch 2, train loss ") != text.npos);
  CHECK(text.ends_with(" (a note)\n"));
}

TEST_CASE("ProgressBar: on a terminal the bar comes and goes") {
  const std::string text = printed(ShowBar::always, std::chrono::milliseconds(150));
  CHECK(text.starts_with("\repoch 1/2 [======"));
  const auto line = text.find("\repoch 1, train loss ");
  REQUIRE(line != text.npos);
  // before the line, the bar was overwritten with spaces
  CHECK(text.substr(line - 20, 20) == std::string(20, ' '));
  CHECK(text.ends_with(" (a note)\n"));
}

TEST_CASE("ProgressBar: a fast epoch draws no bar") {
  CHECK(printed(ShowBar::on_terminal, std::chrono::milliseconds(0)) ==
        printed(ShowBar::never, std::chrono::milliseconds(0)));
  CHECK(printed(ShowBar::always, std::chrono::milliseconds(0)) ==
        printed(ShowBar::never, std::chrono::milliseconds(0)));
}

TEST_CASE("ProgressBar: a line has the bar, the rate and the time left") {
  CHECK(gradus::detail::progress_line(3, 10, 94, 235, 84300.4, 3.2) ==
        "epoch 3/10 [============>                 ] 94/235, 84300 samples/s, 4 s left");
  CHECK(gradus::detail::progress_line(1, 1, 5, 5, 10, 0) ==
        "epoch 1/1 [==============================] 5/5, 10 samples/s, 0 s left");
}

TEST_CASE("is_terminal: a file is none") {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  CHECK_FALSE(gradus::detail::is_terminal(file.get()));
}
