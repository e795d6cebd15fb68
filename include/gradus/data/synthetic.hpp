// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/dataset.hpp>
#include <gradus/data/fashion_classes.hpp>

namespace gradus {

namespace detail {

/// A point in drawing coordinates: x and y run from -1 (left, top) to 1.
struct Point {
  float x, y;
};

// Signed distances to the edges of simple shapes, negative inside. The union of a and b is min(a, b), and a
// without b is max(a, -b).

inline float distance_to_line(Point p, Point a, Point b, float half_thickness) {
  const Point along{b.x - a.x, b.y - a.y}, from{p.x - a.x, p.y - a.y};
  const float t =
      std::clamp((from.x * along.x + from.y * along.y) / (along.x * along.x + along.y * along.y), 0.0f, 1.0f);
  const float x = from.x - t * along.x, y = from.y - t * along.y;
  return std::sqrt(x * x + y * y) - half_thickness;
}

inline float distance_to_ellipse(Point p, Point centre, float radius_x, float radius_y) {
  const float x = (p.x - centre.x) / radius_x, y = (p.y - centre.y) / radius_y;
  return (std::sqrt(x * x + y * y) - 1) * std::min(radius_x, radius_y);
}

/// Returns the distance to an upright trapezoid with its axis at x = 0.
inline float distance_to_trapezoid(Point p, float top, float bottom, float half_top, float half_bottom) {
  const float t = std::clamp((p.y - top) / (bottom - top), 0.0f, 1.0f);
  const float aside = std::abs(p.x) - (half_top + t * (half_bottom - half_top));
  return std::max({aside, top - p.y, p.y - bottom});
}

/// A piece of clothing: the properties of its class plus individual variation.
class Garment {
 public:
  enum Kind { t_shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle_boot };

  Garment(Kind kind, Generator& random) : kind_(kind) {
    const auto between = [&random](float low, float high) { return random.uniform<float>(low, high); };
    width_ = between(0.8f, 1.2f);
    length_ = between(-1, 1);
    const float long_sleeve = between(0.7f, 1), short_sleeve = between(0, 0.35f);
    sleeve_ = has_long_sleeves(random) ? long_sleeve : short_sleeve;
    opening_ = has_opening(random) ? between(0.2f, 0.7f) : 0;
    detail_ = between(-1, 1);
    brightness_ = between(0.35f, 1);
    stripe_strength_ = random.bernoulli(0.3) ? between(0.1f, 0.5f) : 0;
    stripe_frequency_ = between(8, 25);
    stripe_slope_ = random.bernoulli(0.5) ? 1.0f : 0.0f;

    const float angle = between(-0.12f, 0.12f), scale = between(0.9f, 1.2f);
    cosine_ = scale * std::cos(angle);
    sine_ = scale * std::sin(angle);
    shift_ = {between(-0.12f, 0.12f), between(-0.12f, 0.12f)};
    mirrored_ = random.bernoulli(0.3);
  }

  /// Returns the brightness at a point, from 0 (background) to 1. Edges are one pixel wide.
  float brightness(Point place, float pixel) const {
    const Point moved{place.x - shift_.x, place.y - shift_.y};
    Point p{cosine_ * moved.x - sine_ * moved.y, sine_ * moved.x + cosine_ * moved.y};
    if (mirrored_) p.x = -p.x;
    const float cover = std::clamp(0.5f - distance(p) / pixel, 0.0f, 1.0f);
    return cover > 0 ? cover * shade(p) : 0;
  }

 private:
  bool has_long_sleeves(Generator& random) const {
    return kind_ == pullover || kind_ == coat || (kind_ == shirt && random.bernoulli(0.6)) ||
           (kind_ == dress && random.bernoulli(0.3));
  }
  bool has_opening(Generator& random) const {
    return (kind_ == coat && random.bernoulli(0.8)) || (kind_ == shirt && random.bernoulli(0.7));
  }

  float distance(Point p) const {
    switch (kind_) {
      case t_shirt:
        return torso(p, 0.66f + 0.08f * length_);
      case trouser:
        return legs(p);
      case pullover:
        return torso(p, 0.64f + 0.08f * length_);
      case dress:
        return skirt(p);
      case coat:
        return torso(p, 0.8f + 0.1f * length_);
      case sandal:
        return straps(p);
      case shirt:
        return torso(p, 0.7f + 0.1f * length_);
      case sneaker:
        return shoe(p, 0);
      case bag:
        return pouch(p);
      case ankle_boot:
        return shoe(p, 0.55f + 0.15f * length_);
    }
    return 1;
  }

