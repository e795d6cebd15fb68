#!/bin/sh
# SPDX-License-Identifier: MIT
# pkg_config.sh PKG_CONFIG PREFIX COMPILER OUTPUT_DIRECTORY: builds a consumer with what gradus.pc says.
set -eu
export PKG_CONFIG_PATH="$2/share/pkgconfig"
mkdir -p "$4"
# The flags are words on purpose.
# shellcheck disable=SC2046
"$3" -std=c++20 "$(dirname "$0")/consumer/core.cpp" -o "$4/pkg_config" $("$1" --cflags --libs gradus)
"$4/pkg_config"
