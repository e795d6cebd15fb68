// SPDX-License-Identifier: MIT

#pragma once

#include <bit>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gradus/data/mixup.hpp>
#include <gradus/io/training_checkpoint.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim.hpp>
#include <gradus/train.hpp>

#include "../train/toy_problems.hpp"

namespace gradus::test {

/// A training with everything that has state: Adam with clipping, a schedule, a plateau, dropout, batch
/// normalisation, weight averages, mixup, random transforms, accumulated gradients, early stopping, the best
/// checkpoint, metrics, and weights that are unfrozen along the way.
struct ResumableTraining {
  static constexpr Index epochs = 6;

  std::filesystem::path best;
  Dataset<> train = bright_pixels(90, 3);
  Dataset<> validation = bright_pixels(40, 4);
  Generator random{11};
  nn::Sequential<float> net{nn::Linear{4, 96, random}, nn::BatchNorm1d{96}, nn::ReLU{}, nn::Dropout{0.3},
                            nn::Linear{96, 3, random}};
  optim::Adam<float> adam{net.named_parameters(), {.learning_rate = 0.02}};
  optim::ExponentialMovingAverage<float> average{
      net.named_parameters(), net.named_buffers(), {.decay = 0.9, .ramp_up = true}};
  Loader<float> loader{train,
                       {.batch_size = 8, .transform = [](TensorView<std::uint8_t> batch, Generator& draws) {
                          for (std::uint8_t& x : batch.span())
                            if (draws.bernoulli(0.1)) x = 0;
                        }}};
  Loader<float> evaluation{validation, {.batch_size = 16}};
  MixupLoader<float, std::uint8_t> mixed{loader, 0.3};
  Trainer<nn::Sequential<float>, MixupCrossEntropy<float>, optim::Adam<float>> trainer{
      net,
      MixupCrossEntropy<float>{},
      adam,
      random,
      {.epochs = epochs, .accumulation_steps = 2, .clip_norm = 0.5}};
  EarlyStopping* stopping = nullptr;

  ResumableTraining(Index threads, std::filesystem::path best_file, Index patience = 3)
      : best(std::move(best_file)) {
    net.set_threads(threads);
    nn::freeze(net, [](const auto& p) { return p.name == "0.bias"; });
    trainer.add_metric("top 2", [](TensorView<const float> y, std::span<const Index> labels) {
      return top_k_accuracy(y, labels, 2);
    });
    trainer.add(StepSchedule{optim::CosineAnnealing{.steps = 60}});
    stopping = &trainer.add(EarlyStopping{{.monitor = Monitor::validation_accuracy, .patience = patience}});
    trainer.add(PlateauSchedule{{.factor = 0.5, .patience = 1}});
    trainer.add(BestCheckpoint{[this] { save(net, best); }});
    trainer.add_state("average", average);
    trainer.after_each_step([this](auto& at) {
      average.update();
      net.random().next();
      if (at.progress().step == 20) nn::unfreeze(net);
    });
  }
  ResumableTraining(const ResumableTraining&) = delete;
  ResumableTraining& operator=(const ResumableTraining&) = delete;

  void fit() { trainer.fit(mixed, evaluation); }

  /// Returns all bits that the training has produced, except the times, which differ between runs.
  std::vector<std::uint64_t> bits() {
    std::vector<std::uint64_t> all;
    const auto add = [&](double x) { all.push_back(std::bit_cast<std::uint64_t>(x)); };
    const auto add_tensor = [&](std::string_view, const Tensor<float>& tensor) {
      for (const float x : tensor.span()) all.push_back(std::bit_cast<std::uint32_t>(x));
    };
    nn::visit_state(net, [&](std::string_view name, auto& tensor) { add_tensor(name, tensor); });
    nn::visit_counters(net, [&](std::string_view, std::int64_t& n) { all.push_back(std::uint64_t(n)); });
    adam.visit_state([&](const std::string& name, auto& tensor) { add_tensor(name, tensor); });
    average.visit_state([&](const std::string& name, auto& tensor) { add_tensor(name, tensor); });
    for (const std::uint32_t word : random.state()) all.push_back(word);
    for (const std::uint32_t word : net.random().state()) all.push_back(word);
    add(adam.learning_rate());
    add(static_cast<double>(adam.step_count()));
    add(static_cast<double>(average.update_count()));
    add(trainer.progress().loss);
    add(static_cast<double>(trainer.progress().step));
    add(static_cast<double>(stopping->best_epoch()));
    add(stopping->stopped());
    for (const EpochRecord& record : trainer.history()) {
      for (const Metrics* data : {&record.train, &*record.validation}) {
        add(data->loss);
        add(data->accuracy);
        add(static_cast<double>(data->samples));
        for (const NamedMetric& metric : data->named) add(metric.value);
      }
      add(static_cast<double>(record.epoch));
      add(record.learning_rate);
    }
    nn::Sequential<float> best_net = net;
    load(best_net, best);
    nn::visit_state(best_net, [&](std::string_view name, auto& tensor) { add_tensor(name, tensor); });
    return all;
  }
};

}  // namespace gradus::test
