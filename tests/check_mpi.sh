#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/check_mpi.sh [openmpi|mpich]...: builds the tests of training with MPI and runs them at 1, 2, 3 and 4 processes.
# The MPI libraries that are named must be installed; without arguments those that are. Run by .ci/run.
set -eu
cd "$(dirname "$0")/.."

wanted=$*
if [ -z "$wanted" ]; then
  for name in openmpi mpich; do
    if command -v "mpicxx.$name" > /dev/null; then wanted="$wanted $name"; fi
  done
  [ -n "$wanted" ] || {
    echo "check_mpi: SKIPPED: MPI is absent: neither mpicxx.openmpi nor mpicxx.mpich is installed" >&2
    exit 0
  }
fi

for name in $wanted; do
  for program in "mpicxx.$name" "mpirun.$name"; do
    command -v "$program" > /dev/null || {
      echo "check_mpi: MPI is absent: $program is not installed (Debian: openmpi-bin libopenmpi-dev mpich libmpich-dev)" >&2
      exit 1
    }
  done
  echo "check_mpi: $name"
  build=build/mpi/$name
  mkdir -p build/mpi
  # Without flags: nothing is optimised, and ccache finds what the other library has compiled.
  cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=None -DGRADUS_USE_MPI=ON -DGRADUS_BUILD_EXAMPLES=OFF \
    -DGRADUS_TEST_PACKAGE=OFF -DGRADUS_WARNINGS_AS_ERRORS="${GRADUS_WARNINGS_AS_ERRORS:-OFF}" \
    -DMPI_CXX_COMPILER="$(command -v "mpicxx.$name")" -DMPIEXEC_EXECUTABLE="$(command -v "mpirun.$name")" > "$build.log" 2>&1 ||
    { cat "$build.log" >&2; exit 1; }
  cmake --build "$build" --target gradus_mpi_tests gradus_mpi_job --parallel "${JOBS:-$(nproc)}"
  ctest --test-dir "$build" --label-regex '^mpi$' --no-tests=error --output-on-failure
done
echo "check_mpi: passed with $wanted"
