// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/checked.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/parameter.hpp>
#include <gradus/ops/elementwise.hpp>
#include <gradus/optim/check.hpp>

namespace gradus::optim {

/// Options for ExponentialMovingAverage.
struct ExponentialMovingAverageOptions {
  double decay = 0.999;  ///< fraction of the average kept per update
  /// Whether update t = 1, 2, ... uses min(decay, (1 + t) / (10 + t)), to forget the initial weights sooner.
  bool ramp_up = false;
};

/// Averages of a network's weights, which often predict better than the weights themselves.
///
///     ExponentialMovingAverage average{net.named_parameters(), {.decay = 0.999}};
///     ...                                     // after each step of the optimiser:
///     average.update();
///     {
///       const auto averaged = average.use();  // the network has the averages until the end of the block
///       evaluate(net, test);
///     }
///
/// The averages start as copies of the weights. The network must outlive this object.
template <class Scalar = float>
class ExponentialMovingAverage {
 public:
  /// The type of the options.
  using Options = ExponentialMovingAverageOptions;

  /// Throws ArgumentError unless the decay is in [0, 1].
  explicit ExponentialMovingAverage(const std::vector<nn::NamedParameter<Scalar>>& parameters,
                                    const Options& options = {})
      : ExponentialMovingAverage(parameters, {}, options) {}
  /// Also averages the buffers of a network, such as the running statistics of a normalisation.
  ExponentialMovingAverage(const std::vector<nn::NamedParameter<Scalar>>& parameters,
                           const std::vector<nn::NamedBuffer<Scalar>>& buffers, const Options& options)
      : options_(options) {
    if (!(options.decay >= 0 && options.decay <= 1)) {
      throw ArgumentError("ExponentialMovingAverage: decay is " + format_shortest(options.decay) +
                          ", expected a number in [0, 1]");
    }
    for (const auto& parameter : parameters) averages_.push_back({parameter.name, &parameter->value, {}});
    for (const auto& buffer : buffers) averages_.push_back({buffer.name, buffer.tensor, {}});
    for (Average& average : averages_) average.mean = *average.current;
  }

  // mean += (1 - decay) (w - mean)
  /// Folds the current weights into the averages, without allocating. Throws StateError while the network has
  /// the averages, or ShapeError if the shape of a weight has changed.
  void update() {
    if (swapped_)
      throw StateError(
          "ExponentialMovingAverage: update was called while the network has the averages, expected its "
          "weights");
    for (const Average& average : averages_) check_shape(average);
    update_count_ = gradus::detail::checked_add("ExponentialMovingAverage", update_count_, 1);
    const auto t = static_cast<double>(update_count_);
    const double decay = options_.ramp_up ? std::min(options_.decay, (1 + t) / (10 + t)) : options_.decay;
    const auto taken = static_cast<Scalar>(1 - decay);
    for (Average& average : averages_) {
      ops::lerp<Scalar>(taken, average.current->view(), average.mean.view());
    }
  }

  /// Swaps averages and weights without copying. A second call undoes the first.
  void swap() noexcept {
    for (Average& average : averages_) std::swap(*average.current, average.mean);
    swapped_ = !swapped_;
  }

  /// A guard: while it is alive, the network has the averages.
  class [[nodiscard]] Use {
   public:
    ~Use() { average_.swap(); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    friend class ExponentialMovingAverage;
    explicit Use(ExponentialMovingAverage& average) : average_(average) { average_.swap(); }
    ExponentialMovingAverage& average_;
  };
  /// Swaps averages and weights until the returned guard is destroyed. Throws StateError if they are swapped
  /// already.
  [[nodiscard]] Use use() {
    if (swapped_)
      throw StateError(
          "ExponentialMovingAverage: use was called while the network has the averages, expected its "
          "weights");
    return Use(*this);
  }

  /// Calls `f(name, tensor)` for each average, with the parameter's name.
  template <class F>
  void visit_state(F&& f) {
    for (Average& average : averages_) f(average.name, swapped_ ? *average.current : average.mean);
  }
  /// Calls f(name, tensor) for each average.
  template <class F>
  void visit_state(F&& f) const {
    for (const Average& average : averages_) {
      f(average.name, swapped_ ? std::as_const(*average.current) : average.mean);
    }
  }
  /// Saves or loads the averages and the update count: see train/archive.hpp. Throws StateError while the
  /// network has the averages.
  template <class Archive>
  void serialize(Archive& archive) {
    if (swapped_)
      throw StateError(
          "ExponentialMovingAverage: serialize was called while the network has the averages, expected its "
          "weights");
    for (Average& average : averages_) archive(average.name, average.mean);
    archive("update_count", update_count_);
  }
  /// Returns the number of updates so far.
  Index update_count() const { return update_count_; }
  /// Sets the number of updates, to resume training. Throws ArgumentError outside [0, max_step_count].
  void set_update_count(Index count) {
    check_step_count("ExponentialMovingAverage", count);
    update_count_ = count;
  }

 private:
  struct Average {
    std::string name;
    Tensor<Scalar>* current;
    Tensor<Scalar> mean;
  };

  static void check_shape(const Average& average) {
    if (average.current->shape() == average.mean.shape()) return;
    throw ShapeError("ExponentialMovingAverage: '" + average.name + "' has shape " +
                     average.current->shape().to_string() + ", expected " + average.mean.shape().to_string());
  }

  Options options_;
  std::vector<Average> averages_;
  Index update_count_ = 0;
  bool swapped_ = false;
};

}  // namespace gradus::optim
