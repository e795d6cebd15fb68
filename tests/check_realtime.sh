#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs predictors under RealtimeSanitizer, which aborts a program that allocates, locks or
# waits in real-time code. Needs clang 20 or later; CLANG is the compiler. Run from the root of the repository.
set -eu
clang=${CLANG:-}
if [ -z "$clang" ]; then
  for version in 21 20; do command -v clang++-$version >/dev/null && clang=clang++-$version && break; done
fi
[ -n "$clang" ] || { echo "SKIPPED: RealtimeSanitizer needs clang 20 or later, which is not installed" >&2; exit 0; }
eigen=$(pkg-config --cflags-only-I eigen3 2>/dev/null || echo -I/usr/include/eigen3)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck disable=SC2086
"$clang" -std=c++20 -O1 -fsanitize=realtime -Iinclude $eigen tests/realtime/predictor.cpp -o "$folder/predictor"
"$folder/predictor"
if "$folder/predictor" allocate >"$folder/log" 2>&1; then
  echo "RealtimeSanitizer did not notice an allocation" >&2
  exit 1
fi
echo "RealtimeSanitizer notices an allocation"
