// SPDX-License-Identifier: MIT

#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/state_dict.hpp>
#include <gradus/nn.hpp>

#include "../support/safetensors_bytes.hpp"
#include "../support/swish.hpp"
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

TEST_CASE("save: a const network is saved, including all kinds of modules") {
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

TEST_CASE("load: a network trained by PyTorch gives PyTorch's output") {
  Generator random{0};
  Sequential net{Flatten{}, Linear{6, 4, random}, ReLU{}, Linear{4, 3, random, {.bias = false}}};
  load(net, reference);
  const Tensor<float> y = net.predict(Tensor<float>::arange(6).reshape({1, 6}));
  // printed by tests/reference/make_safetensors.py
  const Tensor<float> expected{{-0x1.10276p-1f, 0x1.fc5b5p-1f, -0x1.2b2122p+0f}};
  CHECK(allclose(y, expected, 1e-6f, 1e-6f));
}

TEST_CASE("save, load: a round trip is the identity for nested networks and for double") {
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

TEST_CASE("load: a file that does not fit is refused completely, with every difference named") {
  Generator random{0};
  Sequential net{Linear{6, 4, random}, Linear{6, 5, random}, Linear{4, 3, random}};
  const Sequential before = net;
  const std::string said = message([&] { load(net, reference); });
  CHECK(said == "load: " + reference +
                    ": file does not fit the network: missing 0.weight; missing 0.bias; missing 2.weight; "
                    "missing 2.bias; "
                    "unexpected 3.weight; 1.weight is F32 [4, 6] in the file, F32 [5, 6] in the network; "
                    "1.bias is F32 [4] in the file, F32 [5] in the network");
  Sequential unchanged = before;
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(net.named_parameters()[i]->value == unchanged.named_parameters()[i]->value);
  }
}

TEST_CASE("load: a different scalar type counts as a difference") {
  Generator random{0};
  Sequential net{Flatten<double>{}, Linear<double>{6, 4, random}, ReLU<double>{},
                 Linear<double>{4, 3, random, {.bias = false}}};
  CHECK(message([&] {
          load(net, reference);
        }).find("1.weight is F32 [4, 6] in the file, F64 [4, 6] in the network") != std::string::npos);
}

TEST_CASE("load: a non-strict load takes what fits and reports the rest") {
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

TEST_CASE("load: strict loads with and without a report") {
  Generator random{0};
  Sequential net{Flatten{}, Linear{6, 4, random}, ReLU{}, Linear{4, 3, random, {.bias = false}}};
  static_assert(std::is_void_v<decltype(load(net, reference))>);
  CHECK(load(net, reference, Match::strict).complete());
  CHECK(load(net, reference, Match::what_fits).complete());
}

TEST_CASE("load: if all names share a prefix, it is an error, whatever the match") {
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
        "load: " + path +
            ": no tensor fits the network: missing 0.weight; missing 0.bias; missing 1.weight; missing "
            "1.bias; "
            "unexpected module.0.weight; unexpected module.0.bias; names in the file seem to begin with "
            "\"module.\", which `.prefix` strips");
  CHECK(message([&] {
          load(inner, folder.path / "file");
        }).starts_with("load: " + path + ": file does not fit the network: missing "));
  CHECK(inner[0].as<Linear>().weight.value == before);

  // A network without tensors expects nothing, so nothing is missing.
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

TEST_CASE("save, load: round trip with many small layers") {
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

TEST_CASE("save: metadata that are not UTF-8 are a gradus::Error") {
  const TemporaryFolder folder("state_dict_utf8");
  Generator random{0};
  Sequential net{Linear{1, 1, random}};
  CHECK_THROWS_AS(save(net, folder.path / "file", {{"k", "\xff"}}), ArgumentError);
  CHECK_THROWS_AS(save(net, folder.path / "file", {{"\xc3", "v"}}), ArgumentError);
  CHECK(fs::is_empty(folder.path));
}

TEST_CASE("load: missing or foreign files are typed errors and change nothing") {
  Generator random{0};
  Sequential net{Linear{6, 4, random}};
  CHECK_THROWS_AS(load(net, "/nonexistent.safetensors"), FileError);
  CHECK_THROWS_AS(load(net, __FILE__), FileError);
  CHECK_THROWS_AS(save(net, "/nonexistent/folder/net.safetensors"), FileError);
}

TEST_CASE("load: a network with batch normalisation and its count is loaded completely") {
  const TemporaryFolder folder("state_dict_count");
  const Sequential<float> fresh{Linear{3, 2}, BatchNorm1d{2}};
  Sequential<float> net = fresh, other = fresh;
  for (int pass = 0; pass < 3; ++pass) net.forward(Tensor<float>::arange(12).reshape({4, 3}));
  save(net, folder.path / "file");
  const SafetensorsReader reader(folder.path / "file");
  CHECK(reader.find("1.num_batches_tracked")->description() == "I64 []");
  CHECK(reader.read<std::int64_t>("1.num_batches_tracked").item() == 3);
  load(other, folder.path / "file");
  auto& norm = other[1].as<BatchNorm1d>();
  CHECK(norm.num_batches_tracked == 3);
  CHECK(norm.running_mean == net[1].as<BatchNorm1d>().running_mean);

  // A missing count keeps the current one; a count of another dtype, shape or sign is refused.
  const Tensor<float> two{1, 1}, four{{1, 2, 3}, {4, 5, 6}};
  const auto load_with = [&](const auto* count) {
    SafetensorsWriter writer;
    writer.add("0.weight", four);
    for (const char* name : {"0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"})
      writer.add(name, two);
    if (count != nullptr) writer.add("1.num_batches_tracked", *count);
    writer.write(folder.path / "file");
    return message([&] { load(other, folder.path / "file", {.convert = true}); });
  };
  CHECK(load_with(static_cast<const Tensor<float>*>(nullptr)) == "");
  CHECK(norm.num_batches_tracked == 3);
  const auto wrong = Tensor<float>::scalar(4), row = Tensor<float>{4};
  CHECK(load_with(&wrong).ends_with("1.num_batches_tracked is F32 [] in the file, I64 [] in the network"));
  const Tensor<std::int64_t> negative = Tensor<std::int64_t>::scalar(-4), rank{4};
  CHECK(load_with(&rank).ends_with("1.num_batches_tracked is I64 [1] in the file, I64 [] in the network"));
  const Tensor<float> before = other[0].as<Linear>().weight.value;
  CHECK(load_with(&negative).ends_with("\"1.num_batches_tracked\" is -4, expected a count >= 0"));
  CHECK(other[0].as<Linear>().weight.value == before);
}

TEST_CASE("save: modules whose visits are not const are written themselves, not as copies") {
  const TemporaryFolder folder("state_dict_not_const");
  Sequential<float> net{third_party::Scale<float>{}}, other = net;
  net[0].as<third_party::Scale>().factor.value.fill(7);
  save(std::as_const(net), folder.path / "file");
  load(other, folder.path / "file");
  CHECK(other[0].as<third_party::Scale>().factor.value(0) == 7);
}

TEST_CASE("load: accepts a path, a memory map and memory") {
  const TemporaryFolder folder("state_dict_memory");
  Generator random{1};
  const Sequential net{Linear{3, 2, random}};
  save(net, folder.path / "file");
  const std::string bytes = " " + test::read_file(folder.path / "file");
  const Tensor<float> x{{1, 2, 3}};
  const auto output_of = [&](SafetensorsSource source) {
    Sequential<float> other{Linear{3, 2}};
    load(other, std::move(source));
    return other.predict(x);
  };
  CHECK(output_of(folder.path / "file") == net.predict(x));
  CHECK(output_of(MemoryMap(folder.path / "file")) == net.predict(x));
  CHECK(output_of(std::as_bytes(std::span(bytes)).subspan(1)) == net.predict(x));  // at an odd address
  Sequential<float> other{Linear{3, 2}};
  const auto cut = std::as_bytes(std::span(bytes)).subspan(1, 40);
  CHECK(message([&] { load(other, cut); }).starts_with("SafetensorsReader: memory: header length is "));
}

TEST_CASE("load, save: float types are converted on request") {
  const TemporaryFolder folder("state_dict_convert");
  Generator random{1};
  Sequential net{Linear{3, 2, random}, BatchNorm1d{2}};
  net[1].as<BatchNorm1d>().num_batches_tracked = 5;
  net[0].as<Linear>().weight.value = {{1.5f, -0.1f, 1e6f}, {3e-8f, 0.0f, -2}};
  const auto check = [&](FloatType type, const char* dtype, const Tensor<float>& expected) {
    CAPTURE(dtype);
    save(net, folder.path / "file", {.dtype = type, .metadata = {{"k", "v"}}});
    const SafetensorsReader reader(folder.path / "file");
    CHECK(reader.find("0.weight")->dtype == dtype);
    CHECK(reader.find("1.num_batches_tracked")->dtype == "I64");
    CHECK(reader.metadata().at("k") == "v");
    Sequential<float> single{Linear{3, 2}, BatchNorm1d{2}};
    Sequential<double> twice{Linear<double>{3, 2}, BatchNorm1d<double>{2}};
    load(single, folder.path / "file", {.convert = true});
    load(twice, folder.path / "file", {.convert = true});
    CHECK(single[0].as<Linear>().weight.value == expected);
    CHECK(twice[0].as<Linear>().weight.value == expected.cast<double>());
    CHECK(twice[1].as<BatchNorm1d>().num_batches_tracked == 5);
    if (std::string(dtype) == "F64") return load(twice, folder.path / "file");
    CHECK(message([&] {
            load(twice, folder.path / "file");
          }).ends_with("F64 [2] in the network; `.convert = true` converts the dtype"));
  };
  const float infinity = std::numeric_limits<float>::infinity();
  check(FloatType::float64, "F64", net[0].as<Linear>().weight.value);
  check(FloatType::float32, "F32", net[0].as<Linear>().weight.value);
  check(FloatType::float16, "F16", {{1.5f, -0x1.998p-4f, infinity}, {0x1p-24f, 0, -2}});
  check(FloatType::bfloat16, "BF16", {{1.5f, -0x1.9ap-4f, 999424}, {0x1.02p-25f, 0, -2}});
}

TEST_CASE("load: converts tensors larger than a block, and empty ones") {
  const TemporaryFolder folder("state_dict_blocks");
  Generator random{1};
  const Sequential net{Linear<double>{401, 500, random}, Linear<double>{500, 0}};
  save(net, folder.path / "file", {.dtype = FloatType::float32});
  Sequential<double> other{Linear<double>{401, 500}, Linear<double>{500, 0}};
  load(other, folder.path / "file", {.convert = true});
  CHECK(other[0].as<Linear>().weight.value == net[0].as<Linear>().weight.value.cast<float>().cast<double>());
}

TEST_CASE("load: strips a prefix and renames modules") {
  const TemporaryFolder folder("state_dict_rename");
  Generator random{1};
  const Sequential file{{"actor", Sequential{{"fc1", Linear{3, 3, random}}, {"fc11", Linear{3, 3, random}}}},
                        {"critic", Linear{3, 1, random}}};
  save(file, folder.path / "file");
  const auto& actor = file["actor"].as<Sequential>();
  Sequential net{Linear{3, 3}, Linear{3, 3}};
  const auto load_with = [&](const std::string& prefix,
                             const std::vector<std::pair<std::string, std::string>>& paths) {
    return message([&] { load(net, folder.path / "file", {.prefix = prefix, .rename = paths}); });
  };
  CHECK(load_with("actor.", {{"fc1", "0"}, {"fc11", "1"}}) == "");
  CHECK(net[0].as<Linear>().weight.value == actor[0].as<Linear>().weight.value);
  CHECK(net[1].as<Linear>().weight.value == actor[1].as<Linear>().weight.value);
  CHECK(load_with("actor.", {{"fc1", "1"}, {"fc11.weight", "0.weight"}, {"fc11.bias", "0.bias"}}) == "");
  CHECK(net[1].as<Linear>().weight.value == actor[0].as<Linear>().weight.value);
  CHECK(load_with("actor.", {}).find("missing 0.weight; ") != std::string::npos);
  CHECK(load_with("actor.", {{"fc1", "0"}, {"fc", "1"}})
            .ends_with(": rename: no name matches path \"fc\", expected at least one"));
  CHECK(
      load_with("actor.", {{"fc1", "fc11"}})
          .ends_with(": rename: both \"actor.fc1.weight\" and \"actor.fc11.weight\" become \"fc11.weight\", "
                     "expected unique names"));
  CHECK(load_with("actor\n", {}).ends_with(": no name begins with \"actor\\n\", expected at least one"));
  Sequential whole{{"actor", Sequential{Linear{3, 3}, Linear{3, 3}}}, {"critic", Linear{3, 1}}};
  load(whole, folder.path / "file", {.rename = {{"actor.fc1", "actor.0"}, {"actor.fc11", "actor.1"}}});
  CHECK(whole["critic"].as<Linear>().weight.value == file["critic"].as<Linear>().weight.value);
}

TEST_CASE("load: by order assigns module by module and prints a table of the assignments") {
  const TemporaryFolder folder("state_dict_order");
  Generator random{1};
  const Sequential file{{"stem", Linear{3, 4, random}},
                        {"norm", BatchNorm1d{4}},
                        {"out", Linear{4, 2, random, {.bias = false}}}};
  save(file, folder.path / "file");
  Sequential net{Flatten{}, Linear{3, 4}, BatchNorm1d{4}, ReLU{}, Linear{4, 2, {.bias = false}}};
  std::ostringstream table;
  const LoadReport report = load(net, folder.path / "file", {.match = Match::by_order, .table = &table});
  CHECK(report.complete());
  CHECK(table.str() ==
        "stem.weight               ->  1.weight               F32 [4, 3]\n"
        "stem.bias                 ->  1.bias                 F32 [4]\n"
        "norm.weight               ->  2.weight               F32 [4]\n"
        "norm.bias                 ->  2.bias                 F32 [4]\n"
        "norm.running_mean         ->  2.running_mean         F32 [4]\n"
        "norm.running_var          ->  2.running_var          F32 [4]\n"
        "norm.num_batches_tracked  ->  2.num_batches_tracked  I64 []\n"
        "out.weight                ->  4.weight               F32 [2, 4]\n");
  CHECK(report.table() == table.str());
  CHECK(net[4].as<Linear>().weight.value == file["out"].as<Linear>().weight.value);

  Sequential fewer{Linear{3, 4}, BatchNorm1d{4}};
  CHECK(message([&] {
          load(fewer, folder.path / "file", {.match = Match::by_order, .table = nullptr});
        }).ends_with(": by order: file has 3 modules with tensors, expected 2 as in the network"));
  Sequential other{BatchNorm1d{4}, Linear{3, 4}, Linear{4, 2, {.bias = false}}};
  const std::string refused =
      message([&] { load(other, folder.path / "file", {.match = Match::by_order, .table = &table}); });
  CHECK(refused.find("0.weight is F32 [4, 3] in the file, F32 [4] in the network") != std::string::npos);
  CHECK(refused.find("; by order, these fit:\n") != std::string::npos);
}
