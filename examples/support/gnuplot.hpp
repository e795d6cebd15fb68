// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <gradus/core/atomic_file.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/file.hpp>
#include <gradus/data/byte_source.hpp>

#include "broken_pipe.hpp"
#include "program.hpp"

/// Draws pictures with the program gnuplot.
namespace support {

/// Quotes text as a gnuplot string.
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

/// Returns whether gnuplot accepted the whole script. Returns false if gnuplot is missing or exits early,
/// which does not end this program.
inline bool run_gnuplot(const std::string& script) {
  std::FILE* const gnuplot = open_gnuplot();  // gnuplot inherits this thread's unmodified signals
  if (gnuplot == nullptr) return false;
  const SurviveBrokenPipe writing;
  const bool taken = std::fwrite(script.data(), 1, script.size(), gnuplot) == script.size();
  return close_gnuplot(gnuplot) == 0 && taken;
}

}  // namespace detail

/// Checks early that a picture can be drawn; an empty path means no picture. Throws FileError unless gnuplot
/// is installed, the file can be written and its name has a supported extension.
inline void check_drawable(const std::filesystem::path& path, bool svg_too = true) {
  if (path.empty()) return;
  if (path.extension() != ".png" && !(svg_too && path.extension() == ".svg")) {
    throw gradus::FileError(gradus::path_text(path) + ": expected a name that ends in " +
                            (svg_too ? ".svg or " : "") + ".png");
  }
  check_writable(path);
  if (std::system(detail::gnuplot_probe) != 0) {
    throw gradus::FileError(gradus::path_text(path) + ": needs gnuplot, which is not installed");
  }
}

/// A new temporary folder, removed with its contents by the destructor.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::random_device random;
    do {
      path_ = std::filesystem::temp_directory_path() / ("gradus-figure-" + std::to_string(random()));
    } while (!std::filesystem::create_directory(path_));
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Copies a file through AtomicFile, which follows links and keeps permissions. Throws FileError.
inline void publish(const std::filesystem::path& from, const std::filesystem::path& to) {
  gradus::PlainFile source(from);
  std::vector<std::byte> bytes(static_cast<std::size_t>(source.bound()));
  bytes.resize(source.read(bytes));
  gradus::AtomicFile file(to);
  file.write(bytes);
  file.commit();
}

/// Runs a script that draws a picture of `width` by `height` pixels. The file appears once it is complete.
/// Text is `enhanced`, so that 10^{-3} becomes a power; literal text needs `noenhanced`. Throws FileError.
inline void draw(const std::filesystem::path& path, int width, int height, const std::string& script) {
  // pngcairo takes its size in points, svg in pixels.
  const std::string terminal = path.extension() == ".svg" ? "svg" : "pngcairo fontscale 0.75";
  const ScratchFolder folder;
  const std::filesystem::path unfinished = folder.path() / "figure";
  const bool drawn = detail::run_gnuplot(
      "set terminal " + terminal + " enhanced size " + std::to_string(width) + "," + std::to_string(height) +
      " background 'white' font ',14'\nset encoding utf8\nset output " + gnuplot_string(unfinished.string()) +
      "\n" + script + "\nunset output\n");
  if (!drawn) throw gradus::FileError(gradus::path_text(path) + ": gnuplot could not draw it");
  publish(unfinished, path);
}

}  // namespace support
