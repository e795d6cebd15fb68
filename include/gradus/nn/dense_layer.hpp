// SPDX-License-Identifier: MIT

#pragma once

#include <vector>

#include <gradus/core/index.hpp>
#include <gradus/nn/categorical_column.hpp>

namespace gradus::nn {

/// The activation functions of a DenseLayer, named after the corresponding modules.
enum class Activation {
  identity,    ///< none
  relu,        ///< ReLU
  sigmoid,     ///< Sigmoid
  tanh,        ///< Tanh
  elu,         ///< ELU with alpha = first
  leaky_relu,  ///< LeakyReLU with slope = first
  silu,        ///< SiLU
  gelu,        ///< GELU
  gelu_tanh,   ///< GELU with the tanh approximation
  softplus,    ///< Softplus with beta = first and threshold = second
  softmax,     ///< Softmax over the outputs
  clip         ///< Clip with low = first and high = second
};

/// A fully connected layer with its activation, for inference: `y = f(W x + b)`, or `y = f(W h(x) + b)` where
/// h replaces columns of categories as OneHot does. `dense_layers` converts a network to a list of them.
template <class Scalar>
struct DenseLayer {
  Index in = 0;                                    ///< columns of W: the number of elements of h(x)
  Index out = 0;                                   ///< outputs
  std::vector<Scalar> weight = {};                 ///< W, `[out, in]`, row by row
  std::vector<Scalar> bias = {};                   ///< b, `[out]`
  Activation activation = Activation::identity;    ///< f
  double first = 0;                                ///< the first parameter of f, if it has one
  double second = 0;                               ///< the second parameter of f, if it has two
  std::vector<CategoricalColumn> categories = {};  ///< columns that h replaces, in ascending order

  /// Returns the number of elements of x.
  Index inputs() const {
    Index result = in;
    for (const CategoricalColumn& each : categories) result -= each.count - 1;
    return result;
  }
};

template <class Scalar>
class Sequential;

// Defined in nn/dense_layers.hpp.
template <class Scalar>
std::vector<DenseLayer<Scalar>> dense_layers(const Sequential<Scalar>& net);

}  // namespace gradus::nn
