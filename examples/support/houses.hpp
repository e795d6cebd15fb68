// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/eigen.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/random.hpp>
#include <gradus/data/csv_options.hpp>

/// The table used by the two programs on house prices.
namespace support {

/// Returns the read_csv options for the table.
inline gradus::CsvOptions house_columns() { return {.target = "price", .categorical = {"city"}}; }

/// Writes a table of invented houses. Prices depend on the product of area and city, on age and on distance,
/// with 5 % noise, which limits the accuracy of any model.
inline void write_houses(const std::filesystem::path& file, gradus::Index count, std::uint64_t seed) {
  const std::array<std::pair<const char*, double>, 5> cities{
      {{"Aachen", 3100}, {"Bonn", 4200}, {"Cologne", 5000}, {"Dortmund", 2800}, {"Munich", 9000}}};
  gradus::Generator random(seed);
  std::string text = "area,rooms,built,distance,city,price\n";
  for (gradus::Index i = 0; i < count; ++i) {
    const double area = random.uniform<double>(25, 180);
    const double rooms = std::max(1.0, std::round(area / 28 + random.normal<double>()));
    const double built = std::floor(random.uniform<double>(1920, 2025));
    const double distance = random.uniform<double>(0.2, 25);
    const auto& [city, per_square_meter] = cities[static_cast<std::size_t>(random.below(cities.size()))];
    const double price = area * per_square_meter * std::exp(-distance / 40) * (1 - (2025 - built) / 400) *
                         (1 + 0.05 * random.normal<double>());
    text += gradus::format_fixed(area, 1) + "," + gradus::format_fixed(rooms, 0) + "," +
            gradus::format_fixed(built, 0) + "," + gradus::format_fixed(distance, 1) + "," + city + "," +
            gradus::format_fixed(price, 0) + "\n";
  }
  gradus::write_text(file, text);
}

/// Joins city names into text to store with the weights; `lines` splits it.
inline std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return text;
}
inline std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) break;
    names.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

}  // namespace support
