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
blocks=0
for page in docs/guide/*.md; do
  name=$(basename "$page" .md)
  awk -v out="$folder/$name" '
    /^```$/ && file != "" { close(file); file = "" }
    file != "" { print > file }
    /^```(cpp|c)$/ { file = out "_" ++n "." substr($0, 4) }' "$page"
  for source in "$folder/${name}"_*; do
    case $source in
      *.c) gcc -std=c99 $warnings -I"$folder" -fsyntax-only "$source" ;;
      *.cpp) "$cxx" -std=c++20 $warnings -Iinclude -isystem /usr/include/eigen3 -fsyntax-only "$source" ;;
      *) continue ;;
    esac
    blocks=$((blocks + 1))
  done
done
[ $blocks -gt 0 ] || { echo "check_guide: no blocks" >&2; exit 1; }
echo "check_guide: $blocks blocks compile"
