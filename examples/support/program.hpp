#pragma once

#include <charconv>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>

/// What the example programs share: options, errors and the files that they write.
namespace support {

/// Exit status of a program that was given something it cannot work with.
inline constexpr int bad_input = 2;

inline int fail(const CLI::App& app, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), what.c_str());
  return bad_input;
}

/// Reads the options, then runs the program; whatever goes wrong becomes one line on standard error.
template <class Program>
int run(CLI::App& app, int argc, char** argv, const Program& program) {
  app.name(std::filesystem::path(argv[0]).filename().string());
#if defined(SIGPIPE)
  std::signal(SIGPIPE, SIG_IGN);  // a plotting program that ends early is an error, not the end of this one
#endif
  try {
    app.parse(argc, argv);
    program();
    return 0;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    return fail(app, std::string(error.what()) + " (--help lists the options)");
  } catch (const std::bad_alloc&) {
    return fail(app, "there is not enough memory");
  } catch (const std::exception& error) {
    return fail(app, error.what());
  }
}

/// The sizes in `256,128`; none in an empty text. Throws CLI::ValidationError.
inline std::vector<gradus::Index> parse_sizes(const std::string& option, const std::string& text) {
  std::vector<gradus::Index> sizes;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    gradus::Index size = 0;
    const auto [next, error] = std::from_chars(at, end, size);
    const bool goes_on = next != end && *next == ',' && next + 1 != end;
    if (error != std::errc() || size < 1 || !(next == end || goes_on)) {
      throw CLI::ValidationError(option, "'" + text + "', expected whole numbers from 1 on, as in 256,128");
    }
    sizes.push_back(size);
    at = goes_on ? next + 1 : end;
  }
  return sizes;
}

/// An option that takes such a list; help shows the sizes that are there already.
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

/// Refuses an option's value unless it is a whole number in [1, most].
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

/// Makes sure, before anything is computed, that a file can be written; no path means no file.
/// Throws FileError.
inline void check_writable(const std::filesystem::path& path) {
  if (path.empty()) return;
  const gradus::AtomicFile removed_at_once(path);
}

}  // namespace support
