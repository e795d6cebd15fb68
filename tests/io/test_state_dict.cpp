// SPDX-License-Identifier: MIT

#include <filesystem>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

#include <gradus/io/state_dict.hpp>
#include <gradus/nn.hpp>

#include "../support/safetensors_bytes.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
using namespace gradus::nn;
namespace fs = std::filesystem;
using gradus::test::TemporaryFolder;

const std::string reference = std::string(GRADUS_TEST_DATA_DIR) + "/linear.safetensors";

fs::path temporary(const std::string& name) {
  return fs::temp_directory_path() / ("gradus_state_dict_" + name);
}

std::string message(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("A const network is saved, whatever its modules are for") {
  const Sequential<double> net{Linear<double>{2, 2}, Tanh{}, BatchNorm1d<double>{2}};
  const fs::path file = temporary("const");
  save(net, file);
  Sequential<double> other{Linear<double>{2, 2}, Tanh{}, BatchNorm1d<double>{2}};
  Generator random{7};
  other.reset_parameters(random);
  load(other, file);
  const Tensor<double> x{{1, 2}};
  CHECK(other.predict(x) == net.predict(x));
  fs::remove(file);
}

TEST_CASE("A network that PyTorch trained gives PyTorch's output") {
  Generator random{0};
  Sequential net{Flatten{}, Linear{6, 4, random}, ReLU{}, Linear{4, 3, random, {.bias = false}}};
  load(net, reference);
  const Tensor<float> y = net.predict(Tensor<float>::arange(6).reshape({1, 6}));
  // printed by tests/reference/make_safetensors.py
  const Tensor<float> expected{{-0x1.10276p-1f, 0x1.fc5b5p-1f, -0x1.2b2122p+0f}};
  CHECK(allclose(y, expected, 1e-6f, 1e-6f));
}

TEST_CASE("Save, then load, is the identity, for nested networks and for double") {
  Generator random{3};
  const fs::path file = temporary("identity.safetensors");
  Sequential net{Linear<double>{5, 4, random},
                 Sequential{Tanh<double>{}, Linear<double>{4, 2, random, {.bias = false}}}};
  save(net, file);
  Sequential other{Linear<double>{5, 4, random},
                   Sequential{Tanh<double>{}, Linear<double>{4, 2, random, {.bias = false}}}};
  load(other, file);
  const auto saved = net.named_parameters(), loaded = other.named_parameters();
  REQUIRE(saved.size() == 3);
  CHECK(saved[2].name == "1.1.weight");
  for (std::size_t i = 0; i < saved.size(); ++i) CHECK(saved[i]->value == loaded[i]->value);
  fs::remove(file);
}

TEST_CASE("A file that does not fit is refused whole, with every difference named") {
  Generator random{0};
  Sequential net{Linear{6, 4, random}, Linear{6, 5, random}, Linear{4, 3, random}};
  const Sequential before = net;
  const std::string said = message([&] { load(net, reference); });
  CHECK(said ==
        reference +
            ": does not fit the network: missing 0.weight; missing 0.bias; missing 2.weight; missing 2.bias; "
            "unexpected 3.weight; 1.weight is F32 [4, 6] in the file, F32 [5, 6] in the network; "
            "1.bias is F32 [4] in the file, F32 [5] in the network");
  Sequential unchanged = before;
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(net.named_parameters()[i]->value == unchanged.named_parameters()[i]->value);
  }
}

TEST_CASE("Another scalar is a difference too") {
  Generator random{0};
  Sequential net{Flatten<double>{}, Linear<double>{6, 4, random}, ReLU<double>{},
                 Linear<double>{4, 3, random, {.bias = false}}};
  CHECK(message([&] {
          load(net, reference);
        }).find("1.weight is F32 [4, 6] in the file, F64 [4, 6] in the network") != std::string::npos);
}

TEST_CASE("A load that is not strict takes what fits and reports the rest") {
  Generator random{0};
  Sequential net{Flatten{}, Linear{6, 4, random}, ReLU{}, Linear{4, 7, random}};
  const Tensor<float> last = net[3].as<Linear>().weight.value;
  const LoadReport report = load(net, reference, Match::what_fits);
  CHECK(report.missing == std::vector<std::string>{"3.bias"});
  CHECK(report.unexpected.empty());
  CHECK(report.different ==
        std::vector<std::string>{"3.weight is F32 [3, 4] in the file, F32 [7, 4] in the network"});
  CHECK(net[3].as<Linear>().weight.value == last);
  Sequential whole{Flatten{}, Linear{6, 4, random}, ReLU{}, Linear{4, 3, random, {.bias = false}}};
  load(whole, reference);
  CHECK(net[1].as<Linear>().weight.value == whole[1].as<Linear>().weight.value);
}

TEST_CASE("load: a strict load without a report, and one with") {
  Generator random{0};
  Sequential net{Flatten{}, Linear{6, 4, random}, ReLU{}, Linear{4, 3, random, {.bias = false}}};
  static_assert(std::is_void_v<decltype(load(net, reference))>);
  CHECK(load(net, reference, Match::strict).complete());
  CHECK(load(net, reference, Match::what_fits).complete());
}

