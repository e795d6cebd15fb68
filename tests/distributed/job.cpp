// SPDX-License-Identifier: MIT

/// A training that faults.sh interrupts and makes fail. `job train FOLDER [kill|throw STEP]` trains in
/// double, saves a checkpoint in FOLDER every 3 steps, continues from the last one that is there, and leaves
/// FOLDER/result.safetensors. `job fail WHERE RANK` lets process RANK throw or die in a step, in the
/// validation or when checkpoints are saved; `job infinite` has an infinite input. `job disagree WHAT` gives
/// the last process another network, data set, seed or batch size. `job compare A B TOLERANCE` compares two
/// results. `job curve` prints what each epoch reached.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/distributed/mpi.hpp>

#include "../support/shared_training.hpp"

namespace {

using gradus::Index;
using gradus::mpi::Communicator;
using gradus::test::SharedSettings;
using gradus::test::train_shared;

constexpr Index epochs = 4;

void train(Communicator& world, const std::filesystem::path& folder, const std::string& fault,
           Index at_step) {
  bool is_first = true;
  train_shared<double>(&world, {.epochs = epochs,
                                .checkpoints = folder,
                                .result = folder / "result.safetensors",
                                .after_step = [&](Index step) {
                                  if (is_first && world.is_main())
                                    std::printf("the first step is step %ld\n", static_cast<long>(step));
                                  is_first = false;
                                  if (world.rank() != world.size() - 1 || step != at_step) return;
                                  if (fault == "kill") ::kill(::getpid(), SIGKILL);
                                  throw gradus::FileError("the disk of this process is full");
                                }});
}

void fail(Communicator& world, const std::string& where, Index rank) {
  const auto fault = [&] {
    if (world.rank() != rank) return;
    if (where == "kill") ::kill(::getpid(), SIGKILL);
    throw gradus::FileError("failed in " + where);
  };
  SharedSettings settings;
  if (where == "validation")
    settings.in_validation = fault;
  else if (where == "on_checkpoint")
    settings.at_checkpoint = [&](Index) { fault(); };
  else
    settings.after_step = [&](Index step) {
      if (step == 2) fault();
    };
  train_shared<double>(&world, settings);
}

void disagree(Communicator& world, const std::string& what) {
  SharedSettings settings;
  settings.after_step = [](Index) { std::printf("a step was made\n"); };
  if (world.rank() == world.size() - 1) {
    if (what == "network") settings.hidden = 8;
    if (what == "data") settings.data_seed = 5;
    if (what == "samples") settings.samples = 200;
    if (what == "seed") settings.seed = 8;
    if (what == "batch") settings.batch_size = 20;
    if (what == "rate") settings.learning_rate = 0.2;
    if (what == "epochs") settings.epochs = 2;
  }
  train_shared<double>(&world, settings);
}

void curve(Communicator& world) {
  const auto result = train_shared<double>(&world, {.epochs = epochs});
  if (!world.is_main()) return;
  for (const auto& epoch : result.history) {
    std::printf("%ld  %s  %s  %s\n", static_cast<long>(epoch.epoch),
                gradus::format_fixed(epoch.train.loss, 15).c_str(),
                gradus::format_fixed(epoch.validation->loss, 15).c_str(),
                gradus::format_fixed(epoch.validation->accuracy, 4).c_str());
  }
}

int compare(const std::string& a, const std::string& b, double tolerance) {
  const double difference =
      gradus::test::distance(gradus::test::load_result(a), gradus::test::load_result(b));
  std::printf("largest relative difference: %s\n", gradus::format_shortest(difference).c_str());
  return difference <= tolerance ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  const std::string mode = words.at(1);
  if (mode == "compare") return compare(words.at(2), words.at(3), std::stod(words.at(4)));
  gradus::mpi::Environment mpi(argc, argv);
  return mpi.run([&](Communicator& world) {
    if (mode == "train")
      train(world, words.at(2), argc > 3 ? words.at(3) : "", argc > 4 ? std::stol(words.at(4)) : 0);
    if (mode == "fail") fail(world, words.at(2), std::stol(words.at(3)));
    if (mode == "infinite") train_shared<double>(&world, {.has_infinite_input = true});
    if (mode == "disagree") disagree(world, words.at(2));
    if (mode == "curve") curve(world);
  });
}
