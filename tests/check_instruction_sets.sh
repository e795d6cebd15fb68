#!/bin/sh
# Compiles the tests of kernels and gradients without flags, for Haswell, for this machine and without SIMD, and runs each
# program once per instruction set that it can choose. Run from the root of the repository.
set -eu

check() { # check <name> <flags> <instruction set>...
  name=$1 flags=$2
  shift 2
  folder=build/kernels/$name
  cmake -S . -B "$folder" -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O0 $flags" -DGRADUS_BUILD_EXAMPLES=OFF \
    -DGRADUS_TEST_PACKAGE=OFF >"$folder.log" 2>&1 || { cat "$folder.log" >&2; return 1; }
  cmake --build "$folder" --target gradus_kernel_tests --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-2}" >"$folder.log" 2>&1 ||
    { cat "$folder.log" >&2; return 1; }
  for set in "$@"; do
    printf 'flags: %s, instruction set at most: %s\n' "${flags:-none}" "$set"
    GRADUS_INSTRUCTION_SET=$set "$folder/tests/gradus_kernel_tests" --no-version >"$folder.log" ||
      { cat "$folder.log" >&2; return 1; }
    grep 'test cases:' "$folder.log"
  done
}

mkdir -p build/kernels
check none "" sse2 avx2 avx512
check haswell -march=haswell avx2
check native -march=native avx512
check scalar -DEIGEN_DONT_VECTORIZE scalar
