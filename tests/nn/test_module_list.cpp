// SPDX-License-Identifier: MIT

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn.hpp>
#include <gradus/nn/module_list.hpp>

using namespace gradus::nn;
using gradus::ArgumentError;
using gradus::Generator;
using gradus::Index;
using gradus::IndexError;
using gradus::Tensor;

namespace {

Sequential<float> small_net() {
  Generator random(1);
  return Sequential{Linear{5, 7, random}, ReLU{}, Linear{7, 3, random}};
}

std::vector<std::string> names_of(const auto& named) {
  std::vector<std::string> names;
  for (const auto& each : named) names.push_back(each.name);
  return names;
}

}  // namespace

TEST_SUITE("nn::ModuleList") {
  TEST_CASE("ModuleList: children are accessed by index, and an index out of range is an error") {
    Sequential<float> net = small_net();
    const Sequential<float>& constant = net;
    CHECK(net[0].as<Linear>().out() == 7);
    CHECK(constant[1].name() == "ReLU");
    CHECK_THROWS_WITH_AS(net[3], "Sequential: child 3, expected one in [0, 3)", IndexError);
    CHECK_THROWS_AS(constant[-1], IndexError);
  }

  TEST_CASE("ModuleList: parameters are named as in PyTorch") {
    Sequential<float> net{Flatten{}, Linear{6, 5}, ReLU{},
                          Sequential{Linear{5, 4, {.bias = false}}, Sequential{Linear{4, 3}}}};
    CHECK(names_of(net.named_parameters()) ==
          std::vector<std::string>{"1.weight", "1.bias", "3.0.weight", "3.1.0.weight", "3.1.0.bias"});
    CHECK(net.named_parameters()[0].parameter == &net[1].as<Linear>().weight);
    CHECK(net.named_buffers().empty());
    CHECK(net.has_parameters());
    CHECK_FALSE(Sequential<float>{ReLU{}}.has_parameters());
  }

  TEST_CASE("ModuleList: parameters, buffers and counters of named children carry the child's name") {
    Generator random(1);
    Sequential net{{"fc1", Linear{5, 7, random}},
                   {"norm", BatchNorm1d{7}},
                   {"head", Sequential{{"out", Linear{7, 3, random, {.bias = false}}}}}};
    static_assert(std::is_same_v<decltype(net), Sequential<float>>);
    CHECK(names_of(net.named_parameters()) ==
          std::vector<std::string>{"fc1.weight", "fc1.bias", "norm.weight", "norm.bias", "head.out.weight"});
    CHECK(names_of(net.named_buffers()) == std::vector<std::string>{"norm.running_mean", "norm.running_var"});
    std::vector<std::string> counters;
    std::as_const(net).visit_counters(
        [&](std::string_view name, const std::int64_t&) { counters.emplace_back(name); });
    CHECK(counters == std::vector<std::string>{"norm.num_batches_tracked"});
    CHECK(net["fc1"].as<Linear>().out() == 7);
    CHECK(std::as_const(net)["norm"].name() == "BatchNorm1d(7)");
    CHECK(net.child_name(2) == "head");
    CHECK_THROWS_WITH_AS(net["fc2"], "Sequential: no child is named \"fc2\"", IndexError);
    CHECK_THROWS_AS(net["0"], IndexError);
    CHECK_THROWS_AS(net.child_name(3), IndexError);
  }

  TEST_CASE("ModuleList: numbered and named children can be mixed, and copies keep the names") {
    Sequential<float> net{Linear{2, 3}};
    net.add("act", ReLU{});
    net.push_back(Linear{3, 1});
    net.add("3", Linear{1, 1});  // the number that it has anyway
    const Sequential<float> copy = net;
    CHECK(names_of(net.named_parameters()) ==
          std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias", "3.weight", "3.bias"});
    CHECK(copy.child_name(1) == "act");
    CHECK(copy.child_name(3) == "3");
    CHECK(copy["2"].name() == "Linear(3 -> 1)");
    CHECK_THROWS_AS(copy["02"], IndexError);
    CHECK_THROWS_AS(copy["1"], IndexError);  // child 1 has a name
    CHECK_THROWS_AS(copy[""], IndexError);
  }

  TEST_CASE("ModuleList: duplicate names and names with dots are refused, and nothing is added") {
    Sequential<float> net{{"a", Linear{2, 3}}, {"2", ReLU{}}};
    const char* message = "Sequential: child name is \"a\", expected a unique UTF-8 name without a dot";
    CHECK_THROWS_WITH_AS(net.add("a", ReLU{}), message, ArgumentError);
    CHECK_THROWS_AS(net.add("b.c", ReLU{}), ArgumentError);
    CHECK_THROWS_AS(net.push_back(ReLU{}), ArgumentError);  // it would be a second "2"
    CHECK_THROWS_AS((Sequential<float>{{"a", ReLU{}}, {"a", ReLU{}}}), ArgumentError);
    CHECK(net.size() == 2);
    net.add("b", ReLU{});
    CHECK(net.child_name(2) == "b");
  }

  TEST_CASE("ModuleList: named children determine the scalar type") {
    const Sequential twice{{"fc", Linear<double>{2, 3}}, {"act", ReLU{}}};
    static_assert(std::is_same_v<decltype(twice), const Sequential<double>>);
    const Sequential plain{{"a", ReLU{}}, {"b", Tanh{}}};
    static_assert(std::is_same_v<decltype(plain), const Sequential<float>>);
    CHECK(twice["act"].as<ReLU>().output_shape({1, 3}) == gradus::Shape{1, 3});
    CHECK(plain.size() == 2);
  }

  TEST_CASE("ModuleList: reset_parameters draws layer by layer") {
    Generator a(3), b(3);
    Sequential<float> net{Linear{5, 7}, ReLU{}, Sequential{Linear{7, 3}}};
    net.reset_parameters(a);
    CHECK(net[0].as<Linear>().weight.value == Linear<float>(5, 7, b).weight.value);
    CHECK(net[2].as<Sequential>()[0].as<Linear>().bias.value == Linear<float>(7, 3, b).bias.value);
  }

  TEST_CASE("ModuleList: a const list visits const parameters under the same names") {
    const Sequential<float> net{Linear{2, 3}, ReLU{}, Sequential{BatchNorm1d{3}}};
    std::vector<std::string> parameters, buffers;
    net.visit([&](std::string_view name, const Parameter<float>&) { parameters.emplace_back(name); });
    net.visit_buffers([&](std::string_view name, const Tensor<float>&) { buffers.emplace_back(name); });
    CHECK(parameters == std::vector<std::string>{"0.weight", "0.bias", "2.0.weight", "2.0.bias"});
    CHECK(buffers == std::vector<std::string>{"2.0.running_mean", "2.0.running_var"});
  }

  TEST_CASE("ModuleList: zero_grad reaches every child, including nested ones") {
    Sequential<float> net{Linear{2, 3}, Sequential{Linear{3, 1}}};
    for (const auto& parameter : net.named_parameters()) parameter->grad().fill(1);
    net.zero_grad();
    for (const auto& parameter : net.named_parameters()) {
      for (const float element : parameter->grad()) CHECK(element == 0);
    }
  }
}
