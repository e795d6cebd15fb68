#!/bin/sh
# SPDX-License-Identifier: MIT
# pkg_config.sh PKG_CONFIG PREFIX COMPILER OUTPUT_DIRECTORY: builds a consumer with the
# flags from gradus.pc.
set -eu
export PKG_CONFIG_PATH="$2/share/pkgconfig"
mkdir -p "$4"
# The flags are split into words on purpose. shellcheck disable=SC2046
"$3" -std=c++20 "$(dirname "$0")/consumer/core.cpp" -o "$4/pkg_config" $("$1" --cflags --libs gradus)
"$4/pkg_config"
