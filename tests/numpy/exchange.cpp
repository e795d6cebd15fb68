// SPDX-License-Identifier: MIT

// exchange FOLDER: reads what tests/check_numpy.py wrote into the folder, checks each element, and writes it
// back for NumPy to read.

#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <type_traits>

#include <gradus/core/error.hpp>
#include <gradus/data/npy.hpp>
#include <gradus/data/npz.hpp>
#include <gradus/data/write_npy.hpp>

namespace fs = std::filesystem;
using namespace gradus;

namespace {

/// Checks that element [i, j, k] is 12 i + 4 j + k or, for bool, whether that number is odd.
template <class T>
void check(const Tensor<T>& x, const std::string& what) {
  if (x.shape() != Shape{2, 3, 4}) throw FileError(what + " has shape " + x.shape().to_string());
  for (Index i = 0; i < x.size(); ++i) {
    const auto expected = std::is_same_v<T, bool> ? static_cast<T>(i % 2) : static_cast<T>(i);
    if (x.data()[i] != expected) throw FileError(what + ": element " + std::to_string(i) + " is wrong");
  }
}

template <class T>
void exchange(const fs::path& folder, const std::string& dtype, NpzWriter& writer, int& count) {
  for (const char* const variant : {"C1", "F1", "big1", "C2", "C3", "F3"}) {
    const fs::path file = folder / (dtype + "_" + variant + ".npy");
    const auto x = load_npy<T>(file);
    check(x, file.string());
    if (load_npy<double>(file, {.convert = true}).size() != 24)
      throw FileError(file.string() + ": converted array has another size, expected 24");
    ++count;
  }
  const auto stored = NpzFile(folder / "stored.npz").load<T>(dtype);
  const auto compressed = NpzFile(folder / "compressed.npz").load<T>(dtype);
  check(stored, "stored.npz");
  check(compressed, "compressed.npz");
  count += 2;
  save_npy(stored, folder / ("from_gradus_" + dtype + ".npy"));
  writer.add(dtype, compressed);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw FileError("usage: exchange FOLDER");
    const fs::path folder = argv[1];
    int count = 0;
    NpzWriter writer(folder / "from_gradus.npz");
    exchange<float>(folder, "float32", writer, count);
    exchange<double>(folder, "float64", writer, count);
    exchange<bool>(folder, "bool", writer, count);
    exchange<std::int8_t>(folder, "int8", writer, count);
    exchange<std::uint8_t>(folder, "uint8", writer, count);
    exchange<std::int16_t>(folder, "int16", writer, count);
    exchange<std::uint16_t>(folder, "uint16", writer, count);
    exchange<std::int32_t>(folder, "int32", writer, count);
    exchange<std::uint32_t>(folder, "uint32", writer, count);
    exchange<std::int64_t>(folder, "int64", writer, count);
    exchange<std::uint64_t>(folder, "uint64", writer, count);
    writer.commit();
    std::printf("gradus has read %d arrays\n", count);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "exchange: %s\n", error.what());
    return 1;
  }
}
