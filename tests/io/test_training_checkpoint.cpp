// SPDX-License-Identifier: MIT

#include <array>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/io/state_dict.hpp>
#include <gradus/io/training_checkpoint.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim.hpp>
#include <gradus/train.hpp>

#include "resumable_training.hpp"

#if defined(__unix__)
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

using namespace gradus;
using gradus::test::ResumableTraining;
namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / "gradus_training_checkpoint";
  Folder() {
    fs::remove_all(path);
    fs::create_directory(path);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
};

struct Killed {};
/// Saves a checkpoint at one opportunity and then throws Killed, as if the process had been killed.
struct KillAt {
  fs::path file;
  Index opportunity;
  Index seen = 0;

  void on_checkpoint(auto& trainer) {
    if (seen++ != opportunity) return;
    save_checkpoint(trainer, file);
    throw Killed{};
  }
};

constexpr Index steps_in_epoch = 6;  // 12 batches, two per step
constexpr Index opportunities_in_epoch = steps_in_epoch + 1;

std::vector<std::uint64_t> never_interrupted(Index threads, const fs::path& folder) {
  ResumableTraining training(threads, folder / "whole.safetensors");
  training.fit();
  return training.bits();
}

}  // namespace

TEST_CASE("load_checkpoint: training killed at random steps ends with the same bits") {
  const Folder folder;
  const fs::path file = folder.path / "training.safetensors", best = folder.path / "best.safetensors";
  for (const Index threads : {1, 2}) {
    const auto expected = never_interrupted(threads, folder.path);
    Generator draws(static_cast<std::uint64_t>(threads));
    for (int run = 0; run < 4; ++run) {
      fs::remove(best);
      Index kills = 0;
      bool resumes = false;
      while (true) {
        ResumableTraining training(threads, best);
        const Index at = draws.below(2 * opportunities_in_epoch);
        CAPTURE(threads);
        CAPTURE(run);
        CAPTURE(at);
        training.trainer.add(KillAt{file, at});
        if (resumes) load_checkpoint(training.trainer, file);
        try {
          training.fit();
        } catch (const Killed&) {
          ++kills;
          resumes = true;
          continue;
        }
        CHECK(training.bits() == expected);
        break;
      }
      CHECK(kills > 1);
    }
  }
}

TEST_CASE("load_checkpoint: continues from every step and epoch, also with a different number of threads") {
  const Folder folder;
  const fs::path file = folder.path / "training.safetensors", best = folder.path / "best.safetensors";
  const auto expected = never_interrupted(1, folder.path);
  for (Index at = 0; at < 2 * opportunities_in_epoch; ++at) {
    CAPTURE(at);
    fs::remove(best);
    {
      ResumableTraining training(1, best);
      training.trainer.add(KillAt{file, at});
      CHECK_THROWS_AS(training.fit(), Killed);
    }
    ResumableTraining training(2, best);
    load_checkpoint(training.trainer, file);
    training.fit();
    CHECK(training.bits() == expected);
  }
}

TEST_CASE("load_checkpoint: training ended by early stopping does not continue") {
  const Folder folder;
  const fs::path file = folder.path / "training.safetensors", best = folder.path / "best.safetensors";
  ResumableTraining whole(1, best, 1);
  whole.fit();
  REQUIRE(whole.stopping->stopped());
  const auto expected = whole.bits();
  const Index last = whole.trainer.history().size() * opportunities_in_epoch - 1;
  fs::remove(best);
  {
    ResumableTraining training(1, best, 1);
    training.trainer.add(KillAt{file, last});
    CHECK_THROWS_AS(training.fit(), Killed);
  }
  ResumableTraining training(1, best, 1);
  load_checkpoint(training.trainer, file);
  training.fit();
  CHECK(training.bits() == expected);
}

#if defined(__unix__)
namespace {

/// Saves a checkpoint at every opportunity. At one of them it tells the parent process, then saves repeatedly
/// until it is killed.
struct SaveAlways {
  fs::path file;
  Index last;
  int pipe;
  Index seen = 0;

  void on_checkpoint(auto& trainer) {
    save_checkpoint(trainer, file);
    if (++seen < last) return;
    const char byte = 0;
    if (write(pipe, &byte, 1) != 1) _exit(2);
    while (true) save_checkpoint(trainer, file);
  }
};

/// Trains in a child process, which is killed while it saves a checkpoint unless it ends earlier. Returns the
/// status for waitpid.
int train_until_killed(const fs::path& file, const fs::path& best, Generator& draws) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const Index last = 1 + draws.below(2 * opportunities_in_epoch);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    ResumableTraining training(1, best);
    training.trainer.add(SaveAlways{file, last, ends[1]});
    if (fs::exists(file)) load_checkpoint(training.trainer, file);
    training.fit();
    _exit(0);
  }
  close(ends[1]);
  char byte = 0;
  if (read(ends[0], &byte, 1) == 1) {
    usleep(static_cast<useconds_t>(draws.below(3000)));
    kill(child, SIGKILL);
  }
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("load_checkpoint: training continues after SIGKILL during a save") {
  const Folder folder;
  const fs::path file = folder.path / "training.safetensors", best = folder.path / "best.safetensors";
  const auto expected = never_interrupted(1, folder.path);
  Generator draws(9);
  int kills = 0, status = 0;
  while (WIFSIGNALED(status = train_until_killed(file, best, draws))) ++kills;
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(kills > 1);
  ResumableTraining training(1, best);
  load_checkpoint(training.trainer, file);
  training.fit();
  CHECK(training.bits() == expected);
}
#endif

