// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include <gradus/core/eigen.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/train/metrics.hpp>

#include "gnuplot.hpp"

namespace support {

namespace detail {

/// The positions of the images in the picture, in image pixels.
struct Grid {
  static constexpr gradus::Index columns = 6, max_rows = 6, margin = 7, text_height = 14;

  gradus::Index count, height, width;

  gradus::Index rows() const { return (count + columns - 1) / columns; }
  gradus::Index total_height() const { return rows() * (height + text_height + margin); }
  gradus::Index total_width() const { return columns * (width + 2 * margin); }
  gradus::Index left(gradus::Index i) const { return i % columns * (width + 2 * margin) + margin; }
  gradus::Index top(gradus::Index i) const { return i / columns * (height + text_height + margin) + margin; }
};

/// Returns the picture's pixels, one line of numbers per row.
inline std::string pixels(const Grid& grid, const gradus::Tensor<std::uint8_t>& images) {
  using gradus::Index;
  gradus::Tensor<std::uint8_t> canvas(gradus::Shape{grid.total_height(), grid.total_width()});
  for (Index i = 0; i < grid.count; ++i) {
    for (Index y = 0; y < grid.height; ++y) {
      for (Index x = 0; x < grid.width; ++x) canvas(grid.top(i) + y, grid.left(i) + x) = images(i, y, x);
    }
  }
  std::string text;
  for (Index y = 0; y < grid.total_height(); ++y) {
    for (Index x = 0; x < grid.total_width(); ++x) text += std::to_string(canvas(y, x)) + " ";
    text += "\n";
  }
  return text;
}

/// Returns gnuplot commands for a line of text below image i.
inline std::string caption(const Grid& grid, gradus::Index i, double below, const std::string& text,
                           const char* colour) {
  return "set label " + gnuplot_string(text) + " at " + std::to_string(grid.left(i) + grid.width / 2) + "," +
         gradus::format_fixed(static_cast<double>(grid.top(i) + grid.height) + below, 1) +
         " center front noenhanced tc rgb '" + colour + "'\n";
}

inline std::string frame(const Grid& grid, gradus::Index i, const char* colour) {
  return "set object rectangle from " + std::to_string(grid.left(i) - 1) + "," +
         std::to_string(grid.top(i) - 1) + " to " + std::to_string(grid.left(i) + grid.width) + "," +
         std::to_string(grid.top(i) + grid.height) + " front fs empty border lc rgb '" + colour + "' lw 2\n";
}

}  // namespace detail

/// Draws the first images of a data set, each with its true class and, below it, the predicted one. Errors
/// are red and framed. Throws FileError.
inline void write_prediction_grid(const std::filesystem::path& path, const gradus::Dataset<>& data,
                                  std::span<const gradus::Index> predicted, const std::string& title) {
  using gradus::Index;
  constexpr int scale = 3, title_height = 36;
  const detail::Grid grid{std::min(detail::Grid::columns * detail::Grid::max_rows, data.size()),
                          data.inputs.shape()[1], data.inputs.shape()[2]};
  const auto name = [&](Index label) -> std::string {
    return label == gradus::no_class ? "NaN" : data.class_names.at(static_cast<std::size_t>(label));
  };

  std::string script = "set title " + gnuplot_string(title + ": true name, predicted name; errors are red") +
                       " noenhanced\nunset key\nunset tics\nunset border\nunset colorbox\n"
                       "set palette gray negative\nset cbrange [0:255]\n"
                       "set lmargin 0\nset rmargin 0\nset bmargin 0\nset tmargin at screen 0.93\n"
                       "set xrange [0:" +
                       std::to_string(grid.total_width()) + "]\nset yrange [" +
                       std::to_string(grid.total_height()) + ":0]\n";
  for (Index i = 0; i < grid.count; ++i) {
    const Index truth = data.labels(i), guess = predicted[static_cast<std::size_t>(i)];
    const char* const colour = truth == guess ? "#000000" : "#D55E00";
    script += detail::caption(grid, i, 3.5, name(truth), colour);
    script += detail::caption(grid, i, 9, name(guess), colour);
    if (truth != guess) script += detail::frame(grid, i, colour);
  }
  script += "$pixels << end\n" + detail::pixels(grid, data.inputs) + "end\nplot $pixels matrix with image";
  draw(path, scale * static_cast<int>(grid.total_width()),
       scale * static_cast<int>(grid.total_height()) + title_height, script);
}

}  // namespace support
