// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gradus/train/history.hpp>

#include "axis.hpp"
#include "gnuplot.hpp"

/// Figures of the examples: panels of lines, drawn by gnuplot.
namespace support {

/// A line of a figure, from left to right. Non-finite points are omitted. `low` and `high`, if set, are the
/// edges of a band around it.
struct Line {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> low = {};
  std::vector<double> high = {};
  std::optional<std::size_t> colour = {};  ///< index into the palette, else the line's own index
  std::optional<std::size_t> dashes = {};  ///< index of the pattern, else the line's own; 0 is solid
  bool points = false;                     ///< whether to draw points instead of a line
};

/// A pair of axes with a legend below it.
struct Panel {
  std::string title = {};  ///< one or more lines of text
  std::string x_label = "epoch";
  std::string y_label = {};
  bool logarithmic = false;
  std::optional<double> bottom = {};  ///< end of the y axis, else that of the data
  std::optional<double> top = {};
  std::vector<Line> lines = {};
};

namespace detail {

/// The maximum number of points per line. More would make the file larger, but the line no clearer.
inline constexpr std::size_t max_points = 129;

/// Returns at most max_points indices from 0 to count - 1, evenly spaced and including the last.
inline std::vector<std::size_t> thinned(std::size_t count) {
  std::vector<std::size_t> kept;
  const std::size_t points = std::min(count, max_points);
  for (std::size_t i = 0; i < points; ++i) kept.push_back(points > 1 ? i * (count - 1) / (points - 1) : 0);
  return kept;
}

inline bool is_drawable(const Panel& panel, double y) {
  return std::isfinite(y) && (!panel.logarithmic || y > 0);
}

/// Returns the drawable points of a line as gnuplot data: x, y, and the band's edges.
inline std::string points(const Panel& panel, const Line& line) {
  std::string text;
  for (const std::size_t i : thinned(line.y.size())) {
    if (!is_drawable(panel, line.y[i])) continue;
    text += number(line.x[i]) + " " + number(line.y[i]);
    if (!line.low.empty()) {
      for (const double edge : {line.low[i], line.high[i]}) {
        text += " " + number(is_drawable(panel, edge) ? edge : line.y[i]);
      }
    }
    text += "\n";
  }
  return text;
}

inline std::string axes(const Panel& panel, int columns) {
  Range across, up;
  for (const Line& line : panel.lines) {
    for (std::size_t i = 0; i < line.y.size(); ++i) {
      if (is_drawable(panel, line.y[i])) across.include(line.x[i]);
    }
    for (const auto* ys : {&line.y, &line.low, &line.high}) {
      for (const double y : *ys) {
        if (is_drawable(panel, y)) up.include(y);
      }
    }
  }
  if (panel.bottom) up.low = *panel.bottom;
  if (panel.top) up.high = *panel.top;
  // Powers of ten on a logarithmic axis are narrower than gnuplot assumes.
  return "set title " + gnuplot_string(panel.title) + " noenhanced\nset xlabel " +
         gnuplot_string(panel.x_label) + " noenhanced offset 0,0.3\nset ylabel " +
         gnuplot_string(panel.y_label) + " noenhanced offset " + (panel.logarithmic ? "1.5" : "0.5") +
         ",0\n" + whole_axis("x", across, columns > 2 ? 5 : 6) +
         (panel.logarithmic ? logarithmic_axis("y", up, 5)
                            : linear_axis("y", up, 5, !panel.bottom, !panel.top));
}

/// Returns how many names fit side by side below a panel.
inline std::size_t legend_columns(const Panel& panel, int width) {
  constexpr int margins = 130;
  constexpr std::size_t sample = 60, letter = 11;
  std::size_t longest = 1;
  for (const Line& line : panel.lines) longest = std::max(longest, line.name.size());
  return std::clamp(static_cast<std::size_t>(width - margins) / (sample + letter * longest), std::size_t{1},
                    std::max(panel.lines.size(), std::size_t{1}));
}
inline std::size_t legend_rows(const Panel& panel, int width) {
  const std::size_t columns = legend_columns(panel, width);
  return (panel.lines.size() + columns - 1) / columns;
}

inline std::string plot_commands(const Panel& panel) {
  std::string blocks, bands, lines;
  for (std::size_t i = 0; i < panel.lines.size(); ++i) {
    const Line& line = panel.lines[i];
    const std::string data = points(panel, line);
    if (data.empty()) continue;
    const std::string block = "$line" + std::to_string(i);
    const std::string colour = palette_colour(line.colour.value_or(i));
    blocks += block + " << end\n" + data + "end\n";
    if (!line.low.empty()) {
      bands += block + " using 1:3:4 with filledcurves fc rgb " + colour +
               " fs transparent solid 0.15 noborder notitle, ";
    }
    // A line with a single point would be invisible.
    const bool is_point = line.points || std::ranges::count(data, '\n') == 1;
    lines += block + " using 1:2 with " + (is_point ? "points pt 7 ps 0.7" : "lines") + " lw 2.5 lc rgb " +
             colour + (is_point ? "" : " dt " + dash_pattern(line.dashes.value_or(i))) + " title " +
             gnuplot_string(line.name) + ", ";
  }
  // NaN terminates the list without drawing anything, and is the whole plot if there are no lines.
  return blocks + "plot " + bands + lines + "NaN notitle\n";
}

}  // namespace detail

/// Draws panels, `columns` per row, at the width at which web pages display them. Throws FileError.
inline void draw_figure(const std::filesystem::path& path, const std::vector<Panel>& panels,
                        std::size_t columns = 3) {
  constexpr int total_width = 800, single_width = 640, plot_height = 340, line_height = 22;
  columns = std::clamp(columns, std::size_t{1}, panels.size());
  const std::size_t rows = (panels.size() + columns - 1) / columns;
  const int width = columns == 1 ? single_width : total_width / static_cast<int>(columns);
  std::size_t legend = 1;
  std::ptrdiff_t title = 1;
  for (const Panel& panel : panels) {
    legend = std::max(legend, detail::legend_rows(panel, width));
    title = std::max(title, 1 + std::ranges::count(panel.title, '\n'));
  }

  std::string script =
      "set grid lc rgb '#c8c8c8' lt 1 lw 0.6\nset border lw 1\nset tics out nomirror scale 0.6\n"
      "set key noenhanced\nset lmargin 9\nset rmargin 3\nset tmargin " +
      std::to_string(title + 2) + "\nset bmargin " + std::to_string(5 + legend) + "\nset multiplot layout " +
      std::to_string(rows) + "," + std::to_string(columns) + "\n";
  for (const Panel& panel : panels) {
    script += std::string("set key below center horizontal reverse Left samplen ") +
              (columns > 2 ? "3" : "4") + " maxcols " + std::to_string(detail::legend_columns(panel, width)) +
              "\n" + detail::axes(panel, static_cast<int>(columns)) + detail::plot_commands(panel);
  }
  const int height = plot_height + line_height * static_cast<int>(legend);
  draw(path, width * static_cast<int>(columns), height * static_cast<int>(rows), script + "unset multiplot");
}

/// Returns a panel of the train loss, train accuracy and validation accuracy by epoch.
inline Panel training_curves(const gradus::History& history, std::string title) {
  Line train_loss{"train loss", {}, {}}, train_acc{"train accuracy", {}, {}}, validation_acc;
  for (const gradus::EpochRecord& record : history) {
    const auto add = [&](Line& line, double y) {
      line.x.push_back(static_cast<double>(record.epoch));
      line.y.push_back(y);
    };
    add(train_loss, record.train.loss);
    add(train_acc, record.train.accuracy);
    if (!record.validation) continue;
    validation_acc.name =
        (record.validation_name.empty() ? "validation" : record.validation_name) + " accuracy";
    add(validation_acc, record.validation->accuracy);
  }
  return {.title = std::move(title),
          .y_label = "loss, accuracy",
          .lines = {train_loss, train_acc, validation_acc}};
}

}  // namespace support
