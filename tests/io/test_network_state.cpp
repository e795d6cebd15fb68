// SPDX-License-Identifier: MIT

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/network_state.hpp>
#include <gradus/io/safetensors_writer.hpp>
#include <gradus/nn.hpp>

#include "../support/temporary_folder.hpp"

using namespace gradus;
using namespace gradus::nn;

TEST_CASE("network_state: lists each module's parameters and buffers, then counters, in place") {
  const Sequential<double> net{Sequential<double>{Linear<double>{2, 3}}, BatchNorm1d<double>{3},
                               Linear<double>{3, 1, {.bias = false}}};
  const auto state = gradus::detail::network_state(net);
  std::vector<std::string> names;
  for (const auto& each : state)
    names.push_back(each.name + " " + each.dtype() + " " + each.shape().to_string());
  CHECK(names == std::vector<std::string>{"0.0.weight F64 [3, 2]", "0.0.bias F64 [3]", "1.weight F64 [3]",
                                          "1.bias F64 [3]", "1.running_mean F64 [3]", "1.running_var F64 [3]",
                                          "1.num_batches_tracked I64 []", "2.weight F64 [1, 3]"});
  CHECK(state[0].tensor == &net[0].as<Sequential>()[0].as<Linear>().weight.value);
  CHECK(state[6].counter == &net[1].as<BatchNorm1d>().num_batches_tracked);
  CHECK(state[6].is_optional());
  CHECK_FALSE(state[5].is_optional());
  CHECK_FALSE(gradus::detail::StateTensor<float>{"0.steps", nullptr, state[6].counter}.is_optional());
}

TEST_CASE("read_count: reads a scalar of at least 0") {
  const test::TemporaryFolder folder("read_count");
  const auto five = Tensor<std::int64_t>::scalar(5), minus = Tensor<std::int64_t>::scalar(-1);
  const Tensor<std::int64_t> row{5};
  const auto narrow = Tensor<std::int32_t>::scalar(5);
  SafetensorsWriter writer;
  writer.add("five", five);
  writer.add("minus", minus);
  writer.add("row", row);
  writer.add("narrow", narrow);
  writer.write(folder.path / "file");
  const SafetensorsReader reader(folder.path / "file");
  CHECK(gradus::detail::read_count(reader, "five") == 5);
  const auto error_of = [&](const char* name) {
    return test::message_of<FileError>([&] { gradus::detail::read_count(reader, name); });
  };
  CHECK(error_of("minus").ends_with("\"minus\" is -1, expected a count >= 0"));
  CHECK(error_of("row").ends_with("\"row\" has shape [1], expected a count >= 0"));
  CHECK(error_of("narrow").ends_with("\"narrow\" has dtype I32, expected I64"));
}
