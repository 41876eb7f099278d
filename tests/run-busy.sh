#!/bin/sh
# Tests that must not depend on how fast the machine is: run each several times beside two busy loops
# a CPU. usage: run-busy.sh [-j JOBS] [-n TIMES] [-o OUTPUT_DIR] [-t SECONDS] PROGRAM...
set -u
jobs=1 times=3 out=build/test-busy limit=900
while getopts j:n:o:t: option; do
	case $option in
	j) jobs=$OPTARG ;;
	n) times=$OPTARG ;;
	o) out=$OPTARG ;;
	t) limit=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

loops=
for _ in $(seq $(($(nproc) * 2))); do
	while :; do :; done &
	loops="$loops $!"
done
# shellcheck disable=SC2064,SC2086 # the list as it is now, a word each
trap "kill $loops 2>/dev/null" EXIT

status=0
append=
for round in $(seq "$times"); do
	echo "round $round of $times"
	# shellcheck disable=SC2086 # empty, or an option
	sh "$here/run-tests.sh" $append -q -j "$jobs" -o "$out" -t "$limit" "$@" || status=1
	append=-a
done
awk '{ passed += $1; failed += $2; skipped += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$out/summary"
exit $status
