#!/bin/sh
# SPDX-License-Identifier: MIT
# Trains the chapter's two networks with five seeds each on the real data, prints the
# tables of docs/results.md, and fails unless every figure is within its band.
#
# usage: check_bands.sh path/to/fashion_mnist_mlp [more options for it] (set FASHION_MNIST_DIR or pass --data)
set -eu

program=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run <name> <widths of the hidden layers> <further options>...
run() {
  name=$1
  hidden=$2
  shift 2
  for seed in 0 1 2 3 4; do
    "$program" "$@" --hidden "$hidden" --seed "$seed" --csv "$work/$name.$seed.csv" > "$work/lines"
    if grep -q '^#' "$work/$name.$seed.csv"; then
      echo "skipped: no data" >&2
      exit 77
    fi
  done
}

# check <name> <title> <loss after epoch 1> <tolerance> <loss after epoch 10> <tolerance> <least accuracy> <least median>
check() {
  for seed in 0 1 2 3 4; do
    awk -F, -v seed="$seed" '
      $1 == 1 { first = $2 }
      $1 == 10 { printf "%d %.4f %.4f %.4f %.4f %.2f\n", seed, first, $2, $3, $5, $6 }' "$work/$1.$seed.csv"
  done > "$work/$1"
  awk -v title="$2" -v first="$3" -v first_band="$4" -v last="$5" -v last_band="$6" -v least="$7" -v median="$8" '
    function outside(x, middle, band) { return x < middle - band || x > middle + band }
    BEGIN {
      print "| " title ", seed | train loss, epoch 1 | train loss, epoch 10 | train acc, epoch 10 | test acc, epoch 10 |"
      print "| --- | --- | --- | --- | --- |"
    }
    {
      print "| " $1 " | " $2 " | " $3 " | " $4 " | " $5 " |"
      if (outside($2, first, first_band)) { print "train loss after epoch 1 is " $2; bad = 1 }
      if (outside($3, last, last_band)) { print "train loss after epoch 10 is " $3; bad = 1 }
      if ($5 < least) { print "test accuracy is " $5; bad = 1 }
      for (i = n++; i > 0 && sorted[i - 1] > $5; --i) sorted[i] = sorted[i - 1]
      sorted[i] = $5
    }
    END {
      if (n != 5) { print "only " n + 0 " of 5 runs reached epoch 10"; bad = 1 }
      if (sorted[2] < median) { print "the median of the test accuracies is " sorted[2]; bad = 1 }
      print ""
      exit bad
    }' "$work/$1"
}

run one 256 "$@"
run two 256,128 "$@"
status=0
check one 784-256-10 1.045 0.03 0.385 0.01 0.80 0.83 || status=1
check two 784-256-128-10 1.86 0.15 0.403 0.02 0 0 || status=1
exit $status