  float torso(Point p, float hem) const {
    const Point half{std::abs(p.x), p.y};
    const float body = distance_to_trapezoid(p, -0.75f, hem, 0.36f * width_, 0.38f * width_);
    const Point cuff{0.66f + 0.06f * detail_, -0.35f + 0.95f * sleeve_};
    const float sleeve = distance_to_line(half, {0.36f * width_ - 0.1f, -0.6f}, cuff, 0.14f);
    const float neck = distance_to_ellipse(p, {0, -0.78f}, 0.16f, 0.12f + 0.06f * detail_);
    return std::max(std::min(body, sleeve), -neck);
  }

  float legs(Point p) const {
    const Point half{std::abs(p.x), p.y};
    const float hips = distance_to_trapezoid(p, -0.9f, -0.4f, 0.28f * width_, 0.34f * width_);
    const Point ankle{0.2f * width_ + 0.06f * detail_, 0.75f + 0.1f * length_};
    return std::min(hips, distance_to_line(half, {0.19f * width_, -0.4f}, ankle, 0.14f * width_));
  }

  float skirt(Point p) const {
    const float waist = -0.2f + 0.1f * detail_;
    const float top = distance_to_trapezoid(p, -0.9f, waist, 0.24f * width_, 0.18f * width_);
    const float bottom =
        distance_to_trapezoid(p, waist, 0.8f + 0.1f * length_, 0.18f * width_, 0.36f * width_);
    const Point cuff{0.3f * width_ + 0.1f, -0.6f + 0.8f * sleeve_};
    const float sleeve = distance_to_line({std::abs(p.x), p.y}, {0.2f * width_, -0.8f}, cuff, 0.07f);
    return std::min({top, bottom, sleeve});
  }

  /// Draws a side view with the toe to the left and a shaft of height `shaft` at the heel.
  float shoe(Point p, float shaft) const {
    const float sole = distance_to_line(p, {-0.75f, 0.42f}, {0.72f, 0.42f}, 0.1f);
    const float toe = distance_to_line(p, {-0.6f, 0.3f}, {0.2f, 0.1f + 0.08f * detail_}, 0.17f);
    const float heel = distance_to_line(p, {0.45f, 0.25f}, {0.5f, 0.02f - shaft}, 0.2f * width_);
    return std::min({sole, toe, heel});
  }

  float straps(Point p) const {
    const float heel = 0.3f + 0.25f * std::max(0.0f, detail_);
    const float sole = distance_to_line(p, {-0.75f, 0.45f}, {0.7f, 0.45f - 0.5f * heel}, 0.06f);
    const float block = distance_to_line(p, {0.62f, 0.45f - 0.5f * heel}, {0.65f, 0.5f}, 0.07f);
    const float front = distance_to_line(p, {-0.55f, 0.42f}, {-0.25f, 0.1f + 0.1f * length_}, 0.06f * width_);
    const float middle = distance_to_line(p, {-0.25f, 0.1f + 0.1f * length_}, {0.1f, 0.4f}, 0.06f * width_);
    const float back = distance_to_line(p, {0.1f, 0.35f}, {0.6f, -0.15f + 0.15f * length_}, 0.06f * width_);
    return std::min({sole, block, front, middle, back});
  }

  float pouch(Point p) const {
    const float top = -0.15f + 0.15f * length_;
    const float body = distance_to_trapezoid(p, top, 0.65f, 0.6f * width_, 0.65f * width_);
    const float ring =
        std::abs(distance_to_ellipse(p, {0, top}, 0.4f * width_, 0.45f + 0.2f * detail_)) - 0.05f;
    return std::min(body, std::max(ring, p.y - top));
  }

  float shade(Point p) const {
    const float stripes = std::sin(stripe_frequency_ * (stripe_slope_ > 0 ? p.x : p.y));
    const float pattern = 1 - stripe_strength_ * (0.5f + 0.5f * stripes);
    const float seam = std::abs(p.x) < 0.05f && p.y > -0.65f ? 1 - opening_ : 1;
    return brightness_ * pattern * seam;
  }

