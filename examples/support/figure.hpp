#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gradus/train/history.hpp>

#include "gnuplot.hpp"

namespace support {

struct Curve {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
};

/// Curves in one pair of axes, drawn as the chapter's field draws them: a frame, a grid, a legend, and lines
/// that differ in colour and dashes.
struct Figure {
  std::string title = {};
  std::string x_label = "epoch";
  std::string y_label = {};
  bool logarithmic = false;
  std::vector<Curve> curves = {};

  /// Throws FileError.
  void write(const std::filesystem::path& path) const {
    constexpr std::array styles{"lc rgb '#1f77b4' dt solid", "lc rgb '#bf00bf' dt '-'",
                                "lc rgb '#008000' dt '_.'", "lc rgb '#d62728' dt '.'"};
    std::string script =
        "set title " + gnuplot_string(title) + "\nset xlabel " + gnuplot_string(x_label) + "\nset ylabel " +
        gnuplot_string(y_label) +
        "\nset grid lc rgb '#b0b0b0' lt 1 lw 0.5\nset border lw 0.8\nset tics out nomirror scale 0.6\n"
        "set key top right opaque box lw 0.5 height 0.4 samplen 2.5\nset offsets graph 0, 0, 0.03, "
        "0.03\nset autoscale xfix\n";
    if (logarithmic) script += "set logscale y\nset format y '%g'\n";
    std::string plot;
    for (std::size_t i = 0; i < curves.size(); ++i) {
      const Curve& curve = curves[i];
      const std::string block = "$curve" + std::to_string(i);
      script += block + " << end\n";
      for (std::size_t k = 0; k < curve.x.size(); ++k) {
        script += gradus::detail::shortest(curve.x[k]) + " " + gradus::detail::shortest(curve.y[k]) + "\n";
      }
      script += "end\n";
      // A curve of a single point would be invisible as a line.
      plot += (i > 0 ? ", " : "plot ") + block + " with " + (curve.x.size() > 1 ? "lines" : "points pt 7") +
              " lw 2 " + styles[i % styles.size()] + " title " + gnuplot_string(curve.name);
    }
    draw(path, 560, 400, script + plot);
  }
};

/// Train loss, train accuracy and test accuracy by epoch: the picture of a training.
inline Figure training_curves(const gradus::History& history, std::string title) {
  Curve train_loss{"train loss", {}, {}}, train_acc{"train acc", {}, {}}, test_acc{"test acc", {}, {}};
  for (const gradus::EpochRecord& record : history) {
    const auto add = [&](Curve& curve, double y) {
      curve.x.push_back(static_cast<double>(record.epoch));
      curve.y.push_back(y);
    };
    add(train_loss, record.train.loss);
    add(train_acc, record.train.accuracy);
    if (record.validation) add(test_acc, record.validation->accuracy);
  }
  return {.title = std::move(title), .curves = {train_loss, train_acc, test_acc}};
}

}  // namespace support
