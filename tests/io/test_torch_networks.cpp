// SPDX-License-Identifier: MIT

// tests/reference/torch_networks.py wrote the files with PyTorch 1.13.1.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io.hpp>
#include <gradus/nn.hpp>
#include <gradus/optim/adam.hpp>

namespace {

using namespace gradus;
using namespace gradus::nn;

std::string reference(const std::string& name) {
  return std::string(GRADUS_TEST_DATA_DIR) + "/torch_" + name + ".safetensors";
}

/// The class Every in the script.
template <class Scalar>
Sequential<Scalar> every(Generator& random) {
  using Body = Sequential<Scalar>;
  return Sequential<Scalar>{{"flatten", Flatten{}},
                            {"fc1", Linear<Scalar>{12, 16, random}},
                            {"norm1", BatchNorm1d<Scalar>{16}},
                            {"relu", ReLU{}},
                            {"dropout", Dropout{0.3}},
                            {"fc2", Linear<Scalar>{16, 16, random, {.bias = false}}},
                            {"norm2", LayerNorm<Scalar>{16}},
                            {"gelu", GELU{}},
                            {"body", Body{Linear<Scalar>{16, 16, random}, Tanh{}, Identity{}, SiLU{},
                                          Linear<Scalar>{16, 16, random}}},
                            {"leaky", LeakyReLU{0.2}},
                            {"elu", ELU{0.7}},
                            {"softplus", Softplus{{.beta = 2, .threshold = 15}}},
                            {"plain_batch", BatchNorm1d<Scalar>{16, {.affine = false}}},
                            {"plain_layer", LayerNorm<Scalar>{16, {.affine = false}}},
                            {"gelu_tanh", GELU{GELUForm::tanh}},
                            {"sigmoid", Sigmoid{}},
                            {"softmax", Softmax{}},
                            {"out", Linear<Scalar>{16, 5, random}}};
}

}  // namespace

TEST_CASE("load: a PyTorch network with every kind of module gives the same logits") {
  Generator random{0};
  Sequential<float> net = every<float>(random);
  const std::string file = reference("every");
  CHECK(verify(net, file).relative_error() > 0.01);
  load(net, file);
  CHECK_MESSAGE(verify(net, file).ok(), verify(net, file).to_string());
  CHECK(net["norm1"].as<BatchNorm1d>().num_batches_tracked == 30);
  Sequential<double> twice = every<double>(random);
  load(twice, file, {.convert = true});
  CHECK_MESSAGE(verify(twice, file).ok(), verify(twice, file).to_string());
}

TEST_CASE("load: PyTorch networks can be loaded into numbered modules by order") {
  Generator random{0};
  const Sequential<float> named = every<float>(random);
  Sequential<float> net;
  for (Index i = 0; i < named.size(); ++i) net.push_back(named[i]);
  CHECK(load(net, reference("every"), {.match = Match::by_order, .table = nullptr}).complete());
  CHECK(verify(net, reference("every")).ok());
}

TEST_CASE("load: converts PyTorch networks in F64, F16 and BF16") {
  for (const char* dtype : {"f64", "f16", "bf16"}) {
    CAPTURE(dtype);
    Sequential<float> single{Flatten{}, Linear{12, 8}, BatchNorm1d{8}, ReLU{}, Linear{8, 5}};
    Sequential<double> twice{Flatten{}, Linear<double>{12, 8}, BatchNorm1d<double>{8}, ReLU{},
                             Linear<double>{8, 5}};
    CHECK_THROWS_AS(load(single, reference(dtype)), FileError);
    load(single, reference(dtype), {.convert = true});
    load(twice, reference(dtype), {.convert = true});
    CHECK_MESSAGE(verify(single, reference(dtype)).ok(), verify(single, reference(dtype)).to_string());
    CHECK(verify(twice, reference(dtype), 1e-12).ok());
  }
}

// Writes gradus_every.safetensors into the folder GRADUS_TORCH_OUTPUT, for `torch_networks.py check`.
TEST_CASE("save, load_network: a trained network with every kind of module is rebuilt from its file") {
  Generator random{3};
  Sequential<float> net = every<float>(random);
  optim::Adam<float> adam{net.named_parameters(), {.learning_rate = 0.01}};
  Tensor<float> gradient;
  for (int step = 0; step < 30; ++step) {
    const auto x = Tensor<float>::randn({32, 3, 4}, random);
    std::vector<Index> labels;
    for (Index i = 0; i < 32; ++i) labels.push_back(random.below(5));
    const Tensor<float>& y = net.forward(x, random);
    gradient.resize(y.shape());
    SoftmaxCrossEntropy{}(y, labels, gradient);
    net.backward(gradient);
    adam.step();
  }
  const auto x = Tensor<float>::randn({6, 3, 4}, random);
  const char* wanted = std::getenv("GRADUS_TORCH_OUTPUT");
  const std::filesystem::path folder = wanted != nullptr ? wanted : std::filesystem::temp_directory_path();
  const std::filesystem::path file = folder / "gradus_every.safetensors";
  save(net, file, {.example = &x});
  const Sequential<float> rebuilt = load_network(file);
  CHECK(verify(rebuilt, file, 0).ok());
  if (wanted == nullptr) std::filesystem::remove(file);
}
