// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/index.hpp>
#include <gradus/core/simd/dispatch.hpp>
#include <gradus/nn/dense_product.hpp>
#include <gradus/nn/pack_panels.hpp>

#include "../support/instruction_sets.hpp"

using namespace gradus;
using namespace gradus::nn;

TEST_CASE_TEMPLATE("DenseProduct: computes every term once, for every number of panels", S, float, double) {
  gradus::test::for_each_instruction_set([] {
    const Index lanes = gradus::test::lanes<S>();
    for (const Index in : {1, 2, 3, 4, 5, 8, 13})
      for (const Index out : {Index{1}, lanes, lanes + 1, 3 * lanes, 5 * lanes - 1, 8 * lanes, 15 * lanes}) {
        DenseLayer<S> layer{in, out, std::vector<S>(to_size(in * out)), std::vector<S>(to_size(out))};
        for (Index i = 0; i < in * out; ++i) layer.weight[to_size(i)] = static_cast<S>(i * 7 % 9 - 4);
        for (Index j = 0; j < out; ++j) layer.bias[to_size(j)] = static_cast<S>(j % 5 - 2);
        const Index padded = nn::detail::panel_elements(0, out, lanes);
        std::vector<S> bias(to_size(padded)), weight(to_size(padded * in)), x(to_size(in)),
            y(to_size(padded) + 1, S(-7));
        for (Index k = 0; k < in; ++k) x[to_size(k)] = static_cast<S>(k * 5 % 7 - 3);
        nn::detail::pack_panels(layer, lanes, bias.data(), weight.data());
        simd::dispatch<nn::detail::DenseProduct>(
            static_cast<const S*>(weight.data()), static_cast<const S*>(bias.data()),
            static_cast<const S*>(x.data()), in, padded / lanes, y.data());
        CAPTURE(in);
        CAPTURE(out);
        for (Index j = 0; j < padded; ++j) {
          S expected = j < out ? layer.bias[to_size(j)] : S(0);
          for (Index k = 0; k < in && j < out; ++k)
            expected += layer.weight[to_size(j * in + k)] * x[to_size(k)];
          CHECK(y[to_size(j)] == expected);
        }
        CHECK(y.back() == S(-7));
      }
  });
}

TEST_CASE_TEMPLATE("CategoricalProduct: is the product with one column per category", S, float, double) {
  gradus::test::for_each_instruction_set([] {
    const Index lanes = gradus::test::lanes<S>();
    for (const Index out : {Index{1}, lanes + 1, 3 * lanes, 8 * lanes, 15 * lanes}) {
      // Columns: a number, 3 categories, a number, 2 categories, a number.
      DenseLayer<S> layer{8, out, std::vector<S>(to_size(8 * out)), std::vector<S>(to_size(out))};
      layer.categories = {{1, 3}, {3, 2}};
      for (Index i = 0; i < 8 * out; ++i) layer.weight[to_size(i)] = static_cast<S>(i * 7 % 9 - 4);
      for (Index j = 0; j < out; ++j) layer.bias[to_size(j)] = static_cast<S>(j % 5 - 2);
      const auto panels = nn::detail::panel_layer(layer, lanes, 0);
      std::vector<S> memory(to_size(nn::detail::panel_elements(8, out, lanes))),
          y(to_size(panels.panels * lanes) + 1, S(-7));
      nn::detail::pack_panels(layer, lanes, memory.data(), memory.data() + panels.weight);
      // Column 3 has no category 2.
      const std::vector<S> x{2, 1, -3, 2, 5}, replaced{2, 0, 1, 0, -3, 0, 0, 5};
      simd::dispatch<nn::detail::CategoricalProduct>(panels, static_cast<const S*>(memory.data()),
                                                     static_cast<const S*>(x.data()), y.data());
      CAPTURE(out);
      for (Index j = 0; j < out; ++j) {
        S expected = layer.bias[to_size(j)];
        for (Index k = 0; k < 8; ++k) expected += layer.weight[to_size(j * 8 + k)] * replaced[to_size(k)];
        CHECK(y[to_size(j)] == expected);
      }
      CHECK(y.back() == S(-7));
    }
  });
}
