// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include <gradus/version.hpp>

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

/// Something that watches a training: a plain struct with some of these five functions, no base class.
///
/// - `void on_begin(auto& trainer)` before the first epoch of a fit;
/// - `void on_gradient(auto& trainer)` before each step, when the parameters have their gradients: to measure
///   or change them;
/// - `void on_step(auto& trainer)` after each step: see `trainer.progress()`;
/// - `void on_epoch(auto& trainer)` after each epoch and its validation: see `trainer.history().back()`;
/// - `void on_end(auto& trainer)` when the fit ends, by an exception too, unless `on_begin` was not reached
/// or
///   threw.
///
/// Each may call `trainer.stop()`.
template <class C, class Trainer>
concept Callback = std::move_constructible<C> &&
    (detail::HasOnBegin<C, Trainer> || detail::HasOnGradient<C, Trainer> || detail::HasOnStep<C, Trainer> ||
     detail::HasOnEpoch<C, Trainer> || detail::HasOnEnd<C, Trainer>);

namespace detail {

/// Any callback, as a value.
template <class Trainer>
class AnyCallback {
 public:
  template <class C>
  static std::pair<AnyCallback, C*> make(C callback);

  void on_begin(Trainer& trainer) { self_->on_begin(trainer); }
  void on_gradient(Trainer& trainer) { self_->on_gradient(trainer); }
  void on_step(Trainer& trainer) { self_->on_step(trainer); }
  void on_epoch(Trainer& trainer) { self_->on_epoch(trainer); }
  void on_end(Trainer& trainer) { self_->on_end(trainer); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual void on_begin(Trainer& trainer) = 0;
    virtual void on_gradient(Trainer& trainer) = 0;
    virtual void on_step(Trainer& trainer) = 0;
    virtual void on_epoch(Trainer& trainer) = 0;
    virtual void on_end(Trainer& trainer) = 0;
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
    void on_step([[maybe_unused]] Trainer& trainer) override {
      if constexpr (HasOnStep<C, Trainer>) callback.on_step(trainer);
    }
    void on_epoch([[maybe_unused]] Trainer& trainer) override {
      if constexpr (HasOnEpoch<C, Trainer>) callback.on_epoch(trainer);
    }
    void on_end([[maybe_unused]] Trainer& trainer) override {
      if constexpr (HasOnEnd<C, Trainer>) callback.on_end(trainer);
    }
    C callback;
  };

  explicit AnyCallback(std::unique_ptr<Interface> self) : self_(std::move(self)) {}

  std::unique_ptr<Interface> self_;
};

// Not in the class, where it would be inline: gradus/compiled.hpp keeps it out of a translation unit.
template <class Trainer>
template <class C>
std::pair<AnyCallback<Trainer>, C*> AnyCallback<Trainer>::make(C callback) {
  auto model = std::make_unique<Model<C>>(std::move(callback));
  C* const inside = &model->callback;
  return {AnyCallback(std::move(model)), inside};
}

/// A function that is called after each step.
template <class F>
struct StepFunction {
  F f;
  template <class Trainer>
  requires std::invocable<F&, Trainer&>
  void on_step(Trainer& trainer) { f(trainer); }
};
/// A function that is called after each epoch.
template <class F>
struct EpochFunction {
  F f;
  template <class Trainer>
  requires std::invocable<F&, Trainer&>
  void on_epoch(Trainer& trainer) { f(trainer); }
};

}  // namespace detail
}  // namespace gradus
