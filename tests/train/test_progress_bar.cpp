// SPDX-License-Identifier: MIT

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn/softmax_cross_entropy.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/train/progress_bar.hpp>
#include <gradus/train/trainer.hpp>

#include "../support/pseudo_terminal.hpp"
#include "toy_problems.hpp"

namespace {

using gradus::ShowBar;

/// Returns what is printed while two epochs of two batches are trained, with the given time per step.
std::string printed(gradus::ShowBar bar, std::chrono::milliseconds step) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  auto net = gradus::test::small_network();
  gradus::Generator random(0);
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0}};
  gradus::Trainer trainer{
      net, gradus::nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 2, .batch_size = 10}};
  trainer.after_each_step([&](auto&) { std::this_thread::sleep_for(step); });
  trainer.add(gradus::ProgressBar{{.out = file.get(), .bar = bar, .note = " (a note)"}});
  trainer.fit(gradus::test::bright_pixels(20));
  std::string text(static_cast<std::size_t>(std::ftell(file.get())), '\0');
  std::rewind(file.get());
  REQUIRE(std::fread(text.data(), 1, text.size(), file.get()) == text.size());
  return text;
}

}  // namespace

TEST_CASE("ProgressBar: prints only the epoch's line if the output is not a terminal") {
  const std::string text = printed(ShowBar::never, std::chrono::milliseconds(150));
  CHECK(text.find('\r') == text.npos);
  CHECK(text.starts_with("epoch 1, train loss "));
  CHECK(text.find("\nepoch 2, train loss ") != text.npos);
  CHECK(text.ends_with(" (a note)\n"));
}

TEST_CASE("ProgressBar: on a terminal, draws and erases the bar") {
  const std::string text = printed(ShowBar::always, std::chrono::milliseconds(150));
  CHECK(text.starts_with("\repoch 1/2 [======"));
  const auto line = text.find("\repoch 1, train loss ");
  REQUIRE(line != text.npos);
  // Before the line is printed, the bar is overwritten with spaces.
  CHECK(text.substr(line - 20, 20) == std::string(20, ' '));
  CHECK(text.ends_with(" (a note)\n"));
}

TEST_CASE("ProgressBar: a fast epoch draws no bar") {
  CHECK(printed(ShowBar::on_terminal, std::chrono::milliseconds(0)) ==
        printed(ShowBar::never, std::chrono::milliseconds(0)));
  CHECK(printed(ShowBar::always, std::chrono::milliseconds(0)) ==
        printed(ShowBar::never, std::chrono::milliseconds(0)));
}

namespace {

/// Returns a state in the middle of training, for which the full line has 77 columns.
gradus::detail::ProgressState under_way() { return {3, 10, 94, 235, 84300.4, 3.2}; }

std::string line(std::size_t columns) { return gradus::detail::progress_line(under_way(), columns); }

}  // namespace

TEST_CASE("ProgressBar: a line has the bar, the rate and the remaining time") {
  CHECK(line(79) == "epoch 3/10 [============>                 ] 94/235, 84300 samples/s, 4 s left");
  CHECK(line(1000) == line(79));
  CHECK(gradus::detail::progress_line({1, 1, 5, 5, 10, 0}, 79) ==
        "epoch 1/1 [==============================] 5/5, 10 samples/s, 0 s left");
}

TEST_CASE("ProgressBar: a narrow terminal drops the least important parts of the line") {
  CHECK(line(59) == "epoch 3/10 [====>       ] 94/235, 84300 samples/s, 4 s left");
  CHECK(line(54) == "epoch 3/10, 94/235, 84300 samples/s, 4 s left");
  CHECK(line(44) == "epoch 3/10, 94/235, 4 s left");
  CHECK(line(19) == "epoch 3/10, 94/235");
  CHECK(line(10) == "epoch 3/10");
  CHECK(line(9) == "3/10");
  CHECK(line(3) == "");
  for (std::size_t columns = 0; columns < 100; ++columns) CHECK(line(columns).size() <= columns);
}

TEST_CASE("ProgressBar: long times are shown in minutes") {
  CHECK(gradus::detail::time_left(-1) == "0 s left");
  CHECK(gradus::detail::time_left(0.1) == "1 s left");
  CHECK(gradus::detail::time_left(600) == "600 s left");
  CHECK(gradus::detail::time_left(601) == "11 min left");
}

