// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <span>
#include <string>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/nn/categorical_column.hpp>
#include <gradus/nn/dense_layer.hpp>
#include <gradus/nn/dense_product.hpp>

/// Lays out the weights of a layer for dense_product.hpp.
namespace gradus::nn::detail {

[[noreturn]] inline void throw_layer(Index number, Index found, const char* what, Index least, Index most) {
  throw ArgumentError("Predictor: layer " + std::to_string(number) + " has " + std::to_string(found) + what +
                      ", expected " + std::to_string(least) +
                      (least < most ? " to " + std::to_string(most) : std::string()));
}

[[noreturn]] inline void throw_categories(Index number, const CategoricalColumn& found) {
  throw ArgumentError("Predictor: layer " + std::to_string(number) + " has " + std::to_string(found.count) +
                      " categories in column " + std::to_string(found.column) +
                      ", expected inputs in ascending order with 1 to " + std::to_string(max_categories) +
                      " categories each");
}

/// Throws ArgumentError unless the columns of categories are inputs of the layer in ascending order, each
/// with 1 to max_categories categories.
template <class Scalar>
void check_categories(const DenseLayer<Scalar>& layer, Index number) {
  Index columns = layer.in, before = -1;
  for (const CategoricalColumn& each : layer.categories) {
    if (each.count < 1 || each.count > max_categories || each.column <= before)
      throw_categories(number, each);
    columns -= each.count - 1;
    before = each.column;
  }
  if (before >= columns) throw_categories(number, layer.categories.back());
}

/// Throws ArgumentError unless the sizes of the layers match.
template <class Scalar>
void check_layers(std::span<const DenseLayer<Scalar>> layers, Index max_width) {
  if (layers.empty()) throw ArgumentError("Predictor: got no layers, expected at least one");
  constexpr Index any = Index{1} << 31;
  Index number = 0, before = 0;
  const auto check = [&](Index found, const char* what, Index least, Index most) {
    if (found < least || found > most) throw_layer(number, found, what, least, most);
  };
  for (const DenseLayer<Scalar>& layer : layers) {
    check_categories(layer, number);
    check(layer.inputs(), " inputs", number > 0 ? before : 1, number > 0 ? before : any);
    check(layer.in, " columns of weights", 1, any);
    check(layer.out, " outputs", 1, max_width);
    const Index size = layer.in * layer.out;
    check(static_cast<Index>(layer.weight.size()), " weights", size, size);
    check(static_cast<Index>(layer.bias.size()), " biases", layer.out, layer.out);
    before = layer.out;
    ++number;
  }
}

/// Returns the number of elements in the bias and weights of a layer, in panels of `lanes` outputs.
constexpr Index panel_elements(Index in, Index out, Index lanes) {
  return (out + lanes - 1) / lanes * lanes * (in + 1);
}

/// Returns the description of a layer whose bias and weights begin at `begin` in the network's memory.
template <class Scalar>
PanelLayer<Scalar> panel_layer(const DenseLayer<Scalar>& layer, Index lanes, Index begin) {
  PanelLayer<Scalar> panels;
  panels.in = layer.in;
  panels.out = layer.out;
  panels.panels = (layer.out + lanes - 1) / lanes;
  panels.bias = begin;
  panels.weight = begin + panels.panels * lanes;
  panels.activation = layer.activation;
  panels.first = static_cast<Scalar>(layer.first);
  panels.second = static_cast<Scalar>(layer.second);
  panels.categories = layer.categories;
  return panels;
}

/// Writes the bias and the weights in groups of panels, padded with zeros to whole panels.
template <class Scalar>
void pack_panels(const DenseLayer<Scalar>& layer, Index lanes, Scalar* bias, Scalar* weight) {
  const Index panels = (layer.out + lanes - 1) / lanes;
  std::fill(std::copy(layer.bias.begin(), layer.bias.end(), bias), bias + panels * lanes, Scalar(0));
  for (Index first = 0, size = 0; first < panels; first += size) {
    size = group_panels(panels - first);
    for (Index k = 0; k < layer.in; ++k)
      for (Index j = first * lanes; j < (first + size) * lanes; ++j)
        *weight++ = j < layer.out ? layer.weight[to_size(j * layer.in + k)] : Scalar(0);
  }
}

}  // namespace gradus::nn::detail