namespace {

struct Plain {
  Dataset<> data = gradus::test::bright_pixels(20);
  Generator random{0};
  nn::Sequential<float> net = gradus::test::small_network();
  optim::Adam<float> adam{net.named_parameters(), {.learning_rate = 0.1}};
  Trainer<nn::Sequential<float>, nn::SoftmaxCrossEntropy<float>, optim::Adam<float>> trainer{
      net, nn::SoftmaxCrossEntropy<float>{}, adam, random, {.epochs = 2, .batch_size = 5}};
};

}  // namespace

TEST_CASE("load_checkpoint: mismatches are named, and nothing changes") {
  const Folder folder;
  const fs::path file = folder.path / "training.safetensors";
  const auto refused = [&](const std::string& what) {
    return "load_checkpoint: " + file.string() + ": not a checkpoint of this training: " + what;
  };
  Plain training, before;
  const auto is_unchanged = [&] {
    std::vector<float> now, then;
    training.net.visit(
        [&](std::string_view, auto& p) { now.insert(now.end(), p.value.begin(), p.value.end()); });
    before.net.visit(
        [&](std::string_view, auto& p) { then.insert(then.end(), p.value.begin(), p.value.end()); });
    return now == then && training.random == before.random && training.adam.step_count() == 0 &&
           training.trainer.history().empty() && training.trainer.progress().step == 0;
  };
  {
    Plain other;
    optim::AdamW<float> adamw{other.net.named_parameters(), {.learning_rate = 0.1}};
    Trainer trainer{other.net, nn::SoftmaxCrossEntropy<float>{}, adamw, other.random, {.epochs = 1}};
    trainer.fit(other.data);
    save_checkpoint(trainer, file);
    CHECK_THROWS_WITH_AS(load_checkpoint(training.trainer, file),
                         refused("optimizer.name is AdamW, expected Adam").c_str(), FileError);
    CHECK(is_unchanged());
  }
  {
    Plain other;
    other.trainer.add(EarlyStopping{{.monitor = Monitor::train_loss}});
    other.trainer.fit(other.data);
    save_checkpoint(other.trainer, file);
    CHECK_THROWS_AS(load_checkpoint(training.trainer, file), FileError);
    CHECK(is_unchanged());
  }
  {
    Plain other;
    other.trainer.fit(other.data);
    save_checkpoint(other.trainer, file);
    Plain with_metric;
    with_metric.trainer.add_metric("m", [](TensorView<const float>, std::span<const Index>) { return 0.0; });
    CHECK_THROWS_WITH_AS(load_checkpoint(with_metric.trainer, file),
                         refused("metric.m.sum is missing, expected it in the file").c_str(), FileError);
    Plain with_average;
    optim::ExponentialMovingAverage<float> average{with_average.net.named_parameters()};
    with_average.trainer.add_state("average", average);
    CHECK_THROWS_WITH_AS(load_checkpoint(with_average.trainer, file),
                         refused("state.average.0.weight is missing, expected it in the file").c_str(),
                         FileError);
    CHECK_THROWS_AS(with_average.trainer.add_state("average", average), ArgumentError);
  }
  {
    save(training.net, file);
    CHECK_THROWS_AS(load_checkpoint(training.trainer, file), FileError);
    save_checkpoint(training.net, training.adam, training.random, file);
    CHECK_THROWS_AS(load_checkpoint(training.trainer, file), FileError);
    CHECK(is_unchanged());
  }
}

TEST_CASE("load_checkpoint: fit refuses data with fewer batches than the checkpoint has completed") {
  const Folder folder;
  const fs::path file = folder.path / "training.safetensors";
  Plain first, second;
  first.trainer.add(KillAt{file, 2});
  CHECK_THROWS_AS(first.trainer.fit(first.data), Killed);
  load_checkpoint(second.trainer, file);
  const auto less = gradus::test::bright_pixels(10);
  CHECK_THROWS_WITH_AS(
      second.trainer.fit(less),
      "Trainer: the checkpoint was saved after 3 batches of an epoch, expected at most 2, the number "
      "per epoch now",
      StateError);
}

TEST_CASE("save_checkpoint, load_checkpoint: refused in the middle of a step or during a fit") {
  const Folder folder;
  const fs::path file = folder.path / "training.safetensors";
  Plain saves, loads;
  saves.trainer.on_gradient([&](auto& trainer) { save_checkpoint(trainer, file); });
  CHECK_THROWS_AS(saves.trainer.fit(saves.data), StateError);
  CHECK_FALSE(fs::exists(file));
  save_checkpoint(loads.trainer, file);
  loads.trainer.after_each_step([&](auto& trainer) { load_checkpoint(trainer, file); });
  CHECK_THROWS_AS(loads.trainer.fit(loads.data), StateError);
}

TEST_CASE("load_checkpoint: a file saved after a fit starts another fit") {
  const Folder folder;
  const fs::path file = folder.path / "training.safetensors";
  Plain whole, first, second;
  whole.trainer.fit(whole.data);
  whole.trainer.fit(whole.data);
  first.trainer.fit(first.data);
  save_checkpoint(first.trainer, file);
  load_checkpoint(second.trainer, file);
  second.trainer.fit(second.data);
  CHECK(second.trainer.history().size() == 4);
  CHECK(second.net[0].as<nn::Linear>().weight.value == whole.net[0].as<nn::Linear>().weight.value);
  CHECK(second.random == whole.random);
}
