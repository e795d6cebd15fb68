// SPDX-License-Identifier: MIT

#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <limits>
#include <locale>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>

#include "broken_pipe.hpp"

/// Options, error handling and output files for the example programs.
namespace support {

/// Exit status after invalid input.
inline constexpr int bad_input = 2;

/// Exit status after Ctrl-C, as shells report it.
inline constexpr int interrupted_status = 130;

/// Thrown when a program was interrupted and can be resumed; `what()` describes how, or is empty if another
/// process prints it.
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline int fail(const CLI::App& app, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), what.c_str());
  return bad_input;
}

/// Parses the options and runs the program. Every error becomes one line on standard error. The program ends
/// when its output is no longer read.
template <class Program>
int run(CLI::App& app, int argc, char** argv, const Program& program) {
  app.name(std::filesystem::path(argv[0]).filename().string());
  end_with_reader();
  try {
    app.parse(argc, argv);
    program();
    return 0;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const Interrupted& interrupted) {
    if (*interrupted.what() != '\0')
      std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), interrupted.what());
    return interrupted_status;
  } catch (const CLI::ParseError& error) {
    return fail(app, std::string(error.what()) + " (--help lists the options)");
  } catch (const std::bad_alloc&) {
    return fail(app, "not enough memory");
  } catch (const std::exception& error) {
    return fail(app, error.what());
  }
}

/// Parses sizes such as `256,128`; empty text gives none. Throws CLI::ValidationError.
inline std::vector<gradus::Index> parse_sizes(const std::string& option, const std::string& text) {
  std::vector<gradus::Index> sizes;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    gradus::Index size = 0;
    const auto [next, error] = std::from_chars(at, end, size);
    const bool goes_on = next != end && *next == ',' && next + 1 != end;
    if (error != std::errc() || size < 1 || !(next == end || goes_on)) {
      throw CLI::ValidationError(option, "'" + text + "', expected positive whole numbers, as in 256,128");
    }
    sizes.push_back(size);
    at = goes_on ? next + 1 : end;
  }
  return sizes;
}

/// Adds an option that takes such a list. The help shows the current sizes as the default.
inline void add_sizes(CLI::App& app, const std::string& option, std::vector<gradus::Index>& sizes,
                      const std::string& description) {
  std::string text;
  for (const gradus::Index size : sizes) text += (text.empty() ? "" : ",") + std::to_string(size);
  app.add_option_function<std::string>(
         option, [option, &sizes](const std::string& given) { sizes = parse_sizes(option, given); },
         description)
      ->type_name("N,N,...")
      ->default_str(text);
}

/// Parses a number with a decimal point in every locale. Throws CLI::ValidationError unless it is within
/// [least, most].
template <std::floating_point T>
T parse_number(const std::string& option, const std::string& text, T least, T most) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  T number = 0;
  char rest = 0;
  if (!(stream >> number) || stream >> rest || !(number >= least && number <= most)) {
    const bool bounded = std::isfinite(least) || std::isfinite(most);
    throw CLI::ValidationError(option, "'" + text + "', expected a number" +
                                           (bounded ? " from " + gradus::format_shortest(least) + " to " +
                                                          gradus::format_shortest(most)
                                                    : ""));
  }
  return number;
}

/// Adds an option that takes a number in [least, most]. The help shows the current number as the default.
template <std::floating_point T>
void add_number(CLI::App& app, const std::string& option, T& number, const std::string& description,
                std::type_identity_t<T> least = -std::numeric_limits<T>::infinity(),
                std::type_identity_t<T> most = std::numeric_limits<T>::infinity()) {
  app.add_option_function<std::string>(
         option,
         [=, &number](const std::string& given) { number = parse_number<T>(option, given, least, most); },
         description)
      ->type_name("NUMBER")
      ->default_str(gradus::format_shortest(number));
}

/// Returns a validator that accepts integers in [1, most].
inline CLI::Validator from_one_to(gradus::Index most) {
  const auto complaint = [most](std::string& text) -> std::string {
    gradus::Index number = 0;
    const char* const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && next == end && number >= 1 && number <= most) return "";
    return "'" + text + "', expected a whole number from 1 to " + std::to_string(most);
  };
  return {complaint, ""};
}

/// Checks early that a file can be written; an empty path means no file. Throws FileError.
inline void check_writable(const std::filesystem::path& path) {
  if (path.empty()) return;
  const gradus::AtomicFile removed_at_once(path);
}

}  // namespace support
