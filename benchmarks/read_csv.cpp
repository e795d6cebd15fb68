// SPDX-License-Identifier: MIT

/// Measures how fast `read_csv` reads a table of ten columns: a text column of twenty categories, and nine of
/// random numbers with two to seven digits, some of them negative, most with a decimal point. Prints the
/// processor time of each call, including the kernel's time for the file and the memory, and that of reading
/// the file's bytes alone.
///
/// usage: read_csv [REPETITIONS] [--quick]

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/random.hpp>
#include <gradus/data/byte_source.hpp>
#include <gradus/data/read_csv.hpp>

#include "support/build.hpp"
#include "support/json_line.hpp"
#include "support/options.hpp"
#include "support/timing.hpp"

namespace {

constexpr int number_columns = 9, cities = 20;

/// Appends a number of two to seven digits, with a decimal point at a random place or none.
void append_number(std::string& text, gradus::Generator& random) {
  if (random.below(4) == 0) text += '-';
  const gradus::Index digits = 2 + random.below(6), whole = 1 + random.below(digits);
  for (gradus::Index i = 0; i < digits; ++i) {
    if (i == whole) text += '.';
    text += static_cast<char>('0' + random.below(10));
  }
}

std::string table(int rows) {
  gradus::Generator random(0);
  std::string text = "city";
  for (int i = 0; i < number_columns; ++i) text += ",x" + std::to_string(i);
  text += '\n';
  for (int row = 0; row < rows; ++row) {
    const auto city = static_cast<std::size_t>(random.below(cities));
    text += "City" + std::string(city % 7, 'x') + std::to_string(city);
    for (int i = 0; i < number_columns; ++i) {
      text += ',';
      append_number(text, random);
    }
    text += '\n';
  }
  return text;
}

/// A file that is removed at the end.
struct TableFile {
  explicit TableFile(int rows) : path(std::filesystem::temp_directory_path() / "gradus_read_csv.csv") {
    gradus::write_text(path, table(rows));
  }
  ~TableFile() { std::filesystem::remove(path); }
  TableFile(const TableFile&) = delete;
  TableFile& operator=(const TableFile&) = delete;

  std::filesystem::path path;
};

void read_bytes(const std::filesystem::path& path) {
  gradus::PlainFile file(path);
  std::vector<std::byte> piece(std::size_t{256} * 1024);
  while (file.read(piece) == piece.size()) {
  }
}

template <class Scalar>
double read_table(const std::filesystem::path& path) {
  const gradus::CsvOptions options{.target = "x8", .categorical = "city"};
  return bench::time([&] { gradus::read_csv<Scalar>(path, options); }).processor;
}

void print(const char* name, double bytes, const bench::Samples& seconds) {
  bench::JsonLine(name)
      .field("megabytes", bytes / 1e6)
      .field("megabytes_per_second", bytes / 1e6 / seconds.median())
      .field("seconds", seconds.values());
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options(argc, argv, 15);
  bench::print_build();
  const TableFile file(options.quick ? 10'000 : 1'152'000);
  bench::Samples bytes, floats, doubles;
  for (int i = 0; i < options.repetitions; ++i) {
    bytes.add(bench::time([&] { read_bytes(file.path); }).processor);
    floats.add(read_table<float>(file.path));
    doubles.add(read_table<double>(file.path));
  }
  const auto size = static_cast<double>(std::filesystem::file_size(file.path));
  print("read_bytes", size, bytes);
  print("read_csv_float", size, floats);
  print("read_csv_double", size, doubles);
}
