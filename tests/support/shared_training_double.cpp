// SPDX-License-Identifier: MIT

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gradus/io/checkpoints.hpp>
#include <gradus/io/state_dict.hpp>

#include "shared_training.inc"

namespace gradus::test {

template <>
SharedResult<double> train_shared(ProcessGroup* processes, const SharedSettings& settings) {
  const auto prepare = [&](auto& trainer) {
    if (settings.checkpoints.empty()) return;
    trainer.add(Checkpoints{settings.checkpoints, {.every_steps = 3, .every_epochs = 0, .keep = 100}});
    if (const auto file = latest_checkpoint(settings.checkpoints)) load_checkpoint(trainer, *file);
  };
  const auto finish = [&](auto& trainer) {
    if (!settings.result.empty() && trainer.is_main()) save(trainer.net(), settings.result);
  };
  return run_training<double>(processes, settings, prepare, finish);
}

std::vector<std::pair<std::string, Tensor<double>>> load_result(const std::filesystem::path& file) {
  Generator random(0);
  auto net = shared_network<double>(SharedSettings{}.hidden, true, random);
  load(net, file);
  return state_of(net);
}

}  // namespace gradus::test
