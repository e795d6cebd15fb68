#!/bin/sh
# SPDX-License-Identifier: MIT
# check_instruction_sets.sh TEST_PROGRAM [--compile]: runs the tests of kernels and gradients once per instruction set.
# TEST_PROGRAM, compiled without flags, can choose among all of them. With --compile, also compiles these tests for
# Haswell, for this machine and without SIMD, and runs each program. Run from the root of the repository.
set -eu
program=$1
compile=${2:-}
mkdir -p build/kernels

run() { # run <program> <flags> <instruction set> <doctest argument>...
  program=$1 flags=$2 set=$3 log=build/kernels/run.log
  shift 3
  printf 'flags: %s, instruction set at most: %s\n' "$flags" "$set"
  GRADUS_INSTRUCTION_SET=$set "$program" --no-version "$@" >"$log" || { cat "$log" >&2; return 1; }
  grep -E 'test cases: +[1-9]' "$log"
}

compile_and_run() { # compile_and_run <name> <flags> <instruction set>
  folder=build/kernels/$1
  cmake -S . -B "$folder" -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O0 $2" -DGRADUS_BUILD_EXAMPLES=OFF \
    -DGRADUS_TEST_PACKAGE=OFF >"$folder.log" 2>&1 || { cat "$folder.log" >&2; return 1; }
  cmake --build "$folder" --target gradus_kernel_tests --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-2}" >"$folder.log" 2>&1 ||
    { cat "$folder.log" >&2; return 1; }
  run "$folder/tests/gradus_kernel_tests" "$2" "$3"
}

# The sources of gradus_kernel_tests in tests/CMakeLists.txt.
sources='*/tests/core/simd/*,*/tests/ops/*,*/tests/nn/test_gradient*,*/tests/optim/test_adam.cpp,*/tests/optim/test_sgd.cpp'
for name in arithmetic broadcast elementwise losses matmul pow reduction selection shape_ops softmax; do
  sources="$sources,*/tests/autograd/test_$name.cpp"
done
for set in sse2 avx2 avx512; do run "$program" none "$set" --source-file="$sources"; done
[ "$compile" = --compile ] || exit 0
compile_and_run haswell -march=haswell avx2
compile_and_run native -march=native avx512
compile_and_run scalar -DEIGEN_DONT_VECTORIZE scalar
