// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/gradus.hpp>  // names in detail must not hide those of nn
#include <gradus/io/module_kinds.hpp>

#include "../support/swish.hpp"

using namespace gradus;
using namespace gradus::nn;

namespace {

/// Returns a module of each kind, with settings other than the defaults.
std::vector<AnyModule<float>> every_kind() {
  return {Flatten{},
          Identity{},
          ReLU{},
          Sigmoid{},
          SiLU{},
          Tanh{},
          Softmax{},
          Dropout{0.1},
          ELU{0.3},
          Clip{-2, 3},
          LeakyReLU{0.125},
          GELU{},
          GELU{GELUForm::tanh},
          Softplus{{.beta = 3, .threshold = std::numeric_limits<double>::infinity()}},
          Linear{3, 4},
          Linear{4, 2, {.bias = false}},
          BatchNorm1d{5, {.epsilon = 1e-3, .momentum = 0.25}},
          BatchNorm1d{5, {.affine = false}},
          LayerNorm{6, {.epsilon = 1e-4}},
          LayerNorm{6, {.affine = false}},
          Standardize<float>{7},
          MinMax<float>{7},
          OneHot{5, {{1, 3}, {4, 2}}}};
}

}  // namespace

TEST_CASE("module_kinds: every module of the library is described and rebuilt") {
  const auto kinds = gradus::detail::all_kinds(ModuleRegistry<float>());
  for (const AnyModule<float>& module : every_kind()) {
    CAPTURE(module.name());
    int known = 0;
    for (const auto& kind : kinds.kinds()) {
      const auto settings = kind.describe(module);
      if (!settings) continue;
      ++known;
      const AnyModule<float> built = kind.build(*settings);
      CHECK(built.name() == module.name());
      CHECK(*kind.describe(built) == *settings);
      CHECK(kind.settings->size() == settings->values().size());
      // The file is expected to contain exactly what the module has.
      std::vector<std::pair<std::string, Shape>> tensors, expected = kind.tensors(*settings);
      visit_state(module, [&](std::string_view name, const Tensor<float>& tensor) {
        tensors.emplace_back(name, tensor.shape());
      });
      CHECK(std::is_permutation(tensors.begin(), tensors.end(), expected.begin(), expected.end()));
    }
    CHECK(known == 1);
  }
}

TEST_CASE("module_kinds: settings that no module has are refused") {
  const auto kinds = gradus::detail::all_kinds(ModuleRegistry<float>());
  CHECK_THROWS_AS(kinds.find("Dropout")->build({{"p", 1.5}}), ArgumentError);
  for (const char* columns :
       {",", "1", "1:", ":2", "1:2,", "1:2;3:4", "a:b", "1:2,1:2", "9:2", "-1:2", "1:0"}) {
    CAPTURE(std::string(columns));
    CHECK_THROWS_AS(kinds.find("OneHot")->build({{"in_features", 5}, {"columns", columns}}), Error);
  }
  CHECK_THROWS_AS(kinds.find("Softmax")->build({{"dim", 0}}), FileError);
  CHECK_THROWS_AS(kinds.find("GELU")->build({{"approximate", "x"}}), FileError);
  const Settings huge{
      {"in_features", std::int64_t{1} << 40}, {"out_features", std::int64_t{1} << 40}, {"bias", false}};
  CHECK_THROWS_AS(kinds.find("Linear")->tensors(huge), ShapeError);
}

TEST_CASE("module_kinds: custom modules cannot take the names of the library's modules") {
  ModuleRegistry<float> registry;
  registry.add<third_party::Swish>("Linear");
  CHECK_THROWS_AS(gradus::detail::all_kinds(registry), ArgumentError);
}
