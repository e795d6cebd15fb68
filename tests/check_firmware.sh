#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/check_firmware.sh PROGRAM [FOLDER]: compiles the C headers written by
# tests/export/write_models as C99 and C++11 with each compiler, and for a Cortex-M4. Runs all builds, the last one
# under QEMU, and compares each output with that of the network in double. Prints the sizes of code and constants for
# the Cortex-M4.
#
# PROGRAM is the compiled write_models. A missing tool is a failure unless GRADUS_ALLOW_MISSING_TOOLS is set.
set -eu

program=$1
folder=${2:-$(mktemp -d)}
source=$(cd "$(dirname "$0")" && pwd)/export
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion -Werror"
cortex="-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16"
checked=0

has() {
  for tool in "$@"; do
    if ! command -v "$tool" >/dev/null; then
      echo "check_firmware: $tool is missing" >&2
      [ -n "${GRADUS_ALLOW_MISSING_TOOLS:-}" ] || exit 1
      return 1
    fi
  done
}

# write_rows MODEL TYPE SUFFIX: writes the model's input as an array to rows.h.
write_rows() {
  inputs=$(sed -n 's/^#define .*_INPUTS //p' "$folder/$1.h")
  outputs=$(sed -n 's/^#define .*_OUTPUTS //p' "$folder/$1.h")
  {
    echo "#define NUMBER $2"
    echo "#define OUTPUTS $outputs"
    echo "#define ROWS 3"
    echo "static const $2 rows[3][$inputs] = {"
    awk -v n="$inputs" -v suffix="$3" '{ if (NR % n == 1) printf "{"; x = $1; if (x !~ /[.e]/) x = x ".0";
      printf "%s%s%s", x, suffix, NR % n == 0 ? "},\n" : ", " }' "$folder/$1.x"
    echo "};"
  } >"$folder/rows.h"
}

# compare MODEL LABEL BOUND: each number of $folder/out must be within BOUND times the largest output.
compare() {
  paste "$folder/out" "$folder/$1.y" | awk -v bound="$3" -v label="$1, $2" '
    { d = $1 - $2; if (d < 0) d = -d; if (!(d <= worst)) worst = d
      a = $2 < 0 ? -$2 : $2; if (a > largest) largest = a; if (NF != 2) bad = 1 }
    END { if (largest < 1) largest = 1
      printf "%-52s largest difference %.2g, allowed %.2g\n", label, worst, bound * largest
      exit !(NR > 0 && !bad && worst <= bound * largest) }'
  checked=$((checked + 1))
}

failed() {
  echo "check_firmware: $1, $2: the program failed:" >&2
  tail -n 3 "$folder/out" >&2
  exit 1
}

# build COMPILER...: compiles for the network $model.
build() {
  "$@" -DMODEL="$model" -DMODEL_HEADER="\"$model.h\"" -I"$folder"
}

"$program" "$folder"
for model in every_module policy categories every_module_double policy_double categories_double; do
  case $model in
    *_double) type=double suffix= bound=1e-13 ;;
    *) type=float suffix=F bound=1e-5 ;;
  esac
  write_rows $model $type "$suffix"
  for compiler in "gcc -std=c99" "clang -std=c99" "g++ -x c++ -std=c++11" "clang++ -x c++ -std=c++11"; do
    has "${compiler%% *}" || continue
    # shellcheck disable=SC2086
    build $compiler -O2 $warnings "$source/driver.c" -o "$folder/run" -lm
    "$folder/run" >"$folder/out" || failed $model "$compiler"
    compare $model "$compiler" $bound
  done
  has arm-none-eabi-gcc qemu-system-arm || continue
  # shellcheck disable=SC2086
  build arm-none-eabi-gcc -std=c99 $cortex -Os -ffunction-sections -Wl,--gc-sections $warnings --specs=rdimon.specs \
    -nostartfiles -T "$source/cortex_m4.ld" "$source/startup.c" "$source/driver.c" -o "$folder/run.elf" -lm
  timeout 300 qemu-system-arm -M mps2-an386 -cpu cortex-m4 -nographic -semihosting-config enable=on,target=native \
    -kernel "$folder/run.elf" </dev/null >"$folder/out" || failed $model QEMU
  compare $model "Cortex-M4 (arm-none-eabi-gcc -Os, QEMU)" $bound
  # Measures only the network, without the C library.
  printf '#include "%s.h"\nvoid use(const %s *in, %s *out);\nvoid use(const %s *in, %s *out) { %s(in, out); }\n' \
    $model $type $type $type $type $model >"$folder/alone.c"
  # shellcheck disable=SC2086
  arm-none-eabi-gcc -std=c99 $cortex -Os $warnings -I"$folder" -c "$folder/alone.c" -o "$folder/alone.o"
  arm-none-eabi-size -A "$folder/alone.o" | awk -v model=$model '
    /^\.text/ { code += $2 } /^\.rodata/ { constants += $2 } /^\.(data|bss)/ { memory += $2 }
    END { printf "%-52s code %d, constants %d, static memory %d bytes\n", model ", Cortex-M4", code, constants, memory }'
done
[ $checked -gt 0 ] || { echo "check_firmware: nothing was checked" >&2; exit 1; }
echo "check_firmware: $checked programs agree with double"
