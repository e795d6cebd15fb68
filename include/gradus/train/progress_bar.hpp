#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

#if defined(_WIN32)
#include <io.h>
#elif defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#include <gradus/train/history.hpp>

namespace gradus {

namespace detail {

inline bool is_terminal(std::FILE* file) {
#if defined(_WIN32)
  return _isatty(_fileno(file)) != 0;
#elif defined(__unix__) || defined(__APPLE__)
  return isatty(fileno(file)) != 0;
#else
  return file == nullptr;
#endif
}

/// `epoch 3/10 [=======>            ] 94/235, 84300 samples/s, 4 s left`
inline std::string progress_line(Index epoch, Index epochs, Index batch, Index batches,
                                 double samples_per_second, double seconds_left) {
  constexpr Index width = 30;
  const Index filled = batches > 0 ? width * batch / batches : 0;
  std::string bar(static_cast<std::size_t>(filled), '=');
  if (filled < width) bar += '>';
  bar.resize(static_cast<std::size_t>(width), ' ');
  return "epoch " + std::to_string(epoch) + "/" + std::to_string(epochs) + " [" + bar + "] " +
         std::to_string(batch) + "/" + std::to_string(batches) + ", " + fixed(samples_per_second, 0) +
         " samples/s, " + fixed(std::ceil(seconds_left), 0) + " s left";
}

}  // namespace detail

enum class ShowBar { on_terminal, always, never };

struct ProgressBarOptions {
  std::FILE* out = stdout;
  ShowBar bar = ShowBar::on_terminal;
  std::string note = {};  ///< Printed behind each epoch's line.
};

/// Callback that prints each epoch's line when it is over, and on a terminal a bar while it is under way.
class ProgressBar {
 public:
  explicit ProgressBar(ProgressBarOptions options = {})
      : out_(options.out),
        note_(std::move(options.note)),
        draws_(options.bar == ShowBar::always ||
               (options.bar == ShowBar::on_terminal && detail::is_terminal(options.out))) {}

  template <class Trainer>
  void on_step(Trainer& trainer) {
    if (!draws_) return;
    const auto& progress = trainer.progress();
    const auto now = Clock::now();
    if (progress.batch == 1) {
      first_step_ = drawn_ = now;
      first_samples_ = progress.train.samples;
    }
    if (now - drawn_ < interval) return;
    drawn_ = now;
    // The first step is not measured: it makes the buffers, and its start was not seen.
    const double seconds = std::chrono::duration<double>(now - first_step_).count();
    const auto steps = static_cast<double>(progress.batch - 1);
    draw(detail::progress_line(progress.epoch, progress.epochs, progress.batch, progress.batches,
                               static_cast<double>(progress.train.samples - first_samples_) / seconds,
                               seconds / steps * static_cast<double>(progress.batches - progress.batch)));
  }
  template <class Trainer>
  void on_epoch(Trainer& trainer) {
    draw("");
    std::fputs((to_string(trainer.history().back()) + note_ + "\n").c_str(), out_);
    std::fflush(out_);
  }
  /// Leaves a clean line to whatever is printed next, an error for one.
  template <class Trainer>
  void on_end(Trainer&) {
    draw("");
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr auto interval = std::chrono::milliseconds(100);

  /// Overwrites the line, with spaces where the last one was longer: not every terminal knows escape codes.
  void draw(const std::string& line) {
    if (line.empty() && width_ == 0) return;
    const std::string rest(width_ - std::min(width_, line.size()), ' ');
    std::fputs(("\r" + line + rest + (line.empty() ? "\r" : "")).c_str(), out_);
    std::fflush(out_);
    width_ = line.size();
  }

  std::FILE* out_;
  std::string note_;
  bool draws_;
  std::size_t width_ = 0;
  Clock::time_point first_step_;
  Clock::time_point drawn_;
  Index first_samples_ = 0;
};

}  // namespace gradus