  Kind kind_;
  float width_, length_, sleeve_, opening_, detail_, brightness_;
  float stripe_strength_, stripe_frequency_, stripe_slope_;
  float cosine_, sine_;
  Point shift_;
  bool mirrored_;
};

}  // namespace detail

/// Generates a substitute for Fashion-MNIST, used when its files are not available: n grey images of ten
/// kinds of clothes with random proportions, patterns and noise, with the same format and class names. The
/// classes alternate, so that any ten consecutive images contain each class once.
///
/// Some classes look alike, as in the real data. Results on these images do not predict results on real data.
inline Dataset<> synthetic_fashion(Index n, Generator& random) {
  constexpr Index side = 28, pixels = side * side;
  constexpr float noise_strength = 0.2f;
  if (n < 0) throw ArgumentError("synthetic_fashion: n is " + std::to_string(n) + ", expected at least 0");
  Dataset<> data{Tensor<std::uint8_t>::uninitialized({n, side, side}),
                 Tensor<Index>::uninitialized({n}),
                 10,
                 {fashion_classes.begin(), fashion_classes.end()},
                 "synthetic fashion"};
  std::array<float, pixels> noise;
  std::uint8_t* out = data.inputs.data();
  for (Index i = 0; i < n; ++i) {
    const Index label = i % data.classes;
    data.labels.data()[i] = label;
    const detail::Garment garment(static_cast<detail::Garment::Kind>(label), random);
    random.fill_uniform(std::span<float>(noise), -noise_strength, noise_strength);
    for (Index pixel = 0; pixel < pixels; ++pixel) {
      const auto board = [](Index at) { return (static_cast<float>(at) + 0.5f) * (2.0f / side) - 1; };
      const float clean = garment.brightness({board(pixel % side), board(pixel / side)}, 2.0f / side);
      const float grey = std::clamp(clean * (1 + noise[to_size(pixel)]), 0.0f, 1.0f);
      *out++ = static_cast<std::uint8_t>(std::floor(255 * grey + 0.5f));
    }
  }
  return data;
}

/// Generates y = w x + b + noise with x ~ N(0, 1): inputs `[n, size(w)]`, labels `[n, 1]`. With far more
/// features than examples, such data show the effect of weight decay.
template <std::floating_point Scalar>
Dataset<Scalar, Scalar> synthetic_linear(Index n, std::type_identity_t<std::span<const Scalar>> weights,
                                         Scalar bias, Scalar noise, Generator& random) {
  const auto features = static_cast<Index>(weights.size());
  Dataset<Scalar, Scalar> data{Tensor<Scalar>::randn({n, features}, random),
                               Tensor<Scalar>::randn({n, 1}, random, bias, noise),
                               0,
                               {},
                               "synthetic linear"};
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < features; ++j) {
      data.labels.data()[i] += data.inputs.data()[i * features + j] * weights[to_size(j)];
    }
  }
  return data;
}

/// Generates y = sum w_k x^k / k! + noise with x ~ N(0, 1): inputs `[n, features]` hold x^k / k! for k = 0,
/// 1, ..., labels `[n, 1]`. Missing weights are 0. A linear model overfits with more features than weights
/// and underfits with fewer.
template <std::floating_point Scalar>
Dataset<Scalar, Scalar> synthetic_polynomial(Index n, Index features,
                                             std::type_identity_t<std::span<const Scalar>> weights,
                                             Scalar noise, Generator& random) {
  const Tensor<Scalar> x = Tensor<Scalar>::randn({n}, random);
  Dataset<Scalar, Scalar> data{Tensor<Scalar>::uninitialized({n, features}),
                               Tensor<Scalar>::randn({n, 1}, random, 0, noise),
                               0,
                               {},
                               "synthetic polynomial"};
  for (Index i = 0; i < n; ++i) {
    Scalar term = 1;
    for (Index k = 0; k < std::max(features, static_cast<Index>(weights.size())); ++k) {
      if (k > 0) term *= x.data()[i] / static_cast<Scalar>(k);
      if (k < features) data.inputs.data()[i * features + k] = term;
      if (k < static_cast<Index>(weights.size())) {
        data.labels.data()[i] += weights[to_size(k)] * term;
      }
    }
  }
  return data;
}

}  // namespace gradus
