// SPDX-License-Identifier: MIT

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/io/checkpoint.hpp>
#include <gradus/io/state_dict.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim.hpp>

namespace {

using namespace gradus;
using namespace gradus::nn;
namespace fs = std::filesystem;

/// A small training with everything that has state: dropout, momentum and the order of the samples.
struct Training {
  Generator random{5};
  Sequential<float> net{Linear{6, 8, random}, Tanh{}, Dropout{0.3}, Linear{8, 3, random}};
  optim::Adam<float> optimizer{net.named_parameters(), {.learning_rate = 0.05}};

  void steps(int count) {
    Tensor<float> gradient;
    for (int i = 0; i < count; ++i) {
      const auto x = Tensor<float>::randn({4, 6}, random);
      const std::vector<Index> labels{0, 1, 2, random.below(3)};
      const Tensor<float>& y = net.forward(x, random);
      gradient.resize(y.shape());
      SoftmaxCrossEntropy{}(y, labels, gradient);
      net.backward(gradient);
      optimizer.step();
    }
  }
};

bool same(Training& a, Training& b) {
  const auto left = a.net.named_parameters(), right = b.net.named_parameters();
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!(left[i]->value == right[i]->value)) return false;
  }
  return a.random == b.random && a.optimizer.step_count() == b.optimizer.step_count();
}

const fs::path file = fs::temp_directory_path() / "gradus_checkpoint.safetensors";

