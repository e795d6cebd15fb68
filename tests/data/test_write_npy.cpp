// SPDX-License-Identifier: MIT

#include <filesystem>

#include <doctest/doctest.h>

#include <gradus/data/npy.hpp>
#include <gradus/data/write_npy.hpp>

#include "../support/temporary_folder.hpp"

TEST_CASE("save_npy: pads the header to a multiple of 64 bytes, and replaces an existing file") {
  const gradus::test::TemporaryFolder folder("write_npy");
  const auto file = folder.path / "x.npy";
  gradus::save_npy(gradus::Tensor<float>{1, 2}, file);
  const gradus::Tensor<double> x{{1, 2, 3}};
  gradus::save_npy(x, file);
  CHECK(std::filesystem::file_size(file) % 64 == 24);
  CHECK(gradus::load_npy<double>(file) == x);
}
