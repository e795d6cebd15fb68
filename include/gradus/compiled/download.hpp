// SPDX-License-Identifier: MIT

#pragma once

/// What the CMake target gradus::compiled_download has in its library: the download of Fashion-MNIST. See
/// gradus/compiled.hpp.

#include <filesystem>

#include <gradus/data/download.hpp>

namespace gradus::detail {

extern template Dataset<> fetch(Split, const std::filesystem::path&, const DownloadOptions&);

}  // namespace gradus::detail