/// Writes a file in which one text of the header is replaced.
void rewrite(std::string bytes, const std::string& from, const std::string& to) {
  bytes.replace(bytes.find(from), from.size(), to);
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  length += to.size() - from.size();
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(length >> (8 * i));
  std::ofstream(file, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("load_checkpoint: interrupted training ends with the same bits") {
  Training whole, first, second;
  whole.steps(20);
  first.steps(9);
  save_checkpoint(first.net, first.optimizer, first.random, file);
  second.steps(3);  // its earlier history is forgotten
  load_checkpoint(second.net, second.optimizer, second.random, file);
  CHECK(same(first, second));
  second.steps(11);
  CHECK(same(whole, second));
  CHECK_FALSE(same(whole, first));
  fs::remove(file);
}

TEST_CASE("load_checkpoint: a checkpoint of something else is refused and changes nothing") {
  Training training, before;
  Generator random{1};
  Sequential other{Linear{6, 9, random}, Tanh{}, Dropout{0.3}, Linear{9, 3, random}};
  optim::Adam adam{other.named_parameters(), {.learning_rate = 0.05}};
  save_checkpoint(other, adam, random, file);
  const auto load = [&] { load_checkpoint(training.net, training.optimizer, training.random, file); };
  CHECK_THROWS_WITH_AS(load(),
                       ("load_checkpoint: " + file.string() +
                        ": not a checkpoint of this training: net.0.weight has shape [9, 6], "
                        "expected [8, 6]")
                           .c_str(),
                       FileError);
  CHECK(same(training, before));

  const auto refused = [&](const std::string& what) {
    return "load_checkpoint: " + file.string() + ": not a checkpoint of this training: " + what;
  };
  optim::SGD sgd{training.net.named_parameters(), {.learning_rate = 0.1}};
  optim::AdamW adamw{training.net.named_parameters(), {.learning_rate = 0.1}};
  save_checkpoint(training.net, sgd, training.random, file);
  CHECK_THROWS_WITH_AS(load(), refused("optimizer.name is SGD, expected Adam").c_str(), FileError);
  save_checkpoint(training.net, adamw, training.random, file);
  CHECK_THROWS_WITH_AS(load(), refused("optimizer.name is AdamW, expected Adam").c_str(), FileError);
  CHECK(same(training, before));

  save(training.net, file);
  CHECK_THROWS_AS(load(), FileError);
  fs::remove(file);
  CHECK_THROWS_AS(load(), FileError);
  CHECK(same(training, before));
}

TEST_CASE("load_checkpoint: a step count at the limit is refused and changes nothing") {
  Training training, before, other;
  other.steps(2);
  save_checkpoint(other.net, other.optimizer, other.random, file);
  std::ifstream in(file, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  in.close();
  const std::string key = "\"optimizer.group.0.step_count\":\"2\"";
  REQUIRE(whole.find(key) != std::string::npos);
  const auto load = [&] { load_checkpoint(training.net, training.optimizer, training.random, file); };
  for (const char* count : {"9223372036854775807", "9223372036854775808", "-1", "1e3", "", "2 "}) {
    CAPTURE(count);
    rewrite(whole, key, "\"optimizer.group.0.step_count\":\"" + std::string(count) + "\"");
    CHECK_THROWS_AS(load(), FileError);
    CHECK(same(training, before));
  }
  rewrite(whole, key, "\"optimizer.group.0.step_count\":\"9223372036854775806\"");
  load();
  training.steps(1);
  CHECK_THROWS_AS(training.steps(1), ArgumentError);
  fs::remove(file);
}

TEST_CASE("save_checkpoint, load_checkpoint: round trip with many small layers") {
  const auto check = [](Sequential<float>& net, Sequential<float>& other) {
    optim::Adam<float> adam{net.named_parameters(), {.learning_rate = 0.1}};
    optim::Adam<float> restored{other.named_parameters(), {.learning_rate = 0.1}};
    Generator random{7}, again{8};
    save_checkpoint(net, adam, random, file);
    load_checkpoint(other, restored, again, file);
    CHECK(random == again);
    const auto saved = net.named_parameters(), loaded = other.named_parameters();
    int wrong = 0;
    for (std::size_t i = 0; i < saved.size(); ++i) {
      if (!(saved[i]->value == loaded[i]->value)) ++wrong;
    }
    CHECK(wrong == 0);
    fs::remove(file);
  };
  Generator random{1};
  Sequential<float> thin, other_thin, normed, other_normed;
  for (int i = 0; i < 210; ++i) {
    thin.push_back(Linear{1, 1, random});
    other_thin.push_back(Linear{1, 1, random});
  }
  check(thin, other_thin);
  for (int i = 0; i < 110; ++i) {
    for (Sequential<float>* net : {&normed, &other_normed}) {
      net->push_back(Linear{8, 8, random});
      net->push_back(BatchNorm1d<float>{8});
    }
  }
  check(normed, other_normed);
}

TEST_CASE("save_checkpoint, load_checkpoint: batch counts continue") {
  Sequential<float> net{BatchNorm1d<float>{2}}, other = net;
  Generator random{1};
  auto& count = other[0].as<BatchNorm1d>().num_batches_tracked;
  optim::SGD<float> sgd{net.named_parameters(), {.learning_rate = 0.1}};
  optim::SGD<float> restored{other.named_parameters(), {.learning_rate = 0.2}};
  const auto with_count = [&](std::int64_t value) {
    net[0].as<BatchNorm1d>().num_batches_tracked = value;
    save_checkpoint(net, sgd, random, file);
  };
  with_count(std::int64_t{1} << 53 | 1);
  load_checkpoint(other, restored, random, file);
  CHECK(count == (std::int64_t{1} << 53 | 1));
  CHECK(restored.learning_rate() == 0.1);
  with_count(-1);
  CHECK_THROWS_WITH_AS(load_checkpoint(other, restored, random, file),
                       ("load_checkpoint: " + file.string() +
                        ": not a checkpoint of this training: net.0.num_batches_tracked is "
                        "-1, expected a count >= 0")
                           .c_str(),
                       FileError);
  fs::remove(file);
}

TEST_CASE("save_checkpoint, load_checkpoint: the step count of each group is restored") {
  nn::Sequential<float> net{nn::Linear{2, 2}, nn::Linear{2, 1}};
  Generator random(0);
  const auto parameters = net.named_parameters();
  const auto make = [&] {
    optim::Adam<float> adam{{parameters[0], parameters[1]}, {}};
    adam.add_group({parameters[2], parameters[3]}, {});
    return adam;
  };
  auto saved = make(), loaded = make();
  saved.set_step_count(0, 7);
  saved.set_step_count(1, 2);
  save_checkpoint(net, saved, random, file);
  load_checkpoint(net, loaded, random, file);
  CHECK(loaded.step_count(0) == 7);
  CHECK(loaded.step_count(1) == 2);
  optim::Adam<float> one_group{parameters, {}};
  CHECK_THROWS_WITH_AS(load_checkpoint(net, one_group, random, file),
                       ("load_checkpoint: " + file.string() +
                        ": not a checkpoint of this training: optimizer.groups is 2, expected 1")
                           .c_str(),
                       FileError);
  fs::remove(file);
}
