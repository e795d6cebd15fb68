// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/io/module_registry.hpp>
#include <gradus/nn.hpp>

#include "../support/swish.hpp"

using namespace gradus;

TEST_CASE("ModuleRegistry: finds modules with and without settings by name") {
  ModuleRegistry<float> registry;
  registry.add<third_party::Swish>("swish");
  registry.add<nn::Linear<float>>(
      "app.Square",
      [](const nn::Linear<float>& m) {
        return Settings{{"size", m.in()}};
      },
      [](const Settings& s) { return nn::Linear<float>(s.integer("size"), s.integer("size")); });
  CHECK(registry.kinds().size() == 2);
  const auto* square = registry.find("app.Square");
  REQUIRE(square != nullptr);
  CHECK(registry.find("other") == nullptr);
  CHECK(*square->describe(nn::Linear<float>(3, 3)) == Settings{{"size", 3}});
  CHECK_FALSE(square->describe(nn::ReLU<float>()));
  CHECK(square->build({{"size", 4}}).name() == "Linear(4 -> 4)");
  CHECK(registry.find("swish")->build({}).name() == "Swish");
}

TEST_CASE("ModuleRegistry: a name can be registered once, and must be non-empty UTF-8") {
  ModuleRegistry<float> registry;
  registry.add<third_party::Swish>("swish");
  CHECK_THROWS_WITH_AS(registry.add<third_party::Scale>("swish"),
                       "ModuleRegistry: name is \"swish\", expected a unique UTF-8 name", ArgumentError);
  CHECK_THROWS_AS(registry.add<third_party::Scale>(""), ArgumentError);
  CHECK_THROWS_AS(registry.add<third_party::Scale>("\xff"), ArgumentError);
  CHECK(registry.kinds().size() == 1);
}
