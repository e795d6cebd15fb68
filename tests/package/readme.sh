#!/bin/sh
# SPDX-License-Identifier: MIT
# readme.sh SOURCE PREFIX COMPILER OUTPUT_DIRECTORY: follows the instructions in README.md
# and docs/guide/install.md, using their code blocks. Builds README.md's first program with FetchContent and by hand,
# and runs it on a small data set. For find_package it builds a smaller program that links the same component;
# package.headers checks that the headers are the same.
set -eu
source=$1
prefix=$2
compiler=$3
work=$4
rm -rf "$work"
mkdir -p "$work/app" "$work/data"

# block <name>: prints the block of README.md or docs/guide/install.md between `<!-- test:NAME -->` and
# `<!-- /test:NAME -->`.
block() {
  sed -n "/<!-- test:$1 -->/,/<!-- \/test:$1 -->/p" "$source/README.md" "$source/docs/guide/install.md" | sed -e '/^<!--/d' -e '/^```/d' > "$work/block"
  [ -s "$work/block" ] || { echo "README.md has no block $1" >&2; exit 1; }
  cat "$work/block"
}

# Sixteen black images of class 0, for training and for testing.
for half in train t10k; do
  { printf '\0\0\010\003\0\0\0\020\0\0\0\034\0\0\0\034'; head -c 12544 /dev/zero; } > "$work/data/$half-images-idx3-ubyte"
  { printf '\0\0\010\001\0\0\0\020'; head -c 16 /dev/zero; } > "$work/data/$half-labels-idx1-ubyte"
done
FASHION_MNIST_DIR=$work/data
export FASHION_MNIST_DIR

run() {
  "$1" > "$work/lines"
  grep -q '^epoch 10, train loss ' "$work/lines" || { echo "$1 printed:" >&2; cat "$work/lines" >&2; exit 1; }
}

cd "$work/app"
ln -s "$source" gradus
block main.cpp > main.cpp

block CMakeLists.txt > CMakeLists.txt
cmake -S . -B fetched "-DCMAKE_CXX_COMPILER=$compiler"
cmake --build fetched
run fetched/my_program

# Replaces the FetchContent lines with the find_package line.
mkdir installed
cp "$source/tests/package/consumer/download.cpp" installed/main.cpp
block find_package > line
sed -e '/^FetchContent_Declare/d' -e '/^FetchContent_MakeAvailable/d' -e '/^include(FetchContent)/r line' \
  -e '/^include(FetchContent)/d' CMakeLists.txt > installed/CMakeLists.txt
cmake -S installed -B installed/build "-DCMAKE_CXX_COMPILER=$compiler" "-DCMAKE_PREFIX_PATH=$prefix"
cmake --build installed/build
installed/build/my_program

# Without CMake, with this compiler in place of g++. The last -O option wins: -O0 is enough here, because the test is
# about the command, not the optimiser.
block command > command
if [ -d /usr/include/eigen3 ]; then
  sed -i "s#^g++ .*#& -O0#; s#^g++ #'$compiler' #" command
  sh -eu ./command
  run ./my_program
fi
