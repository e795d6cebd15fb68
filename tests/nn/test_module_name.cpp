// SPDX-License-Identifier: MIT

#include <string>

#include <doctest/doctest.h>

#include <gradus/nn/module_name.hpp>
#include <gradus/nn/sequential.hpp>

#include "../support/swish.hpp"

using gradus::nn::Sequential;
using third_party::Swish;
namespace detail = gradus::nn::detail;

namespace {

struct Unnamed {};
struct Named {
  std::string name() const { return "called so"; }
};

}  // namespace

TEST_CASE("module_name: a module without a name is called by its type, whatever its namespace") {
  CHECK(gradus::nn::module_name(Swish<double>{}) == "Swish");
  CHECK(gradus::nn::module_name(Unnamed{}) == "Unnamed");
  CHECK(gradus::nn::module_name(Named{}) == "called so");
  CHECK(gradus::nn::module_name(Sequential<float>{}) == "Sequential");
  CHECK(detail::type_name<int>() == "int");
}
