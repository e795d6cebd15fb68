#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <gradus/io/state_dict.hpp>
#include <gradus/nn.hpp>

namespace {

using namespace gradus;
using namespace gradus::nn;
namespace fs = std::filesystem;

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
  CHECK(load(other, file).complete());
  const Tensor<double> x{{1, 2}};
  CHECK(other.predict(x) == net.predict(x));
  fs::remove(file);
}

TEST_CASE("A network that PyTorch trained gives PyTorch's output") {
  Generator random{0};
  Sequential net{Flatten{}, Linear{6, 4, random}, ReLU{}, Linear{4, 3, random, false}};
  const LoadReport report = load(net, reference);
  CHECK(report.complete());
  const Tensor<float> y = net.predict(Tensor<float>::arange(6).reshape({1, 6}));
  // printed by tests/reference/make_safetensors.py
  const Tensor<float> expected{{-0x1.10276p-1f, 0x1.fc5b5p-1f, -0x1.2b2122p+0f}};
  CHECK(allclose(y, expected, 1e-6f, 1e-6f));
}

TEST_CASE("Save, then load, is the identity, for nested networks and for double") {
  Generator random{3};
  const fs::path file = temporary("identity.safetensors");
  Sequential net{Linear<double>{5, 4, random},
                 Sequential{Tanh<double>{}, Linear<double>{4, 2, random, false}}};
  save(net, file);
  Sequential other{Linear<double>{5, 4, random},
                   Sequential{Tanh<double>{}, Linear<double>{4, 2, random, false}}};
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
                 Linear<double>{4, 3, random, false}};
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
  Sequential whole{Flatten{}, Linear{6, 4, random}, ReLU{}, Linear{4, 3, random, false}};
  load(whole, reference);
  CHECK(net[1].as<Linear>().weight.value == whole[1].as<Linear>().weight.value);
}

TEST_CASE("Files that are missing or foreign are typed errors and change nothing") {
  Generator random{0};
  Sequential net{Linear{6, 4, random}};
  CHECK_THROWS_AS(load(net, "/nonexistent.safetensors"), FileError);
  CHECK_THROWS_AS(load(net, __FILE__), FileError);
  CHECK_THROWS_AS(save(net, "/nonexistent/folder/net.safetensors"), FileError);
}
