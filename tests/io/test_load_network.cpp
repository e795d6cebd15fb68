// SPDX-License-Identifier: MIT

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/load_network.hpp>
#include <gradus/io/safetensors_writer.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/sgd.hpp>

#include "../support/safetensors_bytes.hpp"
#include "../support/swish.hpp"

namespace {

using namespace gradus;
using namespace gradus::nn;
using gradus::test::message_of;
using gradus::test::TemporaryFolder;

/// A custom module with a setting.
struct Shift {
  double by = 0;

  explicit Shift(double number) : by(number) {}
  explicit Shift(const Settings& settings) : by(settings.number("by")) {}
  Settings settings() const { return {{"by", by}}; }

  Shape output_shape(const Shape& x) const { return x; }
  void forward(TensorView<const float> x, TensorView<float> y, Context&) const {
    y.array() = x.array() + static_cast<float>(by);
  }
  void backward(TensorView<const float>, TensorView<const float>, TensorView<const float> dy,
                TensorView<float> dx, Context&) const {
    dx.array() = dy.array();
  }
};

/// Returns a file with a 3 -> 2 layer and this description.
std::vector<std::byte> file_with(const std::string& modules, const std::string& dtype = "F32") {
  const TemporaryFolder folder("load_network_file");
  const Tensor<float> weight{{1, 2, 3}, {4, 5, 6}}, bias{7, 8};
  SafetensorsWriter writer;
  writer.add("0.weight", weight);
  writer.add("0.bias", bias);
  writer.add_metadata("gradus.architecture",
                      R"({"version":1,"dtype":")" + dtype + R"(","modules":[)" + modules + "]}");
  writer.write(folder.path / "file");
  const std::string text = test::read_file(folder.path / "file");
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}
std::string linear(const std::string& in, const std::string& out, const std::string& more = "") {
  return R"({"kind":"Linear","settings":{"in_features":)" + in + R"(,"out_features":)" + out +
         R"(,"bias":true)" + more + "}}";
}
/// Returns the error message of load_network, without what comes before the module.
std::string problem(const std::string& modules) {
  const std::vector<std::byte> file = file_with(modules);
  const std::string text = message_of<FileError>([&] { load_network(std::span<const std::byte>(file)); });
  const std::string before = "load_network: memory: module ";
  return text.starts_with(before) ? text.substr(before.size()) : text;
}

}  // namespace

TEST_CASE("load_network: rebuilds a network of every kind, which predicts and trains like the first") {
  const TemporaryFolder folder("load_network");
  Generator random{1}, left{5}, right{5};
  Sequential net{
      {"flatten", Flatten{}},
      {"fc1", Linear{6, 5, random}},
      {"norm", BatchNorm1d{5, {.epsilon = 1e-3, .momentum = 0.25}}},
      {"act", Sequential{GELU{}, Identity{}, Sequential{LeakyReLU{0.25}, Tanh{}}}},
      {"drop", Dropout{0.5}},
      {"rest", Sequential{LayerNorm{5}, ELU{0.5}, Softplus{{.beta = 2}}, SiLU{}, Sigmoid{}, ReLU{}}},
      {"out", Linear{5, 3, random, {.bias = false}}},
      {"softmax", Softmax{}}};
  const auto x = Tensor<float>::randn({4, 2, 3}, random), dy = Tensor<float>::randn({4, 3}, random);
  const auto train = [&](Sequential<float>& of, Generator& masks) {
    optim::SGD<float> sgd{of.named_parameters(), {.learning_rate = 0.1}};
    for (int step = 0; step < 3; ++step) {
      of.forward(x, masks);
      of.backward(dy);
      sgd.step();
    }
  };
  train(net, left);
  save(net, folder.path / "file");
  Sequential<float> other = load_network(folder.path / "file");
  CHECK(other.predict(x) == net.predict(x));
  CHECK(other["norm"].as<BatchNorm1d>().num_batches_tracked == 3);
  CHECK(other["act"].as<Sequential>()[2].as<Sequential>()[0].as<LeakyReLU>().slope() == 0.25);
  left = right = Generator{9};
  train(net, left);
  train(other, right);
  CHECK(other.predict(x) == net.predict(x));
  save(other, folder.path / "again");
  CHECK(SafetensorsReader(folder.path / "again").metadata() ==
        SafetensorsReader(folder.path / "file").metadata());
}

TEST_CASE("load_network: custom modules are rebuilt by their registered names") {
  const TemporaryFolder folder("load_network_user");
  ModuleRegistry<float> modules;
  modules.add<Shift>("app.shift").add<third_party::Scale>("app.scale");
  Sequential<float> net{Shift{0.5}, third_party::Scale<float>{}};
  net[1].as<third_party::Scale>().factor.value.fill(3);
  save(net, folder.path / "file", {.modules = modules});
  const auto other = load_network(folder.path / "file", {.modules = modules});
  CHECK(other.predict(Tensor<float>{{1, 2}}) == Tensor<float>{{4.5f, 7.5f}});
  const auto error_of = [&] { return message_of<FileError>([&] { load_network(folder.path / "file"); }); };
  CHECK(error_of().ends_with(
      "module \"0\" of kind \"app.shift\": kind is unknown, expected a built-in or registered one"));
  save(net, folder.path / "file");
  CHECK(error_of().ends_with(
      "type \"Shift\" was not registered when the file was saved, expected a registered type"));
  load(net, folder.path / "file");  // which needs no description
}

