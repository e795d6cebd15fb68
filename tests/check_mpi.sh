#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/check_mpi.sh [openmpi|mpich]...: builds what uses MPI and runs it: the tests of training at 1, 2, 3 and 4 processes,
# the main example, the benchmark of exchanges, and a project that finds the installed package with its component mpi.
# The MPI libraries that are named must be installed. Without arguments, all that are installed are used. Run by .ci/run.
set -eu
cd "$(dirname "$0")/.."

is_installed() { command -v "mpicxx.$1" > /dev/null && command -v "mpirun.$1" > /dev/null; }
wanted=$*
if [ -z "$wanted" ]; then
  for name in openmpi mpich; do
    if is_installed "$name"; then wanted="$wanted $name"; fi
  done
fi
missing=
for name in openmpi mpich; do
  if is_installed "$name"; then continue; fi
  echo "check_mpi: MPI is absent: mpicxx.$name or mpirun.$name is not installed (Debian: openmpi-bin libopenmpi-dev mpich libmpich-dev)" >&2
  case " $wanted " in *" $name "*) missing="$missing $name" ;; *) echo "check_mpi: SKIPPED: $name" >&2 ;; esac
done
[ -z "$missing" ] || exit 1
[ -n "$wanted" ] || exit 0

run_with() { # run_with NAME N PROGRAM...
  library=$1 n=$2
  shift 2
  case $library in openmpi) set -- --oversubscribe --allow-run-as-root -n "$n" "$@" ;; *) set -- -n "$n" "$@" ;; esac
  timeout 60 "mpirun.$library" "$@" < /dev/null
}

for name in $wanted; do
  echo "check_mpi: $name"
  build=build/mpi/$name
  compiler=$(command -v "mpicxx.$name")
  mkdir -p build/mpi
  # Without flags: nothing is optimised, and ccache finds what the other library has compiled.
  cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=None -DGRADUS_USE_MPI=ON -DGRADUS_BUILD_BENCHMARKS=ON -DGRADUS_TEST_PACKAGE=OFF \
    -DGRADUS_WARNINGS_AS_ERRORS="${GRADUS_WARNINGS_AS_ERRORS:-OFF}" -DMPI_CXX_COMPILER="$compiler" \
    -DMPIEXEC_EXECUTABLE="$(command -v "mpirun.$name")" > "$build.log" 2>&1 ||
    { cat "$build.log" >&2; exit 1; }
  cmake --build "$build" --target gradus_mpi_tests gradus_mpi_job fashion_mnist_mlp scaling_mpi --parallel "${JOBS:-$(nproc)}"
  ctest --test-dir "$build" --label-regex '^mpi$' --no-tests=error --output-on-failure

  echo "check_mpi: $name: the main example"
  case $name in openmpi) options="--oversubscribe --allow-run-as-root --bind-to none" ;; *) options= ;; esac
  sh tests/distributed/program.sh "$build/examples/fashion_mnist_mlp" "mpirun.$name" $options

  echo "check_mpi: $name: the benchmark"
  run_with "$name" 3 "$build/benchmarks/scaling_mpi" --quick > "$build.log"
  grep '203530 parameters: computation' "$build.log" || { cat "$build.log" >&2; exit 1; }

  echo "check_mpi: $name: find_package(gradus COMPONENTS mpi)"
  rm -rf "$build-prefix" "$build-package"
  cmake --install "$build" --prefix "$build-prefix" > "$build.log"
  cmake -S tests/package/mpi -B "$build-package" -DCMAKE_PREFIX_PATH="$PWD/$build-prefix" -DMPI_CXX_COMPILER="$compiler" >> "$build.log"
  cmake --build "$build-package" >> "$build.log"
  result=$(run_with "$name" 3 "$build-package/mpi_consumer")
  [ "$result" = "sum of ranks: 3" ] || { echo "check_mpi: the package's program printed '$result'" >&2; exit 1; }
done

case $wanted in
  *openmpi*mpich* | *mpich*openmpi*)
    echo "check_mpi: the mpirun of another library"
    for pair in openmpi:mpich mpich:openmpi; do
      log=build/mpi/mismatch.log
      ! run_with "${pair#*:}" 2 "build/mpi/${pair%:*}/tests/gradus_mpi_job" curve > "$log" 2>&1 ||
        { echo "check_mpi: a program of ${pair%:*} runs under mpirun.${pair#*:}" >&2; exit 1; }
      grep -m 1 'the launcher has started 2 processes, but the MPI library sees 1;' "$log" || { cat "$log" >&2; exit 1; }
    done
    ;;
esac
echo "check_mpi: passed with $wanted"
