#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks that example programs end when nobody reads their output, and that a failing gnuplot
# does not kill them.
#
# usage: broken_pipe.sh path/to/backpropagation path/to/activations
set -u

text=$1
plot=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# expect_unread <what> <status> <command>...: checks the exit status of the command when nobody reads its output
expect_unread() {
  what=$1
  wanted=$2
  shift 2
  { sleep 1; "$@" 2> "$work/errors"; echo $? > "$work/status"; } | true
  while [ ! -s "$work/status" ]; do sleep 1; done
  status=$(cat "$work/status")
  rm "$work/status"
  [ "$status" = "$wanted" ] && return
  echo "$what: status $status, expected $wanted"
  failures=1
}

# expect_plot_fails <what> <message>: checks that the plotting program exits with status 2 and this message
expect_plot_fails() {
  PATH="$work:$PATH" "$plot" --plot "$work/figure.svg" > "$work/output" 2> "$work/errors"
  status=$?
  [ "$status" = 2 ] && grep -q "$2" "$work/errors" && [ ! -e "$work/figure.svg" ] && return
  echo "$1: status $status, errors: $(cat "$work/errors")"
  failures=1
}

sigpipe=141
expect_unread "output that nobody reads" $sigpipe "$text"
expect_unread "the same with SIGPIPE ignored by the parent" $sigpipe sh -c 'trap "" PIPE; "$1"' sh "$text"

fake_gnuplot() {
  printf '#!/bin/sh\n%s\n' "$1" > "$work/gnuplot"
  chmod +x "$work/gnuplot"
}
fake_gnuplot '[ "$1" = --version ]'
expect_plot_fails "gnuplot that dies before it reads" "gnuplot could not draw it"
fake_gnuplot '[ "$1" = --version ] || { exec <&-; sleep 1; exit 1; }'
expect_plot_fails "gnuplot that does not read" "gnuplot could not draw it"
fake_gnuplot 'exit 127'
expect_plot_fails "no gnuplot" "needs gnuplot, which is not installed"
exit $failures
