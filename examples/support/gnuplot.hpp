#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <gradus/core/error.hpp>

#include "program.hpp"

/// Pictures through the program gnuplot.
namespace support {

/// A string expression of gnuplot's language.
inline std::string gnuplot_string(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += c == '\n' ? std::string("'.\"\\n\".'") : std::string(1, c);
  }
  return result + "'";
}

namespace detail {

#if defined(_WIN32)
inline constexpr const char* gnuplot_probe = "gnuplot --version > NUL 2>&1";
inline std::FILE* open_gnuplot() { return _popen("gnuplot 2> NUL", "w"); }
inline int close_gnuplot(std::FILE* gnuplot) { return _pclose(gnuplot); }
#else
inline constexpr const char* gnuplot_probe = "gnuplot --version > /dev/null 2>&1";
inline std::FILE* open_gnuplot() { return popen("gnuplot 2> /dev/null", "w"); }
inline int close_gnuplot(std::FILE* gnuplot) { return pclose(gnuplot); }
#endif

/// Whether gnuplot took the whole script without complaint.
inline bool run_gnuplot(const std::string& script) {
  std::FILE* const gnuplot = open_gnuplot();
  if (gnuplot == nullptr) return false;
  const bool taken = std::fwrite(script.data(), 1, script.size(), gnuplot) == script.size();
  return close_gnuplot(gnuplot) == 0 && taken;
}

}  // namespace detail

/// Makes sure, before anything is computed, that a picture can be drawn; no path means no picture. Throws
/// FileError unless gnuplot is installed, the file can be written and its name ends in one of the formats.
inline void check_drawable(const std::filesystem::path& path, bool svg_too = true) {
  if (path.empty()) return;
  if (path.extension() != ".png" && !(svg_too && path.extension() == ".svg")) {
    throw gradus::FileError(path.string() + ": expected a name that ends in " + (svg_too ? ".svg or " : "") +
                            ".png");
  }
  check_writable(path);
  if (std::system(detail::gnuplot_probe) != 0) {
    throw gradus::FileError(path.string() + ": needs gnuplot, which is not installed");
  }
}

/// Runs a script that draws a picture of `width` times `height` pixels. The file appears when it is complete.
/// Text is `enhanced`, so that 10^{-3} is a power; what is to be taken literally says `noenhanced`. Throws
/// FileError.
inline void draw(const std::filesystem::path& path, int width, int height, const std::string& script) {
  const std::string terminal = path.extension() == ".svg" ? "svg" : "pngcairo";
  std::filesystem::path unfinished = path;
  unfinished += ".tmp";
  const bool drawn = detail::run_gnuplot(
      "set terminal " + terminal + " enhanced size " + std::to_string(width) + "," + std::to_string(height) +
      " background 'white' font ',14'\nset encoding utf8\nset output " + gnuplot_string(unfinished.string()) +
      "\n" + script + "\nunset output\n");
  std::error_code error;
  if (drawn) std::filesystem::rename(unfinished, path, error);
  if (!drawn || error) {
    std::filesystem::remove(unfinished, error);
    throw gradus::FileError(path.string() + ": gnuplot could not draw it");
  }
}

}  // namespace support
