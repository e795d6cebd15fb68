#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs clang-tidy with .clang-tidy on all headers and fails on any finding. The headers are
# divided among a few translation units, because every unit parses Eigen and the standard library again.
#
# CLANG_TIDY is the program, JOBS the number of parallel runs.
set -eu
cd "$(dirname "$0")/.."
tidy=${CLANG_TIDY:-clang-tidy-19}
jobs=${JOBS:-$(nproc)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

include() { # include <unit> <header>...
  unit=$work/$1.cpp
  shift
  for header; do echo "#include <${header#include/}>"; done >> "$unit"
}
find include/gradus -name '*.hpp' | sort > "$work/headers"
include first $(grep -E '/(core|ops)/' "$work/headers")
include second $(grep -v -E '/(core|ops)/' "$work/headers")
[ "$(cat "$work"/*.cpp | wc -l)" -eq "$(wc -l < "$work/headers")" ] || { echo "a header is in no unit" >&2; exit 1; }

eigen=$(pkg-config --cflags-only-I eigen3 | sed 's/-I/-isystem /g')
# The include flags of an MPI library, for distributed/. Without such a library, the headers of distributed/ are left
# out.
mpi=$(pkg-config --cflags-only-I ompi-c 2>/dev/null || pkg-config --cflags-only-I mpich 2>/dev/null || true)
mpi=$(echo "$mpi" | sed 's/-I/-isystem /g')
if [ -z "$mpi" ]; then
  echo "check_clang_tidy: MPI is absent: the headers of distributed/ are not checked" >&2
  sed -i '/distributed/d' "$work"/*.cpp
fi
# The configuration file is named explicitly, because the sources are in a temporary folder.
find "$work" -name '*.cpp' | xargs -P "$jobs" -n 1 sh -c '
  tidy=$1 config=$2 eigen=$3 source=$4
  exec "$tidy" --quiet --config-file="$config" "$source" -- -std=c++20 -Iinclude $eigen
' sh "$tidy" "$PWD/.clang-tidy" "$eigen $mpi -DOMPI_SKIP_MPICXX -DMPICH_SKIP_MPICXX"
