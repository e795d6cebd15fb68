// SPDX-License-Identifier: MIT

#include "shared_training.inc"

template gradus::test::SharedResult<double> gradus::test::train_shared(ProcessGroup*, const SharedSettings&);

std::vector<std::pair<std::string, gradus::Tensor<double>>> gradus::test::load_result(
    const std::filesystem::path& file) {
  Generator random(0);
  auto net = shared_network<double>(SharedSettings{}.hidden, random);
  load(net, file);
  return state_of(net);
}
