// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <png.h>
#include <span>
#include <string>
#include <turbojpeg.h>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/positioned_file.hpp>
#include <gradus/core/tensor.hpp>

/// Reads images from PNG and JPEG files with libpng and libjpeg-turbo. Sizes are checked before decoding.
namespace support {

namespace detail {

inline constexpr std::uint64_t max_file_bytes = 64 << 20, max_pixels = 64 << 20;

[[noreturn]] inline void throw_image(const std::filesystem::path& path, const std::string& what) {
  throw gradus::FileError(gradus::path_text(path) + ": " + what);
}

inline std::vector<std::byte> read_image_file(const std::filesystem::path& path) {
  const gradus::PositionedFile file(path);
  if (file.size() > max_file_bytes)
    throw_image(path,
                std::to_string(file.size()) + " bytes, expected at most " + std::to_string(max_file_bytes));
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.size()));
  bytes.resize(file.read(0, bytes));
  return bytes;
}

/// Allocates the grey values. Throws FileError if the image has no pixels or too many.
inline gradus::Tensor<std::uint8_t> grey_pixels(const std::filesystem::path& path, std::uint64_t height,
                                                std::uint64_t width) {
  if (height == 0 || width == 0 || height > max_pixels / width) {
    throw_image(path, std::to_string(width) + " x " + std::to_string(height) + " pixels, expected 1 to " +
                          std::to_string(max_pixels));
  }
  return gradus::Tensor<std::uint8_t>(
      gradus::Shape{static_cast<gradus::Index>(height), static_cast<gradus::Index>(width)});
}

inline gradus::Tensor<std::uint8_t> decode_png(const std::filesystem::path& path,
                                               std::span<const std::byte> bytes, std::uint8_t background) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, void (*)(png_image*)> owner(&image, png_image_free);
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0)
    throw_image(path, "libpng: " + gradus::escaped(image.message));
  gradus::Tensor<std::uint8_t> pixels = grey_pixels(path, image.height, image.width);
  image.format = PNG_FORMAT_GRAY;
  const png_color behind{background, background, background};  // shown through transparent pixels
  if (png_image_finish_read(&image, &behind, pixels.data(), 0, nullptr) == 0 || image.warning_or_error != 0)
    throw_image(path, "libpng: " + gradus::escaped(image.message));
  return pixels;
}

inline gradus::Tensor<std::uint8_t> decode_jpeg(const std::filesystem::path& path,
                                                std::span<const std::byte> bytes) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  const auto check = [&](int status) {
    if (status != 0) throw_image(path, "libjpeg-turbo: " + gradus::escaped(tjGetErrorStr2(decoder.get())));
  };
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto size = static_cast<unsigned long>(bytes.size());
  int width = 0, height = 0, subsampling = 0, colours = 0;
  check(tjDecompressHeader3(decoder.get(), data, size, &width, &height, &subsampling, &colours));
  if (width < 1 || height < 1) check(-1);  // truncation at the start is only a warning
  gradus::Tensor<std::uint8_t> pixels =
      grey_pixels(path, static_cast<std::uint64_t>(height), static_cast<std::uint64_t>(width));
  // Warnings, for example about a truncated file, count as errors.
  check(tjDecompress2(decoder.get(), data, size, pixels.data(), width, 0, height, TJPF_GRAY,
                      TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT));
  return pixels;
}

/// Returns the part of source pixel j that lies in [begin, end).
inline double overlap(double begin, double end, gradus::Index j) {
  const double left = static_cast<double>(j);
  return std::max(0.0, std::min(end, left + 1) - std::max(begin, left));
}

}  // namespace detail

/// Reads a PNG or JPEG file, colour or grey, as `[height, width]` with 0 for black. `background` shows
/// through transparent pixels. Throws FileError.
inline gradus::Tensor<std::uint8_t> read_grey_image(const std::filesystem::path& path,
                                                    std::uint8_t background = 0) {
  const std::vector<std::byte> bytes = detail::read_image_file(path);
  const auto begins_with = [&](std::initializer_list<int> signature) {
    return std::equal(signature.begin(), signature.end(), bytes.begin(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), signature.size())),
                      [](int wanted, std::byte found) { return wanted == std::to_integer<int>(found); });
  };
  if (begins_with({0x89, 'P', 'N', 'G'})) return detail::decode_png(path, bytes, background);
  if (begins_with({0xff, 0xd8})) return detail::decode_jpeg(path, bytes);
  detail::throw_image(path, "not a PNG or JPEG file");
}

/// Removes the rows and columns at the edges that are black to within 5%, as was done for the data set (Xiao
/// et al., 2017). Returns an all-black image unchanged.
inline gradus::Tensor<std::uint8_t> trimmed(const gradus::Tensor<std::uint8_t>& image) {
  using gradus::Index;
  constexpr int dark = 255 / 20;
  Index top = image.shape()[0], bottom = 0, left = image.shape()[1], right = 0;
  for (Index i = 0; i < image.shape()[0]; ++i) {
    for (Index j = 0; j < image.shape()[1]; ++j) {
      if (image(i, j) <= dark) continue;
      top = std::min(top, i);
      bottom = std::max(bottom, i + 1);
      left = std::min(left, j);
      right = std::max(right, j + 1);
    }
  }
  if (top >= bottom) return image;
  gradus::Tensor<std::uint8_t> part(gradus::Shape{bottom - top, right - left});
  for (Index i = top; i < bottom; ++i) {
    for (Index j = left; j < right; ++j) part(i - top, j - left) = image(i, j);
  }
  return part;
}

/// Scales an image to `size` x `size` values from 0 to 1, each the mean of the area that it covers. The image
/// is centred along its shorter side, on black.
inline gradus::Tensor<float> fitted(const gradus::Tensor<std::uint8_t>& image, gradus::Index size) {
  using gradus::Index;
  const Index height = image.shape()[0], width = image.shape()[1], longer = std::max(height, width);
  const double scale = static_cast<double>(longer) / static_cast<double>(size);
  const double top = static_cast<double>(longer - height) / 2, left = static_cast<double>(longer - width) / 2;
  gradus::Tensor<float> result(gradus::Shape{1, size, size});
  for (Index y = 0; y < size; ++y) {
    const double y0 = static_cast<double>(y) * scale - top, y1 = y0 + scale;
    for (Index x = 0; x < size; ++x) {
      const double x0 = static_cast<double>(x) * scale - left, x1 = x0 + scale;
      double sum = 0;
      const auto first = [](double from) { return std::max(Index{0}, static_cast<Index>(std::floor(from))); };
      for (Index i = first(y0); i < height && static_cast<double>(i) < y1; ++i) {
        double row = 0;
        for (Index j = first(x0); j < width && static_cast<double>(j) < x1; ++j)
          row += detail::overlap(x0, x1, j) * image(i, j);
        sum += detail::overlap(y0, y1, i) * row;
      }
      result(0, y, x) = static_cast<float>(sum / (scale * scale * 255));
    }
  }
  return result;
}

}  // namespace support