TEST_CASE("load_network: another scalar type is converted on request") {
  const TemporaryFolder folder("load_network_scalar");
  Generator random{1};
  const Sequential net{Linear{3, 2, random}, BatchNorm1d{2}};
  save(net, folder.path / "file", {.dtype = FloatType::float64});
  const Tensor<float> x{{1, 2, 3}};
  CHECK(load_network(folder.path / "file", {.convert = true}).predict(x) == net.predict(x));
  const auto twice = load_network<double>(folder.path / "file", {.convert = true});
  CHECK(twice[0].as<Linear>().weight.value == net[0].as<Linear>().weight.value.cast<double>());
  CHECK(message_of<FileError>([&] {
          load_network<double>(folder.path / "file");
        }).ends_with(": network has dtype F32, expected F64; `.convert = true` converts it"));
  CHECK_THROWS_AS(load_network(folder.path / "file"), FileError);
}

TEST_CASE("load_network: a description that does not match the file is refused before anything is built") {
  CHECK(problem(linear("3", "2")) == "");
  CHECK(problem(linear("4", "2")) == "\"0\" of kind \"Linear\": weight is F32 [2, 3], expected shape [2, 4]");
  // Each of these would need more memory than there is.
  CHECK(problem(linear("3", "1000000000000")).find("expected shape [1000000000000, 3]") != std::string::npos);
  CHECK(problem(linear("4611686018427387904", "4611686018427387904"))
            .starts_with("\"0\" of kind \"Linear\": "));
  CHECK(problem(linear("-3", "2")).starts_with("\"0\" of kind \"Linear\": "));
  CHECK(problem(linear("3.0", "2")) ==
        "\"0\" of kind \"Linear\": setting \"in_features\" has the wrong type, expected an integer");
  CHECK(problem(linear("3", "2", ",\"gain\":2")) ==
        "\"0\" of kind \"Linear\": setting \"gain\" is unknown, expected one of this kind");
  CHECK(problem(R"({"kind":"Linear"})") ==
        "\"0\" of kind \"Linear\": setting \"out_features\" is missing, expected an integer");
  CHECK(problem(linear("3", "2") + "," + linear("3", "2")) ==
        "\"1\" of kind \"Linear\": no tensor is named \"1.weight\", expected one of shape [2, 3]");
  CHECK(problem(linear("3", "2") + R"(,{"kind":"BatchNorm1d","settings":{"num_features":1000000000000,)"
                                   R"("eps":1,"momentum":1,"affine":false}})") ==
        "\"1\" of kind \"BatchNorm1d\": no tensor is named \"1.running_mean\", expected one of shape "
        "[1000000000000]");
  CHECK(problem(linear("3", "2") + R"(,{"kind":"Dropout","settings":{"p":7}})") ==
        "\"1\" of kind \"Dropout\": Dropout: probability is 7, expected a number in [0, 1]");
  CHECK(problem(R"({"kind":"Evil\n\u001b[2J"})") ==
        "\"0\" of kind \"Evil\\n\\x1b[2J\": kind is unknown, expected a built-in or registered one");
  CHECK(problem(linear("3", "2") + R"(,{"kind":"ReLU","name":"a.b"})")
            .starts_with("\"a.b\" of kind \"ReLU\": "));
  CHECK(problem(linear("3", "2") + R"(,{"kind":"ReLU","name":"0"})").starts_with("\"0\" of kind \"ReLU\": "));
  // Tensors that belong to no module.
  CHECK(problem("").ends_with("file does not fit the network: unexpected 0.weight; unexpected 0.bias"));
}

TEST_CASE("load_network: a file without a description is refused") {
  const TemporaryFolder folder("load_network_none");
  SafetensorsWriter().write(folder.path / "file");
  CHECK(message_of<FileError>([&] {
          load_network(folder.path / "file");
        }).ends_with(": metadata have no architecture, expected one; build the network and call `load`"));
}

TEST_CASE("load_network: a network with scalers and categories needs only its file") {
  const TemporaryFolder folder("load_network_scalers");
  Generator random(1);
  const auto x = Tensor<float>::randn({30, 3}, random, 100, 20);
  const Standardize targets{Tensor<float>::randn({30, 1}, random, 5e5f, 1e5f)};
  Sequential<float> net{Standardize{x}, MinMax{x}, OneHot{3, {{1, 2}}}, Linear{4, 1, random},
                        targets.inverse()};
  save(net, folder.path / "net.safetensors");
  const Sequential<float> again = load_network(folder.path / "net.safetensors");
  CHECK(again.predict(x) == net.predict(x));
}
