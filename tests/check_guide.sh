#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/check_guide.sh PROGRAM: compiles every C++ and C block in docs/guide. Each block is
# a complete source file. PROGRAM is the compiled tests/export/write_models, which writes the policy.h that the C blocks
# include.
set -eu

program=$1
cxx=${CXX:-g++}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$(dirname "$0")/.."
"$program" "$folder"

warnings="-Wall -Wextra -Wpedantic -Werror"
# Blocks that include distributed/ need the header of an MPI library.
mpi=$(pkg-config --cflags-only-I ompi-c 2>/dev/null || pkg-config --cflags-only-I mpich 2>/dev/null || true)
[ -n "$mpi" ] || echo "check_guide: MPI is absent: blocks that include gradus/distributed are not compiled" >&2
mpi=$(echo "$mpi" | sed 's/-I/-isystem /g')
blocks=0
for page in docs/guide/*.md; do
  name=$(basename "$page" .md)
  awk -v out="$folder/$name" '
    /^```$/ && file != "" { close(file); file = "" }
    file != "" { print > file }
    /^```(cpp|c)$/ { file = out "_" ++n "." substr($0, 4) }' "$page"
  for source in "$folder/${name}"_*; do
    if [ -z "$mpi" ] && grep -q 'gradus/distributed' "$source" 2> /dev/null; then continue; fi
    case $source in
      *.c | *.cpp) echo "$source" >> "$folder/sources" ;;
      *) continue ;;
    esac
    blocks=$((blocks + 1))
  done
done
[ $blocks -gt 0 ] || { echo "check_guide: no blocks" >&2; exit 1; }

# Most blocks include gradus/gradus.hpp, which takes most of the time to parse, so it is precompiled for them.
command="$cxx -std=c++20 $warnings -Iinclude -isystem /usr/include/eigen3 $mpi"
echo '#include <gradus/gradus.hpp>' > "$folder/all.hpp"
$command -x c++-header "$folder/all.hpp" -o "$folder/all.hpp.gch"
xargs -P "${JOBS:-$(nproc)}" -n 1 sh -c '
  command=$1 warnings=$2 folder=$3 source=$4
  case $source in
    *.c) exec gcc -std=c99 $warnings -I"$folder" -fsyntax-only "$source" ;;
  esac
  if grep -q "^#include <gradus/gradus.hpp>" "$source"; then command="$command -include $folder/all.hpp"; fi
  exec $command -fsyntax-only "$source"
' sh "$command" "$warnings" "$folder" < "$folder/sources"
echo "check_guide: $blocks blocks compile"