TEST_CASE("load: names that all carry a prefix are an error, whatever the match") {
  Generator random{0};
  const TemporaryFolder folder("state_dict_prefix");
  Sequential inner{Linear{6, 4, random}, Linear{4, 3, random}};
  const auto weight = Tensor<float>::ones({4, 6}), bias = Tensor<float>::ones({4});
  SafetensorsWriter writer;
  writer.add("module.0.weight", weight);
  writer.add("module.0.bias", bias);
  writer.write(folder.path / "file");
  const Tensor<float> before = inner[0].as<Linear>().weight.value;
  const std::string path = (folder.path / "file").string();
  CHECK(message([&] { static_cast<void>(load(inner, folder.path / "file", Match::what_fits)); }) ==
        path +
            ": nothing in it fits the network: missing 0.weight; missing 0.bias; missing 1.weight; missing "
            "1.bias; "
            "unexpected module.0.weight; unexpected module.0.bias; the names in the file seem to begin with "
            "\"module.\"");
  CHECK(message([&] {
          load(inner, folder.path / "file");
        }).starts_with(path + ": does not fit the network: missing "));
  CHECK(inner[0].as<Linear>().weight.value == before);

  // A network without tensors wants nothing, so nothing is missing.
  Sequential<float> empty{ReLU{}};
  CHECK(load(empty, folder.path / "file", Match::what_fits).unexpected.size() == 2);
  // A file without tensors fits no network that has some.
  SafetensorsWriter().write(folder.path / "none");
  CHECK_THROWS_AS(static_cast<void>(load(inner, folder.path / "none", Match::what_fits)), FileError);
}

TEST_CASE("load: tensors that gradus cannot read are reported and skipped") {
  Generator random{0};
  const TemporaryFolder folder("state_dict_foreign");
  Sequential net{Linear{2, 1, random}};
  const std::string json = "{" + test::tensor_json("0.weight", "\"F32\"", "[1,2]", "[0,8]") + "," +
                           test::tensor_json("0.bias", "\"F8_E8M0\"", "[1]", "[8,9]") + "," +
                           test::tensor_json("deep", "\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[9,13]") + "," +
                           test::tensor_json("c", "\"C64\"", "[1]", "[13,21]") + "}";
  test::write_file(folder.path / "file", test::safetensors_bytes(json, std::string(21, '\0')));
  const LoadReport report = load(net, folder.path / "file", Match::what_fits);
  CHECK(report.to_string() ==
        "unexpected deep; unexpected c; 0.bias is F8_E8M0 [1] in the file, F32 [1] in the network");
  CHECK(net[0].as<Linear>().weight.value == Tensor<float>{{0, 0}});
}

TEST_CASE("LoadReport: names ten of each kind, counts the rest, and steers no terminal") {
  LoadReport report;
  for (int i = 0; i < 20'000; ++i) {
    report.unexpected.push_back("layer" + std::to_string(i) + ".weight");
    if (i < 12) report.missing.push_back("m" + std::to_string(i));
    if (i < 11) report.different.push_back(std::to_string(i) + " is different");
  }
  const std::string text = report.to_string();
  CHECK(text.size() < 1200);
  CHECK(text.find("missing m9; 2 more missing; unexpected layer0.weight") != std::string::npos);
  CHECK(text.find("layer9.weight; 19990 more unexpected; 0 is different") != std::string::npos);
  CHECK(text.ends_with("9 is different; 1 more different"));
  const LoadReport evil{{}, {"a\n\x1b[2J" + std::string(1, '\0'), std::string(100'000, 'x')}, {}};
  CHECK(evil.to_string().starts_with("unexpected a\\n\\x1b[2J\\x00; unexpected xxx"));
  CHECK(evil.to_string().size() < 600);
}

TEST_CASE("save, then load: networks of many small layers") {
  const TemporaryFolder folder("state_dict_many");
  Generator random{0};
  Sequential<float> net, other;
  for (int i = 0; i < 700; ++i) {
    net.push_back(Linear{1, 1, random});
    other.push_back(Linear{1, 1, random});
  }
  save(net, folder.path / "file", {{"notes", std::string(600'000, 'x')}});
  load(other, folder.path / "file");
  const auto saved = net.named_parameters(), loaded = other.named_parameters();
  REQUIRE(loaded.size() == 1400);
  int wrong = 0;
  for (std::size_t i = 0; i < saved.size(); ++i) {
    if (!(saved[i]->value == loaded[i]->value)) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("save: metadata that is not UTF-8 is a gradus error") {
  const TemporaryFolder folder("state_dict_utf8");
  Generator random{0};
  Sequential net{Linear{1, 1, random}};
  CHECK_THROWS_AS(save(net, folder.path / "file", {{"k", "\xff"}}), ArgumentError);
  CHECK_THROWS_AS(save(net, folder.path / "file", {{"\xc3", "v"}}), ArgumentError);
  CHECK(fs::is_empty(folder.path));
}

TEST_CASE("Files that are missing or foreign are typed errors and change nothing") {
  Generator random{0};
  Sequential net{Linear{6, 4, random}};
  CHECK_THROWS_AS(load(net, "/nonexistent.safetensors"), FileError);
  CHECK_THROWS_AS(load(net, __FILE__), FileError);
  CHECK_THROWS_AS(save(net, "/nonexistent/folder/net.safetensors"), FileError);
}
