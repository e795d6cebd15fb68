#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/distributed/program.sh FASHION_MNIST_MLP MPIRUN [OPTION...]: runs the program on a small data set and checks that 1
# and 3 processes print the same lines, that it warns if processes have too few cores, and that Ctrl-C ends it after a step
# from which it continues.
set -eu

program=$1
shift
mpirun=$*
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
limit=60 # seconds; a hang would last for ever

fail() {
  echo "program.sh: $1" >&2
  for file in "$work"/*.out "$work"/*.err; do
    echo "$file:" >&2
    cat "$file" >&2
  done
  exit 1
}

# ---- images with 10 stripes, one of which is bright, in the format of Fashion-MNIST ----

images() { # images NAME COUNT BYTES_OF_COUNT SEED
  {
    printf '\000\000\010\003'"$3"'\000\000\000\034\000\000\000\034'
    LC_ALL=C awk -v count="$2" -v seed="$4" 'BEGIN {
      for (i = 0; i < count; ++i)
        for (j = 0; j < 784; ++j) {
          seed = (seed * 16807) % 2147483647
          printf "%c", 1 + seed % 120 + (int(j / 78.4) == i % 10 ? 60 : 0)
        }
    }'
  } > "$work/data/$1-images-idx3-ubyte"
  {
    printf '\000\000\010\001'"$3"
    LC_ALL=C awk -v count="$2" 'BEGIN { for (i = 0; i < count; ++i) printf "%d", i % 10 }' | tr '0-9' '\000-\011'
  } > "$work/data/$1-labels-idx1-ubyte"
}
mkdir "$work/data"
images train 500 '\000\000\001\364' 1
images t10k 100 '\000\000\000\144' 2
set -- --data "$work/data" --hidden 16 --batch-size 50 --dropout 0.2 --momentum 0.5

# launch NAME N ARGUMENT...: output in $work/NAME.out and NAME.err.
launch() {
  name=$1 n=$2
  shift 2
  timeout "$limit" $mpirun -n "$n" "$program" "$@" > "$work/$name.out" 2> "$work/$name.err" < /dev/null
}

# Without the progress bar: Open MPI gives the processes a terminal.
lines() { sed 's/.*\r//' "$work/$1.out"; }

# ---- the same lines, once ----

"$program" "$@" --epochs 2 > "$work/alone.out" 2> "$work/alone.err" || fail "the program fails alone"
for n in 1 3; do
  launch "$n" "$n" "$@" --epochs 2 || fail "$n processes fail"
  [ "$(lines alone)" = "$(lines "$n")" ] || fail "$n processes print other lines than the program alone"
  [ "$(lines "$n" | grep -c '^epoch [12], train')" -eq 2 ] || fail "$n processes do not print one line per epoch"
  echo "$n processes print:"
  lines "$n"
done

# ---- cores ----

cores=$(sed -n 's/^Cpus_allowed_list:[^0-9]*//p' /proc/self/status) # such as 0-3,8
first=${cores%%[-,]*} last=${cores##*[-,]}
timeout "$limit" taskset -c "$first" $mpirun -n 2 "$program" "$@" --epochs 1 > "$work/shared.out" 2> "$work/shared.err" < /dev/null ||
  fail "2 processes on a core fail"
[ "$(grep -c 'warning: 2 processes with 2 threads on 1 core: they will wait' "$work/shared.err")" -eq 1 ] ||
  fail "2 processes on a core do not print one warning"
if [ "$first" != "$last" ]; then
  # Each process on a core of its own, as a launcher may bind it.
  cat > "$work/bound" << END
#!/bin/sh
core=$first
[ "\${OMPI_COMM_WORLD_RANK:-\$PMI_RANK}" -eq 0 ] || core=$last
exec taskset -c \$core "$program" "\$@"
END
  chmod +x "$work/bound"
  timeout "$limit" $mpirun -n 2 "$work/bound" "$@" --epochs 1 > "$work/bound.out" 2> "$work/bound.err" < /dev/null ||
    fail "2 processes on 2 cores fail"
  ! grep -q warning "$work/bound.err" || fail "2 processes on 2 cores print a warning"
  timeout "$limit" $mpirun -n 2 "$work/bound" "$@" --epochs 1 --threads 2 > "$work/bound.out" 2> "$work/bound.err" < /dev/null ||
    fail "4 threads on 2 cores fail"
  grep -q 'warning: 2 processes with 4 threads on 2 cores' "$work/bound.err" || fail "4 threads on 2 cores print no warning"
else
  echo "program.sh: SKIPPED: processes on different cores: there is one core" >&2
fi
cat "$work/shared.err"

# ---- launchers ----

status=0
env SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=4 "$program" "$@" --epochs 1 > "$work/srun.out" 2> "$work/srun.err" || status=$?
[ "$status" -ne 0 ] || fail "4 processes of srun train 4 networks"
grep 'has started 4 processes, but the MPI library sees 1;' "$work/srun.err" || fail "4 processes of srun: no message"
# Neither library can be initialised with these variables.
without_mpi="env OMPI_MCA_pml=none MPIR_CVAR_DEBUG_HOLD=x"
! timeout "$limit" $without_mpi $mpirun -n 1 "$program" --help > "$work/none.out" 2> "$work/none.err" < /dev/null ||
  fail "MPI is initialised though nothing lets it"
$without_mpi SLURM_NTASKS=4 SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 PMIX_RANK=0 "$program" "$@" --epochs 1 > "$work/salloc.out" \
  2> "$work/salloc.err" || fail "the program initialises MPI in a shell of salloc"

# ---- Ctrl-C and the restart, with the same number of processes and with another one ----

# After Ctrl-C, Open MPI's mpirun waits this many seconds, sends SIGTERM, waits as long again, and sends SIGKILL.
export OMPI_MCA_odls_base_sigkill_timeout=2
# Shells start background programs with SIGINT ignored; env restores its default action.
env --default-signal=INT timeout --foreground "$limit" $mpirun -n 2 "$program" "$@" --epochs 100000 --checkpoints "$work/run" \
  --checkpoint-every 7 --save "$work/stopped.safetensors" > "$work/stopped.out" 2> "$work/stopped.err" < /dev/null &
job=$!
while [ -z "$(ls "$work/run" 2> /dev/null)" ]; do
  kill -0 "$job" || fail "it ended before its first checkpoint"
  sleep 0.01
done
kill -INT "$job" # timeout passes it on to mpirun
status=0 # which differs by library, except that of timeout
wait "$job" || status=$?
[ "$status" -ne 124 ] || fail "Ctrl-C: the job hung for $limit s"
[ "$(grep -c 'interrupted after step [0-9]*; saved .*; to continue, use the same options' "$work/stopped.err")" -eq 1 ] ||
  fail "Ctrl-C: no message, or several"
grep 'interrupted after step' "$work/stopped.err"
[ ! -e "$work/stopped.safetensors" ] || fail "Ctrl-C: the training was not interrupted"

step=$(sed -n 's/.*interrupted after step \([0-9]*\);.*/\1/p' "$work/stopped.err")
epochs=$((step / 10 + 2)) # of 10 steps
cp -r "$work/run" "$work/run3"
launch whole 2 "$@" --epochs "$epochs" --save "$work/whole.safetensors" || fail "2 processes fail"
launch continued 2 "$@" --epochs "$epochs" --checkpoints "$work/run" --checkpoint-every 7 --save "$work/part.safetensors" ||
  fail "the restart fails"
lines continued | grep "continues from .*$step.safetensors" || fail "it does not continue after step $step"
[ "$(grep -c 'continues from' "$work/continued.out")" -eq 1 ] || fail "several processes print"
cmp "$work/whole.safetensors" "$work/part.safetensors" || fail "it continues to other weights"
launch continued3 3 "$@" --epochs "$epochs" --checkpoints "$work/run3" --checkpoint-every 7 || fail "the restart with 3 processes fails"
[ "$(lines whole | tail -n 1)" = "$(lines continued3 | tail -n 1)" ] || fail "3 processes continue to other results"
echo "program.sh: passed"
