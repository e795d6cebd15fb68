// SPDX-License-Identifier: MIT
// write_models FOLDER: writes networks as ONNX files and as C headers, each with an input and the network's
// output for it in double, one number per line. write_models FOLDER --read FILE.onnx FILE.x: prints the
// output of a network from elsewhere for the rows of an input.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/io/export_c.hpp>
#include <gradus/io/onnx.hpp>
#include <gradus/io/state_dict.hpp>
#include <gradus/nn.hpp>

namespace {

using namespace gradus;
using namespace gradus::nn;
namespace fs = std::filesystem;

/// Returns a network with every module of the library except OneHot. `Scalar` is omitted where modules adapt.
template <class Scalar>
Sequential<Scalar> every_module(Generator& random) {
  return {
      Flatten{},
      Standardize{Tensor<Scalar>::randn({20, 12}, random, 1, 2)},
      Clip{-2, 2},
      BatchNorm1d<Scalar>{12},
      Linear<Scalar>{12, 16, random},
      BatchNorm1d<Scalar>{16},
      ReLU{},
      Linear<Scalar>{16, 16, random, {.bias = false}},
      LayerNorm<Scalar>{16},
      GELU{},
      Linear<Scalar>{16, 16, random},
      GELU{GELUForm::tanh},
      SiLU{},
      ELU{0.7},
      LeakyReLU{0.2},
      Dropout{0.3},
      Identity{},
      Linear<Scalar>{16, 24, random},
      Softplus{{.beta = 3, .threshold = std::numeric_limits<double>::infinity()}},
      BatchNorm1d<Scalar>{24, {.affine = false}},
      Tanh{},
      Sequential<Scalar>{Linear<Scalar>{24, 8, random}, Sigmoid{}, LayerNorm<Scalar>{8, {.affine = false}}},
      Linear<Scalar>{8, 5, random},
      Softplus{},
      Softmax{}};
}

template <class Scalar>
Sequential<Scalar> policy(Generator& random) {
  return {Linear<Scalar>{48, 256, random}, ELU{}, Linear<Scalar>{256, 128, random}, ELU{},
          Linear<Scalar>{128, 64, random}, ELU{}, Linear<Scalar>{64, 12, random}};
}

/// The categorical columns of `categories`.
const std::vector<CategoricalColumn> columns{{0, 4}, {2, 1}, {3, 7}};

/// Returns a network for a table with categorical columns.
template <class Scalar>
Sequential<Scalar> categories(Generator& random) {
  return {OneHot{5, columns}, Standardize{Tensor<Scalar>::randn({20, 14}, random, 1, 2)},
          Linear<Scalar>{14, 16, random}, ReLU{}, Linear<Scalar>{16, 3, random}};
}

/// Replaces the inputs in categorical columns by category numbers, except in the last row, which has none.
template <class Scalar>
void choose_categories(Tensor<Scalar>& x) {
  for (const CategoricalColumn& each : columns) {
    for (Index row = 0; row + 1 < x.shape()[0]; ++row)
      x(row, each.column) = static_cast<Scalar>((each.count + 2 * row - 1) % each.count);
  }
}

/// Gives the normalisation layers statistics and weights that differ from those of a new network.
template <class Scalar>
void disturb(Sequential<Scalar>& net, Generator& random) {
  net.visit_buffers([&](std::string_view name, Tensor<Scalar>& tensor) {
    const bool is_variance = name.ends_with("var");
    for (Scalar& x : tensor.span())
      x = static_cast<Scalar>(random.uniform<float>(is_variance ? 0.5 : -0.5, 1.5));
  });
}

void write_numbers(const fs::path& file, const auto& tensor) {
  std::ofstream out(file);
  for (Index i = 0; i < tensor.size(); ++i) out << format_shortest(tensor.data()[i]) << '\n';
}

template <class Scalar>
void write(const fs::path& folder, const std::string& name, Sequential<Scalar> (*make)(Generator&),
           const Shape& sample) {
  Generator random(7);
  Sequential<Scalar> net = make(random);
  disturb(net, random);
  Generator inputs(8);
  Tensor<Scalar> x(sample.prepend(3));
  for (Scalar& element : x.span()) element = static_cast<Scalar>(inputs.uniform<float>(-3, 3));
  if (net[0].template get_if<OneHot<Scalar>>() != nullptr) choose_categories(x);
  save_onnx(net, folder / (name + ".onnx"), sample);
  save(net, folder / (name + ".safetensors"));
  export_c(net, folder / (name + ".h"), {.use_double = sizeof(Scalar) == 8});
  write_numbers(folder / (name + ".x"), x);
  // The output of the file's network, in double.
  Tensor<double> exact(x.shape());
  std::copy(x.begin(), x.end(), exact.begin());
  write_numbers(folder / (name + ".y"), load_onnx<double>(folder / (name + ".onnx")).predict(exact));
}

int read(const fs::path& model, const fs::path& input) {
  const Sequential<double> net = load_onnx<double>(model);
  std::ifstream file(input);
  std::vector<double> numbers;
  for (double x; file >> x;) numbers.push_back(x);
  // The first numbers are the shape: the number of rows, the rank of a row and its extents.
  const auto rows = static_cast<Index>(numbers.at(0)), rank = static_cast<Index>(numbers.at(1));
  std::vector<Index> extents{rows};
  for (Index i = 0; i < rank; ++i) extents.push_back(static_cast<Index>(numbers.at(to_size(2 + i))));
  Tensor<double> x{Shape{std::span<const Index>(extents)}};
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = numbers.at(to_size(2 + rank + i));
  const Tensor<double> result = net.predict(x);
  for (const double y : result.span()) std::printf("%s\n", format_shortest(y).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 5 && std::string(argv[2]) == "--read") return read(argv[3], argv[4]);
    if (argc != 2) return 2;
    const fs::path folder = argv[1];
    write<float>(folder, "every_module", every_module<float>, {3, 4});
    write<double>(folder, "every_module_double", every_module<double>, {3, 4});
    write<float>(folder, "policy", policy<float>, {48});
    write<double>(folder, "policy_double", policy<double>, {48});
    write<float>(folder, "categories", categories<float>, {5});
    write<double>(folder, "categories_double", categories<double>, {5});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "write_models: %s\n", error.what());
    return 1;
  }
}
