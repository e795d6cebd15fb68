// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/format.hpp>

#include "figure.hpp"
#include "program.hpp"

/// Helpers for programs that repeat an experiment with several seeds, to separate the effect from chance.
namespace support {

struct ExperimentOptions {
  std::uint64_t seeds = 1;  ///< runs use the seeds 0, 1, ..., seeds - 1
  std::string csv = {};
  std::string plot = {};
};

inline void add_output_options(CLI::App& app, ExperimentOptions& options) {
  app.add_option("--csv", options.csv, "Writes the numbers as a table")->type_name("FILE");
  app.add_option("--plot", options.plot, "Draws the numbers; for several runs, the median and range")
      ->type_name("FILE.svg|png");
}
inline void add_experiment_options(CLI::App& app, ExperimentOptions& options) {
  app.add_option("--seeds", options.seeds, "Number of runs, each with a different seed")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1000}));
  add_output_options(app, options);
}

inline void check_outputs(const ExperimentOptions& options) {
  check_writable(options.csv);
  check_drawable(options.plot);
}

/// Returns the median; for an even count, the mean of the two middle numbers.
inline double median(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  const std::size_t half = numbers.size() / 2;
  return numbers.size() % 2 == 1 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2;
}

/// Returns `f(run)` for each run.
template <class Runs, class F>
std::vector<double> each(const Runs& runs, const F& f) {
  std::vector<double> values;
  for (const auto& run : runs) values.push_back(f(run));
  return values;
}

/// Returns the median of the runs' curves with a band from the lowest to the highest value, or the curve
/// itself if there is one run. `curve(run)` returns the curve of a run.
template <class Runs, class Curve>
Line over_seeds(std::string name, std::vector<double> x, const Runs& runs, const Curve& curve) {
  Line line{std::move(name), std::move(x), {}};
  for (std::size_t i = 0; i < line.x.size(); ++i) {
    const std::vector<double> values = each(runs, [&](const auto& run) { return curve(run)[i]; });
    const auto [low, high] = std::ranges::minmax(values);
    line.y.push_back(median(values));
    if (runs.size() == 1) continue;
    line.low.push_back(low);
    line.high.push_back(high);
  }
  return line;
}

/// A table of numbers and names, written as comma-separated values.
class Table {
 public:
  explicit Table(const std::string& columns) : text_(columns + "\n") {}

  template <class... Fields>
  void add(const Fields&... fields) {
    std::string row;
    ((row += (row.empty() ? "" : ",") + field(fields)), ...);
    text_ += row + "\n";
  }

  /// Writes the table, unless `path` is empty. Throws FileError.
  void write(const std::filesystem::path& path) const {
    if (path.empty()) return;
    gradus::write_text(path, text_);
  }

 private:
  static std::string field(const std::string& text) { return text; }
  static std::string field(double number) { return gradus::format_shortest(number); }
  template <std::integral T>
  static std::string field(T number) {
    return std::to_string(number);
  }

  std::string text_;
};

/// Formats a number with three significant digits: `0.0123`, `4.56e-08`.
inline std::string brief(double number) { return gradus::format_general(number, 3); }

/// Prints the program's last line: whether its results show what the chapter claims.
inline void conclude(const std::string& claim, bool seen, const std::string& evidence) {
  std::printf("%s: %s (%s)\n", seen ? "seen" : "NOT SEEN", claim.c_str(), evidence.c_str());
}

}  // namespace support
