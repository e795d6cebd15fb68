// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include <gradus/train/archive.hpp>

namespace gradus {

namespace detail {

template <class C, class Trainer>
concept HasOnBegin = requires(C& callback, Trainer& trainer) {
  callback.on_begin(trainer);
};
template <class C, class Trainer>
concept HasOnGradient = requires(C& callback, Trainer& trainer) {
  callback.on_gradient(trainer);
};
template <class C, class Trainer>
concept HasBeforeStep = requires(C& callback, Trainer& trainer) {
  callback.on_before_step(trainer);
};
template <class C, class Trainer>
concept HasOnCheckpoint = requires(C& callback, Trainer& trainer) {
  callback.on_checkpoint(trainer);
};
template <class C, class Trainer>
concept SerializesWithTrainer = requires(C& callback, Archive& archive, Trainer& trainer) {
  callback.serialize(archive, trainer);
};
template <class C>
concept SerializesAlone = requires(C& callback, Archive& archive) {
  callback.serialize(archive);
};
template <class C, class Trainer>
concept HasOnStep = requires(C& callback, Trainer& trainer) {
  callback.on_step(trainer);
};
template <class C, class Trainer>
concept HasOnEpoch = requires(C& callback, Trainer& trainer) {
  callback.on_epoch(trainer);
};
template <class C, class Trainer>
concept HasOnEnd = requires(C& callback, Trainer& trainer) {
  callback.on_end(trainer);
};

}  // namespace detail

/// An observer of training: a plain struct with at least one of these functions, without a base class.
///
/// - `void on_begin(auto& trainer)` before the first epoch of a fit;
/// - `void on_gradient(auto& trainer)` before each step, after the gradients are computed and before they are
///   clipped, to measure or change them;
/// - `void on_before_step(auto& trainer)` before each step, after the gradients are clipped;
/// - `void on_step(auto& trainer)` after each step: see `trainer.progress()`;
/// - `void on_epoch(auto& trainer)` after each epoch and its validation: see `trainer.history().back()`;
/// - `void on_checkpoint(auto& trainer)` after each step and each epoch, after all other callback functions,
///   to save a checkpoint;
/// - `void on_end(auto& trainer)` when the fit ends, even by an exception, if this callback's `on_begin` has
///   returned.
///
/// Each may call `trainer.stop()`. A callback with state has `serialize(archive)` or
/// `serialize(archive, trainer)`, so that checkpoints include it: see train/archive.hpp.
template <class C, class Trainer>
concept Callback = std::move_constructible<C> &&
    (detail::HasOnBegin<C, Trainer> || detail::HasOnGradient<C, Trainer> ||
     detail::HasBeforeStep<C, Trainer> || detail::HasOnStep<C, Trainer> || detail::HasOnEpoch<C, Trainer> ||
     detail::HasOnCheckpoint<C, Trainer> || detail::HasOnEnd<C, Trainer>);

namespace detail {

/// A type-erased callback, stored by value.
template <class Trainer>
class AnyCallback {
 public:
  template <class C>
  static std::pair<AnyCallback, C*> make(C callback);

  void on_begin(Trainer& trainer) { self_->on_begin(trainer); }
  void on_gradient(Trainer& trainer) { self_->on_gradient(trainer); }
  void on_before_step(Trainer& trainer) { self_->on_before_step(trainer); }
  void on_step(Trainer& trainer) { self_->on_step(trainer); }
  void on_epoch(Trainer& trainer) { self_->on_epoch(trainer); }
  void on_checkpoint(Trainer& trainer) { self_->on_checkpoint(trainer); }
  void on_end(Trainer& trainer) { self_->on_end(trainer); }
  bool has_state() const { return self_->has_state(); }
  void serialize(Archive& archive, Trainer& trainer) { self_->serialize(archive, trainer); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual void on_begin(Trainer& trainer) = 0;
    virtual void on_gradient(Trainer& trainer) = 0;
    virtual void on_before_step(Trainer& trainer) = 0;
    virtual void on_step(Trainer& trainer) = 0;
    virtual void on_epoch(Trainer& trainer) = 0;
    virtual void on_checkpoint(Trainer& trainer) = 0;
    virtual void on_end(Trainer& trainer) = 0;
    virtual bool has_state() const = 0;
    virtual void serialize(Archive& archive, Trainer& trainer) = 0;
  };

  template <class C>
  struct Model final : Interface {
    explicit Model(C c) : callback(std::move(c)) {}
    void on_begin([[maybe_unused]] Trainer& trainer) override {
      if constexpr (HasOnBegin<C, Trainer>) callback.on_begin(trainer);
    }
    void on_gradient([[maybe_unused]] Trainer& trainer) override {
      if constexpr (HasOnGradient<C, Trainer>) callback.on_gradient(trainer);
    }
    void on_before_step([[maybe_unused]] Trainer& trainer) override {
      if constexpr (HasBeforeStep<C, Trainer>) callback.on_before_step(trainer);
    }
    void on_step([[maybe_unused]] Trainer& trainer) override {
      if constexpr (HasOnStep<C, Trainer>) callback.on_step(trainer);
    }
    void on_epoch([[maybe_unused]] Trainer& trainer) override {
      if constexpr (HasOnEpoch<C, Trainer>) callback.on_epoch(trainer);
    }
    void on_checkpoint([[maybe_unused]] Trainer& trainer) override {
      if constexpr (HasOnCheckpoint<C, Trainer>) callback.on_checkpoint(trainer);
    }
    bool has_state() const override { return SerializesWithTrainer<C, Trainer> || SerializesAlone<C>; }
    void serialize([[maybe_unused]] Archive& archive, [[maybe_unused]] Trainer& trainer) override {
      if constexpr (SerializesWithTrainer<C, Trainer>)
        callback.serialize(archive, trainer);
      else if constexpr (SerializesAlone<C>)
        callback.serialize(archive);
    }
    void on_end([[maybe_unused]] Trainer& trainer) override {
      if constexpr (HasOnEnd<C, Trainer>) callback.on_end(trainer);
    }
    C callback;
  };

  explicit AnyCallback(std::unique_ptr<Interface> self) : self_(std::move(self)) {}

  std::unique_ptr<Interface> self_;
};

// Defined outside the class so that it is not inline: gradus/compiled.hpp declares it `extern`.
template <class Trainer>
template <class C>
std::pair<AnyCallback<Trainer>, C*> AnyCallback<Trainer>::make(C callback) {
  auto model = std::make_unique<Model<C>>(std::move(callback));
  C* const inside = &model->callback;
  return {AnyCallback(std::move(model)), inside};
}

/// A function called before the gradients are clipped.
template <class F>
struct GradientFunction {
  F f;
  template <class Trainer>
  requires std::invocable<F&, Trainer&>
  void on_gradient(Trainer& trainer) { f(trainer); }
};
/// A function called after the gradients are clipped.
template <class F>
struct BeforeStepFunction {
  F f;
  template <class Trainer>
  requires std::invocable<F&, Trainer&>
  void on_before_step(Trainer& trainer) { f(trainer); }
};
/// A function called after each step.
template <class F>
struct StepFunction {
  F f;
  template <class Trainer>
  requires std::invocable<F&, Trainer&>
  void on_step(Trainer& trainer) { f(trainer); }
};
/// A function called after each epoch.
template <class F>
struct EpochFunction {
  F f;
  template <class Trainer>
  requires std::invocable<F&, Trainer&>
  void on_epoch(Trainer& trainer) { f(trainer); }
};

}  // namespace detail
}  // namespace gradus
