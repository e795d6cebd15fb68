// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/io/safetensors_entry.hpp>
#include <gradus/io/safetensors_sax.hpp>

namespace gradus {

namespace detail {

/// Returns an upper bound on the entries in a header: each takes at least 47 bytes and contains data_offsets.
inline std::size_t most_entries(std::string_view json) {
  constexpr std::string_view word = "\"data_offsets\"";
  constexpr std::size_t shortest =
      std::string_view(R"("":{"dtype":"","shape":[],"data_offsets":[0,0]})").size();
  std::size_t words = 0;
  for (std::size_t at = json.find(word); at != json.npos; at = json.find(word, at + word.size())) ++words;
  return std::min(words, json.size() / shortest);
}

/// Checks what the JSON parser does not: bytes before the object, a NUL byte, at which the parser stops, and
/// bytes after the object, where the format allows only spaces. Returns the problem, or an empty string.
inline std::string problem_around_object(std::string_view json) {
  const auto at = [](std::size_t i) { return " at byte " + std::to_string(i + 1); };
  if (!json.starts_with('{')) return "JSON begins with " + in_quotes(json.substr(0, 1)) + ", expected \"{\"";
  if (const std::size_t nul = json.find('\0'); nul != json.npos)
    return "JSON has a NUL" + at(nul) + ", expected none";
  const std::size_t last = json.find_last_not_of(' ');
  if (json[last] == '\n' || json[last] == '\r' || json[last] == '\t') {
    return "JSON is followed by " + in_quotes(json.substr(last, 1)) + at(last) + ", expected only spaces";
  }
  return "";
}

inline void index_by_name(const std::string& where, SafetensorsHeader& header) {
  const std::vector<SafetensorsEntry>& entries = header.entries;
  header.by_name.resize(entries.size());
  std::iota(header.by_name.begin(), header.by_name.end(), std::size_t{0});
  const auto name = [&entries](std::size_t i) -> const std::string& { return entries[i].name; };
  std::ranges::sort(header.by_name, {}, name);
  const auto twice = std::ranges::adjacent_find(header.by_name, {}, name);
  if (twice != header.by_name.end()) {
    throw FileError(where + ": header: key " + in_quotes(name(*twice)) + " appears twice, expected once");
  }
}

}  // namespace detail

/// Parses and checks the JSON of a header. `data_size` is the number of bytes after the header, which the
/// tensors must cover exactly, without gaps or overlaps. Memory use is proportional to the length of the
/// text.
///
/// Throws FileError with a message that starts with `where`.
inline SafetensorsHeader parse_safetensors_header(const std::string& where, std::string_view json,
                                                  std::uint64_t data_size) {
  if (const std::string problem = detail::problem_around_object(json); !problem.empty()) {
    throw FileError(where + ": header: " + problem);
  }
  detail::SafetensorsSax sax;
  sax.header.entries.reserve(detail::most_entries(json));
  if (!nlohmann::json::sax_parse(json, &sax)) throw FileError(where + ": header: " + sax.problem);
  std::vector<SafetensorsEntry>& entries = sax.header.entries;
  std::ranges::sort(entries, {},
                    [](const SafetensorsEntry& entry) { return std::pair(entry.begin, entry.end); });
  detail::index_by_name(where, sax.header);
  std::uint64_t covered = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin != covered) {
      throw FileError(where + ": " + in_quotes(entry.name) + " begins at byte " +
                      std::to_string(entry.begin) + " of the data, expected " + std::to_string(covered));
    }
    covered = entry.end;
  }
  if (covered != data_size) {
    throw FileError(where + ": data have " + std::to_string(data_size) + " bytes, expected " +
                    std::to_string(covered) + " for the tensors");
  }
  return std::move(sax.header);
}

}  // namespace gradus
