#!/bin/sh
# SPDX-License-Identifier: MIT
# program.sh WRITE_MODELS GRADUS_EXPORT: checks that gradus-export turns a saved network,
# and an ONNX file of it, into the same header as export_c, and that it refuses what it cannot read.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" "$folder"
export=$2
mkdir "$folder/out"
for model in policy every_module categories; do
  "$export" "$folder/$model.safetensors" -o "$folder/out/$model.h"
  cmp "$folder/$model.h" "$folder/out/$model.h"
done
"$export" "$folder/every_module_double.safetensors" -o "$folder/out/every_module_double.h" --double
cmp "$folder/every_module_double.h" "$folder/out/every_module_double.h"
"$export" "$folder/policy.onnx" -o "$folder/out/policy.h"
cmp "$folder/policy.h" "$folder/out/policy.h"
"$export" "$folder/policy.onnx" -o "$folder/out/other.h" --name act
grep -q "void act(const float in\[48\], float out\[12\])" "$folder/out/other.h"

echo text >"$folder/text.onnx"
for arguments in "" "$folder/policy.onnx" "$folder/text.onnx -o $folder/out/x.h" "$folder/missing.safetensors -o $folder/out/x.h" \
  "$folder/policy.onnx -o $folder/out/2.h" "$folder/policy.onnx -o $folder/out/x.h --no-such-option"; do
  # shellcheck disable=SC2086
  if "$export" $arguments 2>"$folder/message"; then
    echo "gradus-export accepts: $arguments" >&2
    exit 1
  fi
  [ -s "$folder/message" ]
done
"$export" --help | grep -q -e --double
echo "gradus-export agrees with export_c"
