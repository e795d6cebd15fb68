// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>

#include <gradus/core/checked.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor_view.hpp>

/// Random image transforms that preserve the class, for `LoaderOptions::transform`. They work in place on a
/// batch `[B, height, width]` or `[B, channels, height, width]` without allocating.
namespace gradus {

namespace detail {

/// The extents of the images in a batch, whose last two axes are height and width; `channels` is 1 for rank
/// 3.
struct ImageExtents {
  Index channels, height, width;
};

[[noreturn]] inline void throw_not_images(const char* transform, const Shape& shape) {
  throw ShapeError(std::string(transform) + ": batch has shape " + shape.to_string() +
                   ", expected [B, height, width] or [B, channels, height, width]");
}

inline ImageExtents image_extents(const char* transform, const Shape& shape) {
  if (shape.rank() != 3 && shape.rank() != 4) throw_not_images(transform, shape);
  return {shape.rank() == 4 ? shape[1] : 1, shape[shape.rank() - 2], shape[shape.rank() - 1]};
}

/// Shifts a sequence right by `offset`, or left if negative. Elements shifted out are lost.
template <class Element>
void shift_in_place(Element* elements, Index count, Index offset, Element fill) {
  const Index distance = std::min(std::abs(offset), count);
  if (offset > 0) {
    std::copy_backward(elements, elements + count - distance, elements + count);
    std::fill_n(elements, distance, fill);
  } else if (offset < 0) {
    std::copy(elements + distance, elements + count, elements);
    std::fill_n(elements + count - distance, distance, fill);
  }
}

}  // namespace detail

/// A transform that shifts each image vertically and horizontally by random whole numbers of pixels, uniform
/// in [-max_pixels, max_pixels]. Uncovered pixels become `fill`.
struct RandomShift {
  /// The largest shift in each direction, in pixels.
  Index max_pixels = 2;
  /// The value of uncovered pixels.
  double fill = 0;

  /// Shifts the images of a batch. Throws ShapeError, or ArgumentError if `max_pixels` is outside [0, 2^62)
  /// or an element cannot represent `fill`.
  template <class Element>
  void operator()(TensorView<Element> batch, Generator& random) const {
    constexpr Index most = std::numeric_limits<Index>::max() / 2;
    if (max_pixels < 0 || max_pixels > most) {
      throw ArgumentError("RandomShift: max_pixels is " + std::to_string(max_pixels) + ", expected at " +
                          (max_pixels < 0 ? "least 0" : "most " + std::to_string(most)));
    }
    const auto [channels, height, width] = detail::image_extents("RandomShift", batch.shape());
    const auto free = detail::checked_cast<Element>("RandomShift: fill", fill);
    if (batch.empty()) return;
    const Index pixels = height * width;
    Element* plane = batch.data();
    for (Index image = 0; image < batch.shape()[0]; ++image) {
      const Index down = std::clamp(random.below(2 * max_pixels + 1) - max_pixels, -height, height);
      const Index right = std::clamp(random.below(2 * max_pixels + 1) - max_pixels, -width, width);
      for (Index channel = 0; channel < channels; ++channel, plane += pixels) {
        detail::shift_in_place(plane, pixels, down * width, free);
        for (Index row = 0; row < height; ++row) {
          detail::shift_in_place(plane + row * width, width, right, free);
        }
      }
    }
  }
};

/// A transform that mirrors each image left to right with probability `p`.
struct RandomHorizontalFlip {
  /// The probability of a flip.
  double p = 0.5;

  /// Flips the images of a batch. Throws ShapeError, or ArgumentError if `p` is outside [0, 1].
  template <class Element>
  void operator()(TensorView<Element> batch, Generator& random) const {
    const auto [channels, height, width] = detail::image_extents("RandomHorizontalFlip", batch.shape());
    if (!(p >= 0 && p <= 1)) {
      throw ArgumentError("RandomHorizontalFlip: probability is " + format_shortest(p) +
                          ", expected a number in [0, 1]");
    }
    if (batch.empty()) return;
    Element* row = batch.data();
    for (Index image = 0; image < batch.shape()[0]; ++image) {
      const bool flip = random.bernoulli(p);
      for (Index i = 0; i < channels * height; ++i, row += width) {
        if (flip) std::reverse(row, row + width);
      }
    }
  }
};

/// Returns a transform that applies several transforms in order:
///
///     Loader loader(data, {.transform = in_turn(RandomShift{2}, RandomHorizontalFlip{})});
template <class... Transforms>
auto in_turn(Transforms... transforms) {
  return [=](auto batch, Generator& random) { (transforms(batch, random), ...); };
}

}  // namespace gradus
