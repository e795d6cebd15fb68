// SPDX-License-Identifier: MIT

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/nn/batch_norm.hpp>
#include <gradus/nn/linear.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/optim/parameter_group.hpp>

namespace {

namespace nn = gradus::nn;
using gradus::optim::has_rank_above_one;
using gradus::optim::split_parameters;

std::vector<std::string> names(const std::vector<nn::NamedParameter<float>>& parameters) {
  std::vector<std::string> found;
  for (const auto& parameter : parameters) found.push_back(parameter.name);
  return found;
}

}  // namespace

TEST_CASE("split_parameters: separates weight matrices from biases and scales, keeping the order") {
  nn::Sequential net{nn::Linear{2, 3}, nn::BatchNorm1d{3}, nn::Linear{3, 1}};
  const auto [weights, others] = split_parameters(net.named_parameters(), has_rank_above_one);
  CHECK(names(weights) == std::vector<std::string>{"0.weight", "2.weight"});
  CHECK(names(others) == std::vector<std::string>{"0.bias", "1.weight", "1.bias", "2.bias"});
}

TEST_CASE("split_parameters: accepts any predicate") {
  nn::Sequential net{nn::Linear{2, 3}, nn::Linear{3, 1}};
  const auto in_first = [](const auto& parameter) {
    return std::string_view(parameter.name).starts_with("0.");
  };
  const auto [first, rest] = split_parameters(net.named_parameters(), in_first);
  CHECK(names(first) == std::vector<std::string>{"0.weight", "0.bias"});
  CHECK(names(rest) == std::vector<std::string>{"1.weight", "1.bias"});
}
