#!/bin/sh
# SPDX-License-Identifier: MIT
# Trains the same networks with several compilers, flags and instruction sets. Checks that all builds with fused
# multiply-adds give the same weights, bit for bit, and that all builds without them do so too. Run from the root of the
# repository.
set -eu

folder=build/same_weights
mkdir -p "$folder"
rm -f "$folder"/*.txt
eigen=$(pkg-config --cflags-only-I eigen3 2>/dev/null || echo -I/usr/include/eigen3)

check() { # check <compiler> <flags> <instruction set>...
  compiler=$1 flags=$2
  shift 2
  command -v "$compiler" >/dev/null || { echo "$compiler is not installed" >&2; return 1; }
  # shellcheck disable=SC2086
  "$compiler" -std=c++20 $flags -Iinclude $eigen -pthread tests/reproducible/weight_hash.cpp -o "$folder/weight_hash"
  for set in "$@"; do
    hash=$(GRADUS_INSTRUCTION_SET=$set "$folder/weight_hash")
    printf '%s  %s %s, at most %s\n' "$hash" "$compiler" "$flags" "$set"
    case $set in
      sse2) echo "$hash" >>"$folder/separate.txt" ;;
      *) echo "$hash" >>"$folder/fused.txt" ;;
    esac
  done
}

grep -q -w avx2 /proc/cpuinfo || { echo "this processor has no AVX2, so there is nothing to compare" >&2; exit 0; }
check g++ -O2 sse2 avx2 avx512
check g++ "-O2 -march=haswell" avx2
check g++ "-O3 -march=native" avx512
if command -v clang++ >/dev/null; then check clang++ -O2 sse2 avx2 avx512; fi
for kind in fused separate; do
  [ "$(sort -u "$folder/$kind.txt" | wc -l)" = 1 ] || { echo "the weights differ" >&2; exit 1; }
done