TEST_CASE("ProgressBar: the remaining time covers the whole fit, including validation") {
  using namespace std::chrono_literals;
  const gradus::detail::FitClock::Clock::time_point start{};
  gradus::detail::FitClock clock;
  clock.begin_fit();
  // Three epochs of five batches, 1 s per batch.
  clock.begin_epoch(start);
  clock.step(start + 1s, 1);
  CHECK(clock.seconds_left({1, 3, 2, 5}) == doctest::Approx(3 + 2 * 5));
  clock.step(start + 4s, 4);
  CHECK(clock.seconds_left({1, 3, 5, 5}) == doctest::Approx(2 * 5));
  // Validation takes 6 s, then the first step of the second epoch ends.
  clock.begin_epoch(start + 11s);
  CHECK(clock.seconds_left({2, 3, 1, 5}) == doctest::Approx(4 + 5 + 2 * 6));
  clock.step(start + 12s, 1);
  CHECK(clock.seconds_in_epoch() == doctest::Approx(1));
  CHECK(clock.seconds_left({2, 3, 2, 5}) == doctest::Approx(3 + 5 + 2 * 6));
  // Another fit ignores the time since the previous one.
  clock.begin_fit();
  clock.begin_epoch(start + 1000s);
  clock.step(start + 1002s, 1);
  CHECK(clock.seconds_left({4, 4, 2, 5}) == doctest::Approx(3 * 2));
}

#if defined(__unix__)
namespace {

/// Returns the longest of the overwritten lines in the output of an epoch of five slow batches.
/// `on_step(trainer)` is called before the bar is drawn.
template <class OnStep>
std::string printed_to(gradus::test::PseudoTerminal& terminal, const OnStep& on_step) {
  auto net = gradus::test::small_network();
  gradus::Generator random(0);
  gradus::optim::SGD sgd{net.named_parameters(), {.learning_rate = 0}};
  gradus::Trainer trainer{
      net, gradus::nn::SoftmaxCrossEntropy<float>{}, sgd, random, {.epochs = 1, .batch_size = 10}};
  trainer.after_each_step([&](auto& at) {
    std::this_thread::sleep_for(std::chrono::milliseconds(110));
    on_step(at.progress().batch);
  });
  trainer.add(gradus::ProgressBar{{.out = terminal.file()}});
  trainer.fit(gradus::test::bright_pixels(50));
  return terminal.take();
}

/// Returns the parts of the text that stay on one line; each starts at a carriage return.
std::vector<std::string> overwritten(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text.substr(0, text.find("epoch 1, train loss")));
  for (std::string part; std::getline(stream, part, '\r');) parts.push_back(part);
  return parts;
}

}  // namespace

TEST_CASE("ProgressBar: stays on one line without wrapping, on a terminal of any width") {
  for (const int columns : {1, 2, 3, 5, 7, 10, 20, 60, 80, 200}) {
    CAPTURE(columns);
    gradus::test::PseudoTerminal terminal(columns);
    const std::string text = printed_to(terminal, [](gradus::Index) {});
    CHECK(std::ranges::count(text, '\n') == 1);  // after the epoch
    CHECK(text.find('\x1b') == text.npos);
    const auto parts = overwritten(text);
    CHECK(parts.size() >= 4);
    for (const std::string& part : parts) CHECK(part.size() < static_cast<std::size_t>(columns));
    if (columns >= 20) CHECK(text.find("epoch 1/1, 3/5") + text.find("epoch 1/1 [") != 2 * text.npos);
  }
}

TEST_CASE("ProgressBar: adapts when the width of the terminal changes") {
  gradus::test::PseudoTerminal terminal(80);
  std::string wide;
  const std::string narrow = printed_to(terminal, [&](gradus::Index batch) {
    if (batch != 3) return;
    wide = terminal.take();
    terminal.resize(20);
  });
  CHECK(wide.find(" samples/s, ") != wide.npos);
  CHECK(std::ranges::count(wide + narrow, '\n') == 1);
  for (const std::string& part : overwritten(narrow)) CHECK(part.size() < 20);
}
#endif

TEST_CASE("ProgressBar: shows metrics if there is room") {
  const gradus::detail::ProgressState state{3, 10, 94, 235, 84300, 4, ", mae 0.250"};
  const auto line = [&](std::size_t columns) { return gradus::detail::progress_line(state, columns); };
  CHECK(line(200) ==
        "epoch 3/10 [============>                 ] 94/235, mae 0.250, 84300 samples/s, 4 s left");
  CHECK(line(60).find("mae") == std::string::npos);
  for (std::size_t columns = 0; columns < 120; ++columns) CHECK(line(columns).size() <= columns);
}
