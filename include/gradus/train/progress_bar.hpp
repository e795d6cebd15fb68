// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/terminal.hpp>
#include <gradus/train/history.hpp>
#include <gradus/train/main_process.hpp>

namespace gradus {

namespace detail {

/// The values shown by a progress bar.
struct ProgressState {
  Index epoch = 0, epochs = 0, batch = 0, batches = 0;
  double samples_per_second = 0;
  double seconds_left = 0;   ///< of the whole fit
  std::string metrics = {};  ///< `, mae 0.250`, shown if there is room
};

/// Returns `4 s left` or `73 min left`.
inline std::string time_left(double seconds) {
  constexpr double most_seconds = 600;
  const double left = std::max(seconds, 0.0);
  if (std::ceil(left) <= most_seconds) return format_fixed(std::ceil(left), 0) + " s left";
  return format_fixed(std::ceil(left / 60), 0) + " min left";
}

/// Returns `[=======>            ]`.
inline std::string drawn_bar(Index done, Index all, std::size_t width) {
  const double share = all > 0 ? static_cast<double>(done) / static_cast<double>(all) : 0;
  const auto filled = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width));
  std::string text(filled, '=');
  if (filled < width) text += '>';
  text.resize(width, ' ');
  return "[" + text + "]";
}

/// Returns `epoch 3/10 [=======>            ] 94/235, mae 0.250, 84300 samples/s, 4 s left`. If `columns` is
/// too small, shrinks the bar, then omits the metrics, the bar, the rate, the time and the batches, in order.
inline std::string progress_line(const ProgressState& at, std::size_t columns) {
  constexpr std::size_t widest_bar = 30, narrowest_bar = 8, frame = 4;
  const std::string count = std::to_string(at.epoch) + "/" + std::to_string(at.epochs);
  const std::string epoch = "epoch " + count;
  std::string batch = std::to_string(at.batch) + "/" + std::to_string(at.batches);
  const std::string time = ", " + time_left(at.seconds_left);
  const std::string rate_and_time = ", " + format_fixed(at.samples_per_second, 0) + " samples/s" + time;

  std::size_t beside_the_bar = epoch.size() + frame + batch.size() + rate_and_time.size();
  if (columns >= beside_the_bar + at.metrics.size() + narrowest_bar) {
    batch += at.metrics;
    beside_the_bar += at.metrics.size();
  }
  if (columns >= beside_the_bar + narrowest_bar) {
    const std::size_t width = std::min(widest_bar, columns - beside_the_bar);
    return epoch + " " + drawn_bar(at.batch, at.batches, width) + " " + batch + rate_and_time;
  }
  for (const std::string& line : {epoch + ", " + batch + rate_and_time, epoch + ", " + batch + time,
                                  epoch + ", " + batch, epoch, count}) {
    if (line.size() <= columns) return line;
  }
  return "";
}

/// An estimate of the remaining time of a fit, from the time per step and the time between epochs, which
/// includes validation.
class FitClock {
 public:
  using Clock = std::chrono::steady_clock;

  void begin_fit() { *this = FitClock(); }
  void begin_epoch(Clock::time_point first_step) {
    // The first step of an epoch is not timed, because its start is unknown.
    if (has_steps_) between_epochs_ = std::max(seconds(last_step_, first_step) - seconds_per_step_, 0.0);
    first_step_ = last_step_ = first_step;
    has_steps_ = true;
  }
  void step(Clock::time_point now, Index steps_after_the_first) {
    last_step_ = now;
    seconds_per_step_ = seconds(first_step_, now) / static_cast<double>(steps_after_the_first);
  }

  double seconds_in_epoch() const { return seconds(first_step_, last_step_); }
  double seconds_left(const ProgressState& at) const {
    const auto epochs = static_cast<double>(at.epochs - at.epoch);
    const auto steps = epochs * static_cast<double>(at.batches) + static_cast<double>(at.batches - at.batch);
    return steps * seconds_per_step_ + (epochs + 1) * between_epochs_;
  }

 private:
  static double seconds(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  }

  bool has_steps_ = false;
  Clock::time_point first_step_, last_step_;
  double seconds_per_step_ = 0, between_epochs_ = 0;
};

}  // namespace detail

/// When to draw the bar.
enum class ShowBar { on_terminal, always, never };

/// Options for ProgressBar.
struct ProgressBarOptions {
  /// The stream to print to.
  std::FILE* out = stdout;
  /// When to draw the bar.
  ShowBar bar = ShowBar::on_terminal;
  std::string note = {};  ///< printed after each epoch's line
};

/// A callback that prints a line after each epoch and, on a terminal, shows a bar during the epoch. The bar
/// adapts to the terminal's width and shows the time left for the whole fit.
class ProgressBar {
 public:
  /// Takes the options.
  explicit ProgressBar(ProgressBarOptions options = {})
      : out_(options.out),
        note_(std::move(options.note)),
        draws_(options.bar == ShowBar::always ||
               (options.bar == ShowBar::on_terminal && is_terminal(options.out))),
        line_(options.out) {}

  /// Called by the trainer.
  template <class Trainer>
  void on_begin(Trainer&) {
    clock_.begin_fit();
    epoch_ = 0;
  }
  /// Called by the trainer. Redraws the bar at most 10 times per second.
  template <class Trainer>
  void on_step(Trainer& trainer) {
    if (!draws_ || !detail::is_main(trainer)) return;
    const auto& progress = trainer.progress();
    const auto now = detail::FitClock::Clock::now();
    if (progress.epoch != epoch_) {  // not batch 1 if gradients are accumulated or the fit is resumed
      epoch_ = progress.epoch;
      first_batch_ = progress.batch;
      clock_.begin_epoch(now);
      drawn_ = now;
      first_samples_ = progress.train.samples;
      return;
    }
    clock_.step(now, progress.batch - first_batch_);
    if (now - drawn_ < interval) return;
    drawn_ = now;
    detail::ProgressState state{progress.epoch, progress.epochs, progress.batch, progress.batches};
    state.samples_per_second =
        static_cast<double>(progress.train.samples - first_samples_) / clock_.seconds_in_epoch();
    state.seconds_left = clock_.seconds_left(state);
    for (const NamedMetric& metric : progress.train.named)
      state.metrics += ", " + metric.name + " " + format_loss(metric.value);
    line_.show(detail::progress_line(state, line_.room()));
  }
  /// Called by the trainer. Prints the line of the epoch.
  template <class Trainer>
  void on_epoch(Trainer& trainer) {
    if (!detail::is_main(trainer)) return;
    line_.clear();
    std::fputs((to_string(trainer.history().back()) + note_ + "\n").c_str(), out_);
    std::fflush(out_);
  }
  /// Called by the trainer. Clears the line for whatever is printed next, such as an error.
  template <class Trainer>
  void on_end(Trainer&) {
    line_.clear();
  }

 private:
  static constexpr auto interval = std::chrono::milliseconds(100);

  std::FILE* out_;
  std::string note_;
  bool draws_;
  StatusLine line_;
  detail::FitClock clock_;
  detail::FitClock::Clock::time_point drawn_;
  Index epoch_ = 0;
  Index first_batch_ = 0;
  Index first_samples_ = 0;
};

}  // namespace gradus
