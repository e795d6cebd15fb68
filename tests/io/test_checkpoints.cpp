// SPDX-License-Identifier: MIT

#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include <gradus/io/checkpoints.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/train.hpp>

#include "../support/thread_group.hpp"
#include "../train/toy_problems.hpp"

namespace {

using namespace gradus;
namespace fs = std::filesystem;

struct Fixture {
  fs::path folder = fs::temp_directory_path() / "gradus_checkpoints" / "run";
  Dataset<> data = gradus::test::bright_pixels(20);
  Generator random{0};
  nn::Sequential<float> net = gradus::test::small_network();
  optim::Adam<float> adam{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer<nn::Sequential<float>, nn::SoftmaxCrossEntropy<float>, optim::Adam<float>> trainer{
      net, nn::SoftmaxCrossEntropy<float>{}, adam, random, {.epochs = 4, .batch_size = 4}};  // 5 steps each

  Fixture() { fs::remove_all(folder.parent_path()); }
  ~Fixture() { fs::remove_all(folder.parent_path()); }

  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
    return names;
  }
};

const auto name = [](const std::string& step) { return "step-0000000" + step + ".safetensors"; };

}  // namespace

TEST_CASE_FIXTURE(Fixture, "Checkpoints: saves every n steps and keeps the newest") {
  const auto& checkpoints =
      trainer.add(Checkpoints{folder, {.every_steps = 3, .every_epochs = 0, .keep = 2}});
  CHECK(checkpoints.last().empty());
  CHECK_FALSE(latest_checkpoint(folder).has_value());
  trainer.fit(data);
  CHECK(files() == std::set<std::string>{name("15"), name("18")});
  CHECK(checkpoints.last() == folder / name("18"));
  CHECK(latest_checkpoint(folder) == folder / name("18"));
}

TEST_CASE_FIXTURE(Fixture, "Checkpoints: saves every n epochs and leaves other files alone") {
  fs::create_directories(folder);
  std::ofstream(folder / "step-notes.safetensors") << "x";
  std::ofstream(folder / "notes.txt") << "x";
  trainer.add(Checkpoints{folder, {.every_epochs = 2}});
  trainer.fit(data);
  CHECK(files() == std::set<std::string>{name("10"), name("20"), "step-notes.safetensors", "notes.txt"});
}

TEST_CASE_FIXTURE(Fixture, "Checkpoints: training continues from a saved file") {
  trainer.add(Checkpoints{folder, {.every_steps = 7, .every_epochs = 0}});
  trainer.fit(data);
  const auto expected = net[0].as<nn::Linear>().weight.value;
  nn::Sequential<float> again = gradus::test::small_network();
  Generator other{5};
  optim::Adam<float> fresh{again.named_parameters(), {.learning_rate = 0.1}};
  Trainer resumed{again, nn::SoftmaxCrossEntropy<float>{}, fresh, other, {.epochs = 4, .batch_size = 4}};
  resumed.add(Checkpoints{folder, {.every_steps = 7, .every_epochs = 0}});
  load_checkpoint(resumed, *latest_checkpoint(folder));
  CHECK(resumed.progress().step == 14);
  resumed.fit(data);
  CHECK(again[0].as<nn::Linear>().weight.value == expected);
}

TEST_CASE_FIXTURE(Fixture, "Checkpoints: an interrupt saves a file and ends the fit after the step") {
  bool interrupted = false;
  const auto& checkpoints = trainer.add(Checkpoints{folder, {.interrupted = [&] { return interrupted; }}});
  trainer.after_each_step([&](auto& at) { interrupted = at.progress().step == 8; });
  trainer.fit(data);
  CHECK(trainer.is_interrupted());
  CHECK(trainer.progress().step == 8);
  CHECK(trainer.history().size() == 1);
  CHECK(checkpoints.last() == folder / name("08"));
  interrupted = false;
  trainer.fit(data);
  CHECK_FALSE(trainer.is_interrupted());
}

TEST_CASE_FIXTURE(Fixture,
                  "Checkpoints: an interrupt of any process is saved by the first one and ends all fits") {
  for (const Index interrupted : {0, 2}) {
    fs::remove_all(folder);
    std::mutex mutex;
    gradus::test::ThreadGroup::run(3, [&](ProcessGroup& group) {
      Generator own_random{0};
      nn::Sequential<float> own_net = gradus::test::small_network();
      optim::Adam<float> own_adam{own_net.named_parameters(), {.learning_rate = 0.1}};
      Trainer member{own_net,
                     nn::SoftmaxCrossEntropy<float>{},
                     own_adam,
                     own_random,
                     {.epochs = 4, .batch_size = 4, .processes = &group}};
      const auto signal = [&] { return group.rank() == interrupted && member.progress().step >= 8; };
      const auto& checkpoints = member.add(Checkpoints{folder, {.every_epochs = 0, .interrupted = signal}});
      member.fit(data);
      const std::lock_guard lock(mutex);
      CHECK(member.is_interrupted());
      CHECK(member.progress().step == 8);
      CHECK(member.history().size() == 1);
      CHECK(checkpoints.last() == (group.rank() == 0 ? folder / name("08") : fs::path()));
    });
    CHECK(files() == std::set<std::string>{name("08")});
  }
}

TEST_CASE_FIXTURE(Fixture, "Checkpoints: a folder with checkpoints of later steps is refused") {
  trainer.add(Checkpoints{folder});
  trainer.fit(data);
  trainer.fit(data);  // continues
  CHECK(files() == std::set<std::string>{name("30"), name("35"), name("40")});
  nn::Sequential<float> again = gradus::test::small_network();
  optim::Adam<float> fresh{again.named_parameters(), {.learning_rate = 0.1}};
  Trainer begins{again, nn::SoftmaxCrossEntropy<float>{}, fresh, random, {.epochs = 1}};
  begins.add(Checkpoints{folder});
  CHECK_THROWS_AS(begins.fit(data), StateError);
  CHECK(files().size() == 3);
}

TEST_CASE("Checkpoints: invalid options are refused") {
  CHECK_THROWS_AS((Checkpoints{"x", {.every_steps = -1}}), ArgumentError);
  CHECK_THROWS_AS((Checkpoints{"x", {.every_epochs = -1}}), ArgumentError);
  CHECK_THROWS_AS((Checkpoints{"x", {.keep = 0}}), ArgumentError);
}
