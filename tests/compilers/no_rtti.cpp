// SPDX-License-Identifier: MIT

// Compiled with -fno-rtti: checks that modules are recognised, named and visited without RTTI. Exits with
// status 0 on success.

#include <cstdio>
#include <string>
#include <string_view>

#include <gradus/gradus.hpp>

using gradus::Tensor;
namespace nn = gradus::nn;

namespace {

int failures = 0;

void check(bool holds, const char* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

}  // namespace

int main() {
  const nn::Sequential net{nn::Linear{2, 3}, nn::ReLU{}, nn::Sequential{nn::Linear{3, 1}}};
  check(net[0].get_if<nn::Linear<float>>() != nullptr, "get_if finds the module");
  check(net[0].get_if<nn::ReLU<float>>() == nullptr, "get_if does not find another type");
  check(net[0].get_if<nn::Linear<double>>() == nullptr, "get_if does not find another scalar");
  check(net[0].as<nn::Linear>().out() == 3, "as<Linear>");
  std::string message;
  try {
    static_cast<void>(net[1].as<nn::Linear>());
  } catch (const gradus::ArgumentError& error) {
    message = error.what();
  }
  check(message == "as: module is ReLU, expected Linear", "as names both types");
  const std::string summary = nn::summary(net, {2});
  check(summary.find("ReLU") != summary.npos, "summary names a module by its type");
  check(summary.find("  2.0  Linear(3 -> 1)") != summary.npos, "summary looks into a nested sequence");
  int parameters = 0;
  net.visit([&](std::string_view, const nn::Parameter<float>&) { ++parameters; });
  check(parameters == 4, "visit");
  return failures;
}
