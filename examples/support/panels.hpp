#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <gradus/train/history.hpp>

#include "gnuplot.hpp"

namespace support {

/// One line of a picture, from left to right, not empty. `low` and `high`, if given, are the edges of a band
/// around it.
struct Line {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> low = {};
  std::vector<double> high = {};
};

/// One pair of axes with a legend below it, where it hides nothing.
struct Panel {
  std::string title = {};
  std::string x_label = "epoch";
  std::string y_label = {};
  bool logarithmic = false;
  std::optional<double> bottom = {};  ///< The axis' ends; else those of the lines.
  std::optional<double> top = {};
  std::vector<Line> lines = {};
};

namespace detail {

/// Points beyond this many make a line no clearer and its file larger.
inline constexpr std::size_t max_points = 65;

/// At most max_points of the numbers from 0 to count - 1, evenly spread, the last one among them.
inline std::vector<std::size_t> thinned(std::size_t count) {
  std::vector<std::size_t> kept;
  const std::size_t points = std::min(count, max_points);
  for (std::size_t i = 0; i < points; ++i) kept.push_back(points > 1 ? i * (count - 1) / (points - 1) : 0);
  return kept;
}

/// A distance of 1, 2 or 5 times a power of ten that divides a range into four or fewer.
inline double tic_step(double range) {
  const double power = std::pow(10, std::floor(std::log10(range / 4.5)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (range / (factor * power) < 4.5) return factor * power;
  }
  return 10 * power;
}

inline std::string data_block(const std::string& name, const Line& line) {
  const auto number = [](double value) { return " " + gradus::detail::shortest(value); };
  std::string block = name + " << end\n";
  for (const std::size_t i : thinned(line.x.size())) {
    block += number(line.x[i]) + number(line.y[i]);
    if (!line.low.empty()) block += number(line.low[i]) + number(line.high[i]);
    block += "\n";
  }
  return block + "end\n";
}

/// The least rectangle that holds all lines and bands of a panel, or what of it is fixed.
struct Extent {
  double left, right, bottom, top;

  explicit Extent(const Panel& panel)
      : left(std::numeric_limits<double>::infinity()), right(-left), bottom(left), top(-left) {
    for (const Line& line : panel.lines) {
      left = std::min(left, line.x.front());
      right = std::max(right, line.x.back());
      for (const auto* ys : {&line.y, &line.low, &line.high}) {
        for (const double y : *ys) {
          bottom = std::min(bottom, y);
          top = std::max(top, y);
        }
      }
    }
    bottom = panel.bottom.value_or(bottom);
    top = panel.top.value_or(top);
  }
};

inline std::string axes(const Panel& panel) {
  const Extent extent(panel);
  const auto end = [](std::optional<double> fixed) { return fixed ? gradus::detail::shortest(*fixed) : "*"; };
  std::string script = "set title " + gnuplot_string(panel.title) + "\nset xlabel " +
                       gnuplot_string(panel.x_label) + "\nset ylabel " + gnuplot_string(panel.y_label) + "\n";
  script +=
      panel.logarithmic ? "set logscale y\nset format y '%g'\n" : "unset logscale y\nset format y '%h'\n";
  script += "set yrange [" + end(panel.bottom) + ":" + end(panel.top) + "]\n";
  if (extent.right > extent.left) {
    script += "set xtics " + gradus::detail::shortest(tic_step(extent.right - extent.left)) + "\n";
  }
  double step = extent.top > extent.bottom ? tic_step(extent.top - extent.bottom) : 1;
  if (panel.logarithmic) {
    step = std::pow(10, std::max(1.0, std::ceil(std::log10(extent.top / extent.bottom) / 6)));
  }
  return script + "set ytics " + gradus::detail::shortest(step) + "\n";
}

/// How many names fit side by side below a panel.
inline std::size_t legend_columns(const Panel& panel, int width) {
  constexpr int margins = 130;
  constexpr std::size_t line_sample = 50, letter = 8;
  std::size_t longest = 0;
  for (const Line& line : panel.lines) longest = std::max(longest, line.name.size());
  return std::clamp(static_cast<std::size_t>(width - margins) / (line_sample + letter * longest),
                    std::size_t{1}, panel.lines.size());
}
inline std::size_t legend_rows(const Panel& panel, int width) {
  const std::size_t columns = legend_columns(panel, width);
  return (panel.lines.size() + columns - 1) / columns;
}

inline std::string plot_commands(const Panel& panel) {
  constexpr std::array colours{"#1f77b4", "#bf00bf", "#008000", "#d62728", "#ff7f0e", "#555555"};
  constexpr std::array dashes{"solid", "'-'", "'_.'", "'.'", "'_-'", "'-..'"};
  std::string blocks, bands, lines;
  for (std::size_t i = 0; i < panel.lines.size(); ++i) {
    const Line& line = panel.lines[i];
    const std::string block = "$line" + std::to_string(i);
    const std::string colour = gnuplot_string(colours[i % colours.size()]);
    blocks += data_block(block, line);
    if (!line.low.empty()) {
      bands += block + " using 1:3:4 with filledcurves fc rgb " + colour +
               " fs transparent solid 0.18 noborder notitle, ";
    }
    lines += (i > 0 ? ", " : "") + block + " using 1:2 with lines lw 2 lc rgb " + colour + " dt " +
             dashes[i % dashes.size()] + " title " + gnuplot_string(line.name);
  }
  return blocks + "plot " + bands + lines + "\n";
}

}  // namespace detail

/// Draws panels side by side, so many in a row. Throws FileError.
inline void draw_panels(const std::filesystem::path& path, const std::vector<Panel>& panels,
                        std::size_t columns = 3) {
  columns = std::min(columns, panels.size());
  const std::size_t rows = (panels.size() + columns - 1) / columns;
  const int width = columns < 3 ? 480 : 340;
  std::size_t legend = 1;
  for (const Panel& panel : panels) legend = std::max(legend, detail::legend_rows(panel, width));

  std::string script =
      "set grid lc rgb '#b0b0b0' lt 1 lw 0.5\nset border lw 0.8\nset tics out nomirror scale 0.6\n"
      "unset mytics\nset autoscale xfix\nset bmargin " +
      std::to_string(4 + legend) + "\nset multiplot layout " + std::to_string(rows) + "," +
      std::to_string(columns) + "\n";
  for (const Panel& panel : panels) {
    script += "set key below center horizontal reverse Left samplen 2 maxcols " +
              std::to_string(detail::legend_columns(panel, width)) + "\n" + detail::axes(panel) +
              detail::plot_commands(panel);
  }
  const int height = 310 + 18 * static_cast<int>(legend);
  draw(path, width * static_cast<int>(columns), height * static_cast<int>(rows), script + "unset multiplot");
}

}  // namespace support
