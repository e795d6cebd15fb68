// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/io/architecture.hpp>
#include <gradus/nn.hpp>

#include "../support/swish.hpp"

using namespace gradus;
using namespace gradus::nn;

TEST_CASE("architecture_json: has PyTorch's kinds and settings, names and nested sequences") {
  const Sequential net{
      {"fc1", Linear{3, 2}}, {"1", ReLU{}}, {"body", Sequential{Dropout{0.25}, third_party::Swish{}}}};
  CHECK(gradus::detail::architecture_json(net, ModuleRegistry<float>()) ==
        R"({"version":1,"dtype":"F32","modules":[)"
        R"({"kind":"Linear","settings":{"bias":true,"in_features":3,"out_features":2},"name":"fc1"},)"
        R"({"kind":"ReLU"},)"
        R"({"kind":"Sequential","modules":[{"kind":"Dropout","settings":{"p":0.25}},)"
        R"({"kind":"unregistered","settings":{"type":"Swish"}}],"name":"body"}]})");
  ModuleRegistry<float> modules;
  modules.add<third_party::Swish>("swish");
  CHECK(gradus::detail::architecture_json(Sequential<float>{third_party::Swish{}}, modules) ==
        R"({"version":1,"dtype":"F32","modules":[{"kind":"swish"}]})");
  CHECK(gradus::detail::architecture_json(Sequential<double>{}, ModuleRegistry<double>()) ==
        R"({"version":1,"dtype":"F64","modules":[]})");
}

TEST_CASE("architecture_json: settings that are not UTF-8 are an ArgumentError") {
  ModuleRegistry<float> modules;
  modules.add<third_party::Swish<float>>(
      "swish",
      [](const third_party::Swish<float>&) {
        return Settings{{"a", "\xff"}};
      },
      [](const Settings&) { return third_party::Swish<float>(); });
  CHECK_THROWS_AS(gradus::detail::architecture_json(Sequential<float>{third_party::Swish{}}, modules),
                  ArgumentError);
}
