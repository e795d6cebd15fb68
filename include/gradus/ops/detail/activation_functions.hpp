// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <gradus/core/simd/exp.hpp>
#include <gradus/core/simd/float_bits.hpp>
#include <gradus/core/simd/log.hpp>
#include <gradus/core/simd/operators.hpp>
#include <gradus/core/simd/tanh.hpp>

/// The activation functions and their derivatives on packs, for the functions of ops/ and for predictors,
/// which need no tensors. A derivative takes the output y or the input x, as the function of ops/ does.
namespace gradus::ops::detail {

struct Relu {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return select(x < 0, 0, x);
  }
};
struct ReluBackward {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& y, const P& dy) const {
    return select(y <= 0, 0, dy);
  }
};
struct Sigmoid {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return sigmoid(x);
  }
};
struct SigmoidBackward {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& y, const P& dy) const {
    return flush_subnormal(dy * y * (1 - y));
  }
};
struct Tanh {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return tanh(x);
  }
};
struct TanhBackward {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& y, const P& dy) const {
    return flush_subnormal(dy * (1 - y * y));
  }
};

template <class Scalar>
struct LeakyRelu {
  Scalar slope;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return select(x > 0, x, slope * x);
  }
};
template <class Scalar>
struct LeakyReluBackward {
  Scalar slope;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& dy) const {
    return select(x > 0, dy, slope * dy);
  }
};

template <class Scalar>
struct Elu {
  Scalar alpha;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    return select(x > 0, x, alpha * expm1(x));
  }
};
template <class Scalar>
struct EluBackward {
  Scalar alpha;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& dy) const {
    return select(x > 0, dy, flush_subnormal(alpha * exp_flushed(min(0, x)) * dy));
  }
};

struct Silu {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    // The limit at -infinity is 0; -infinity / infinity would give NaN.
    return max(std::numeric_limits<typename P::Scalar>::lowest(), x) / (1 + exp(-x));
  }
};
struct SiluBackward {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& dy) const {
    using Limits = std::numeric_limits<typename P::Scalar>;
    const P s = sigmoid(x), finite = min(Limits::max(), max(Limits::lowest(), x));
    return flush_subnormal(dy * s * (1 + finite * (1 - s)));
  }
};

// y = x/2 erfc(-x / sqrt 2)
template <class Scalar>
Scalar exact_gelu(Scalar x) {
  // The limit at -infinity is 0; infinity times 0 would give NaN.
  const Scalar in = std::max(x, std::numeric_limits<Scalar>::lowest());
  return in / 2 * std::erfc(-std::numbers::sqrt2_v<Scalar> / 2 * in);
}

// 1/2 (1 + tanh(u)) = 1 / (1 + exp(-2u)),  2u = 2 sqrt(2/pi) (x + 0.044715 x^3)
template <class Scalar>
inline constexpr Scalar gelu_tanh_scale =
    2 * std::numbers::sqrt2_v<Scalar>* std::numbers::inv_sqrtpi_v<Scalar>;
template <class Scalar>
inline constexpr Scalar gelu_tanh_cubic = Scalar(0.044715);

struct GeluTanh {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    using Scalar = typename P::Scalar;
    const P twice_u = gelu_tanh_scale<Scalar> * x * (1 + gelu_tanh_cubic<Scalar> * x * x);
    // The limit at -infinity is 0; -infinity / infinity would give NaN.
    return max(std::numeric_limits<Scalar>::lowest(), x) / (1 + exp(-twice_u));
  }
};
struct GeluTanhBackward {
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& dy) const {
    using Scalar = typename P::Scalar;
    constexpr Scalar scale = gelu_tanh_scale<Scalar>, cubic = gelu_tanh_cubic<Scalar>;
    // Beyond 100, s is 0 or 1 even in double; infinity would make a product NaN.
    const P bounded = min(100, max(-100, x));
    const P s = sigmoid(scale * bounded * (1 + cubic * bounded * bounded));
    return flush_subnormal(dy * s * (1 + bounded * (1 - s) * scale * (1 + 3 * cubic * bounded * bounded)));
  }
};

template <class Scalar>
struct Softplus {
  Scalar beta, threshold;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x) const {
    // log(1 + exp(b x)), rearranged so that exp cannot overflow
    const P scaled = beta * x, y = max(0, scaled) + log1p(exp(-abs(scaled)));
    return select(scaled > threshold, x, y / beta);
  }
};
template <class Scalar>
struct SoftplusBackward {
  Scalar beta, threshold;
  template <class P>
  [[gnu::always_inline]] P operator()(const P& x, const P& dy) const {
    const P scaled = beta * x;
    return select(scaled > threshold, dy, flush_subnormal(dy * sigmoid(scaled)));
  }
};

}  // namespace gradus::ops::detail
