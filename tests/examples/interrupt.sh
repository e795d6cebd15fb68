#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks that Ctrl-C in the middle of an epoch ends fashion_mnist_mlp after the current
# step, and that running the same command again resumes there and gives the same weights, bit for bit.
#
# usage: interrupt.sh path/to/fashion_mnist_mlp      (reads FASHION_MNIST_DIR)
set -eu

program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "interrupt.sh: $1" >&2
  exit 1
}
train() {
  "$program" --epochs 2 --hidden 32 --dropout 0.2 "$@"
}

train --save "$work/whole.safetensors" > /dev/null

# Shells start background programs with SIGINT ignored; env restores its default action.
train_in_background() {
  env --default-signal=INT "$program" --epochs 2 --hidden 32 --dropout 0.2 "$@" \
    > "$work/out" 2> "$work/err" &
}
train_in_background --checkpoints "$work/run" --checkpoint-every 20 --save "$work/part.safetensors"
job=$!
while [ -z "$(ls "$work/run" 2> /dev/null)" ]; do
  kill -0 "$job" || fail "the program ended before its first checkpoint"
  sleep 0.01
done
kill -INT "$job"
status=0
wait "$job" || status=$?
[ "$status" -eq 130 ] || fail "the exit status is $status, expected 130"
grep -q 'interrupted after step .*; to continue, use the same options' "$work/err" || fail "$(cat "$work/err")"
[ ! -e "$work/part.safetensors" ] || fail "the program finished, expected an interruption"
cat "$work/err"

train --checkpoints "$work/run" --checkpoint-every 20 --save "$work/part.safetensors" > "$work/out"
grep 'continues from' "$work/out" || fail "the program started again, expected it to continue"
cmp "$work/whole.safetensors" "$work/part.safetensors" || fail "the weights differ from those of an uninterrupted run"
[ "$(ls "$work/run" | wc -l)" -eq 3 ] || fail "there are $(ls "$work/run" | wc -l) checkpoints, expected 3"
echo "an interrupted and continued run gives the same weights, bit for bit"
