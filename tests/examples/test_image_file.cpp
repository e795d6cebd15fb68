// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>

#include "../../examples/support/image_file.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using gradus::FileError;
using gradus::Index;
using gradus::Shape;
using gradus::Tensor;
using gradus::test::message_of;
using gradus::test::TemporaryFolder;
using gradus::test::write_file;

std::string png_bytes(unsigned width, unsigned height, std::uint32_t format,
                      const std::vector<std::uint8_t>& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  png_alloc_size_t size = 0;
  REQUIRE(png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr) != 0);
  std::string bytes(size, '\0');
  REQUIRE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr) != 0);
  return bytes;
}

std::string jpeg_bytes(int width, int height, const std::vector<std::uint8_t>& pixels) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;
  REQUIRE(tjCompress2(encoder, pixels.data(), width, 0, height, TJPF_RGB, &data, &size, TJSAMP_444, 100, 0) ==
          0);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  tjFree(data);
  tjDestroy(encoder);
  return bytes;
}

/// Returns the error message from reading these bytes, or an empty string.
std::string problem(const std::string& bytes) {
  const TemporaryFolder folder("image_file_problem");
  const auto path = write_file(folder.path / "file", bytes);
  const std::string text = message_of<FileError>([&] { support::read_grey_image(path); });
  return text.empty() ? text : text.substr(text.find("file: ") + 6);
}

/// Returns the CRC of a PNG chunk's type and data.
std::uint32_t crc(const std::string& text) {
  std::uint32_t sum = 0xffffffff;
  for (const char c : text) {
    sum ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) sum = sum & 1 ? sum >> 1 ^ 0xedb88320 : sum >> 1;
  }
  return ~sum;
}
std::string big_endian_text(std::uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xff);
  return text;
}

}  // namespace

TEST_CASE("read_grey_image: reads PNG in grey, in colour and with transparency") {
  const TemporaryFolder folder("image_file_png");
  const auto read = [&](const std::string& bytes, std::uint8_t background = 0) {
    return support::read_grey_image(write_file(folder.path / "file", bytes), background);
  };
  CHECK(read(png_bytes(3, 2, PNG_FORMAT_GRAY, {0, 10, 20, 128, 254, 255})) ==
        Tensor<std::uint8_t>{{0, 10, 20}, {128, 254, 255}});
  const Tensor<std::uint8_t> colour =
      read(png_bytes(3, 1, PNG_FORMAT_RGB, {255, 255, 255, 0, 255, 0, 0, 0, 255}));
  CHECK(colour(0, 0) == 255);
  CHECK(colour(0, 1) > colour(0, 2));  // green is brighter than blue
  const std::string clear = png_bytes(2, 1, PNG_FORMAT_GA, {200, 0, 77, 255});
  CHECK(read(clear) == Tensor<std::uint8_t>{{0, 77}});
  CHECK(read(clear, 255) == Tensor<std::uint8_t>{{255, 77}});
}

TEST_CASE("read_grey_image: reads JPEG") {
  const TemporaryFolder folder("image_file_jpeg");
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 16 * 8; ++i)
    pixels.insert(pixels.end(), 3, i % 16 < 8 ? std::uint8_t{250} : std::uint8_t{30});
  const auto image = support::read_grey_image(write_file(folder.path / "file", jpeg_bytes(16, 8, pixels)));
  REQUIRE(image.shape() == Shape{8, 16});
  CHECK(std::abs(image(3, 2) - 250) <= 2);
  CHECK(std::abs(image(3, 12) - 30) <= 2);
}

TEST_CASE("read_grey_image: truncated, foreign and too large files are refused") {
  CHECK(problem("") == "not a PNG or JPEG file");
  CHECK(problem("GIF89a") == "not a PNG or JPEG file");
  CHECK(problem("\x89PNG").starts_with("libpng: "));
  CHECK(problem("\xff\xd8").starts_with("libjpeg-turbo: "));
  const std::string png = png_bytes(3, 2, PNG_FORMAT_GRAY, {0, 10, 20, 128, 254, 255});
  REQUIRE(problem(png) == "");
  for (std::size_t size = 0; size + 12 < png.size(); ++size) CHECK(problem(png.substr(0, size)) != "");
  const std::string jpeg = jpeg_bytes(16, 8, std::vector<std::uint8_t>(3 * 16 * 8, 200));
  REQUIRE(problem(jpeg) == "");
  for (std::size_t size = 0; size + 3 < jpeg.size(); ++size) CHECK(problem(jpeg.substr(0, size)) != "");

  // The header of an image of 60000 x 60000 pixels.
  std::string header =
      "IHDR" + big_endian_text(60'000) + big_endian_text(60'000) + std::string("\x08\0\0\0\0", 5);
  const std::string signature("\x89PNG\r\n\x1a\n", 8);
  CHECK(problem(signature + big_endian_text(13) + header + big_endian_text(crc(header)) + png.substr(33)) ==
        "60000 x 60000 pixels, expected 1 to 67108864");
}

TEST_CASE("read_grey_image: any modified file is either read or refused") {
  const std::string files[] = {png_bytes(3, 2, PNG_FORMAT_GRAY, {0, 10, 20, 128, 254, 255}),
                               jpeg_bytes(16, 8, std::vector<std::uint8_t>(3 * 16 * 8, 200))};
  gradus::Generator random{1};
  for (int round = 0; round < 600; ++round) {
    std::string bytes = files[round % 2];
    bytes[random.next() % bytes.size()] = static_cast<char>(random.next() & 0xff);
    problem(bytes);
  }
}

TEST_CASE("trimmed: removes dark edges and leaves a dark image unchanged") {
  const Tensor<std::uint8_t> image{{12, 0, 12, 0}, {0, 13, 12, 0}, {0, 0, 200, 0}};
  CHECK(support::trimmed(image) == Tensor<std::uint8_t>{{13, 12}, {0, 200}});
  CHECK(support::trimmed(Tensor<std::uint8_t>{{12, 0}}) == Tensor<std::uint8_t>{{12, 0}});
}

TEST_CASE("fitted: averages areas and centres the image on black") {
  const auto close = [](float found, double expected) {
    return std::abs(static_cast<double>(found) - expected) < 1e-6;
  };
  const Tensor<std::uint8_t> square{{255, 0, 51, 51}, {255, 0, 51, 51}, {0, 0, 0, 0}, {0, 0, 0, 255}};
  const Tensor<float> smaller = support::fitted(square, 2);
  CHECK(smaller.shape() == Shape{1, 2, 2});
  CHECK(close(smaller(0, 0, 0), 0.5));
  CHECK(close(smaller(0, 0, 1), 0.2));
  CHECK(close(smaller(0, 1, 1), 0.25));
  const Tensor<float> wide =
      support::fitted(Tensor<std::uint8_t>{{255, 255, 255, 255}, {255, 255, 255, 255}}, 4);
  for (Index x = 0; x < 4; ++x) {
    CHECK(close(wide(0, 0, x), 0));
    CHECK(close(wide(0, 1, x), 1));
    CHECK(close(wide(0, 2, x), 1));
    CHECK(close(wide(0, 3, x), 0));
  }
  const Tensor<float> larger = support::fitted(Tensor<std::uint8_t>{{255}}, 28);
  for (const float pixel : larger) CHECK(close(pixel, 1));
}
