#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/distributed/faults.sh JOB MPIRUN [OPTION...]: kills a process of JOB with SIGKILL, lets one throw, lets processes
# disagree, and checks that the job ends within seconds with a message and continues from its last checkpoint to the
# result of an undisturbed run, with the same number of processes and with others.
set -eu

job=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
limit=20 # seconds, with two processors for all processes; a hang would last for ever

fail() {
  echo "faults.sh: $1" >&2
  [ ! -f "$work/log" ] || cat "$work/log" >&2
  exit 1
}
# launch N ARGUMENT...: runs the job with N processes; its output is in $work/log.
launch() {
  n=$1
  shift
  timeout "$limit" $mpirun -n "$n" "$job" "$@" > "$work/log" 2>&1 < /dev/null
}
mpirun=$*

# must_end WHAT TEXT N ARGUMENT...: the job fails by itself, and its output has the text.
must_end() {
  what=$1 text=$2
  shift 2
  start=$(date +%s)
  status=0
  launch "$@" || status=$?
  [ "$status" -ne 0 ] || fail "$what: the job succeeded"
  [ "$status" -ne 124 ] || fail "$what: the job hung for $limit s"
  grep -q -E "$text" "$work/log" || fail "$what: no message like '$text'"
  echo "$what: ended with status $status within $(($(date +%s) - start)) s: $(grep -m 1 -o -E "$text.*" "$work/log")"
}

# ---- a process dies or throws, and the job continues from its last checkpoint ----

mkdir "$work/whole" "$work/killed" "$work/three"
launch 2 train "$work/whole" || fail "the undisturbed run failed"
must_end "kill -9" "signal 9|KILLED BY SIGNAL: 9|EXIT CODE: 9" 2 train "$work/killed" kill 14
cat "$work/log"
[ ! -f "$work/killed/result.safetensors" ] || fail "the killed run has a result"
cp -r "$work/killed/." "$work/three"
launch 2 train "$work/killed" || fail "the restart failed"
grep -q "the first step is step 13" "$work/log" || fail "the restart did not continue after step 12"
"$job" compare "$work/whole/result.safetensors" "$work/killed/result.safetensors" 0 || fail "the restart differs"
launch 3 train "$work/three" || fail "the restart with 3 processes failed"
grep -q "the first step is step 13" "$work/log" || fail "the restart did not continue after step 12"
"$job" compare "$work/whole/result.safetensors" "$work/three/result.safetensors" 1e-12 || fail "3 processes differ"
rm -r "$work/killed" && mkdir "$work/killed"
must_end "exception" "rank 2 of 3: the disk of this process is full" 3 train "$work/killed" throw 7

# ---- faults in other places and processes ----

for rank in 0 2; do
  for where in step validation on_checkpoint; do
    must_end "exception in $where of process $rank" "rank $rank of 3: failed in $where" 3 fail "$where" "$rank"
  done
done
must_end "kill -9 of process 0" "signal 9|KILLED BY SIGNAL: 9|EXIT CODE: 9" 3 fail kill 0
must_end "infinite input" 'rank [0-2] of 3: Trainer: loss is nan in epoch 1, batch [1-6]' 3 infinite

# ---- processes that disagree find out before the first step ----

disagree() { # disagree WHAT TEXT
  must_end "disagreement on $1" "Trainer: the processes disagree: process 2 has $2" 3 disagree "$1"
  ! grep -q "a step was made" "$work/log" || fail "$1: a step was made"
}
disagree network 'layer 0 Linear\(6 -> 8\), expected Linear\(6 -> 16\) as in process 0'
disagree data 'training inputs with fingerprint [0-9a-f]+, expected [0-9a-f]+ as in process 0'
disagree samples 'training inputs of shape \[200, 6\], expected \[203, 6\] as in process 0'
disagree seed 'random generator with fingerprint [0-9a-f]+, expected [0-9a-f]+ as in process 0'
disagree batch 'training batch size 20, expected 40 as in process 0'
disagree rate 'learning rate 0.2, expected 0.1 as in process 0'
disagree epochs 'last epoch 2, expected 1 as in process 0'
echo "faults.sh: passed"
