// SPDX-License-Identifier: MIT

#pragma once

#include <limits>

#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/train/history.hpp>
#include <gradus/train/metrics.hpp>
#include <gradus/train/running_metrics.hpp>

namespace gradus {

/// The progress of a fit.
struct Progress {
  Index epoch = 0;     ///< the current epoch, counted from 1
  Index epochs = 0;    ///< the number of the last epoch
  Index batch = 0;     ///< completed batches of this epoch
  Index batches = 0;   ///< batches in this epoch
  Index step = 0;      ///< steps since the trainer was created
  Metrics train = {};  ///< metrics over this epoch so far
  /// The loss of the last step's batch, or of its accumulated batches, measured before the step.
  double loss = std::numeric_limits<double>::quiet_NaN();
};

namespace detail {

/// The state of a fit in a checkpoint, except for the objects that the trainer refers to.
struct FitState {
  History history = {};
  bool is_running = false;   ///< whether it was saved during a fit
  bool is_stopping = false;  ///< whether a callback has ended the fit
  Index first_epoch = 0;     ///< number of epochs before this fit
  Index step = 0;            ///< as in Progress
  Index batch = 0;           ///< completed batches of an unfinished epoch, 0 between epochs
  double seconds = 0;        ///< time spent on the unfinished epoch
  double loss = std::numeric_limits<double>::quiet_NaN();  ///< as in Progress
  RunningMetrics running = {};                             ///< of the unfinished epoch
  Generator epoch_start{};  ///< the generator when the epoch began, before it drew the sample order
  Generator random{};       ///< the generator after the last step

  template <class Archive>
  void serialize(Archive& archive) {
    {
      const auto scope = archive.scope("history");
      history.serialize(archive);
    }
    archive("is_running", is_running);
    archive("is_stopping", is_stopping);
    archive("first_epoch", first_epoch);
    archive("step", step);
    archive("batch", batch);
    archive("seconds", seconds);
    archive("loss", loss);
    running.serialize(archive);
    archive("epoch_start", epoch_start);
    archive("random", random);
  }
};

}  // namespace detail
}  // namespace gradus
