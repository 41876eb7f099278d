#!/bin/sh
# Run test programs that print TAP, one after another, and add up what they say.
# usage: run-tests.sh [-a] [-q] [-j N] [-o OUTPUT_DIR] [-t SECONDS] [PROGRAM...]
# -a adds to the summary of an earlier call instead of starting it anew; -q leaves out the last line.
# Every program gets its own log in OUTPUT_DIR and SECONDS to finish. A program that ends badly
# without a "not ok" line, or that prints no test at all, counts as one failure. The last line is
# "N passed, N failed, N skipped"; the exit code is 0 only when nothing failed and something passed.
set -u
jobs=1 out=build/test limit=300 append='' quiet=''
while getopts aqj:o:t: option; do
	case $option in
	a) append=1 ;;
	q) quiet=1 ;;
	j) jobs=$OPTARG ;;
	o) out=$OPTARG ;;
	t) limit=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
mkdir -p "$out"
[ -n "$append" ] || : >"$out/summary"

# One program: its log, and a line "passed failed skipped seconds name" in the summary.
run_one='
	out=$1 limit=$2 program=$3
	name=$(printf %s "${program#build/}" | tr "/ " "__")
	log=$out/$name.log
	start=$(date +%s)
	case $program in
	*.sh) CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$limit" sh "$program" >"$log" 2>&1 </dev/null ;;
	*) CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$limit" "$program" >"$log" 2>&1 </dev/null ;;
	esac
	status=$?
	took=$(($(date +%s) - start))
	# cmocka writes "not ok N # SKIP name", others "ok N # SKIP reason", or "1..0 # SKIP reason" for all.
	skipped=$(grep -cE "^((not )?ok .*|1\.\.0 *)# *SKIP" "$log")
	passed=$(grep -E "^ok " "$log" | grep -cvE "# *SKIP")
	failed=$(grep -E "^not ok " "$log" | grep -cvE "# *SKIP")
	# A plan is kept: what ended early and well, or ran a test twice, is a failure. No plan is none.
	planned=$(sed -n "s/^1\.\.\([0-9][0-9]*\).*/\1/p" "$log" | awk "{ n += \$1 } END { print n + 0 }")
	ran=$(grep -cE "^(not )?ok " "$log")
	if [ $ran != "$planned" ] && [ "$failed" = 0 ]; then
		failed=$((failed + 1))
		printf "not ok - %s planned %s tests and ran %s\n" "$program" "$planned" "$ran" >>"$log"
	fi
	if [ $((passed + failed + skipped)) = 0 ] || { [ $status != 0 ] && [ "$failed" = 0 ]; }; then
		failed=$((failed + 1))
		printf "not ok - %s ended with %s and said no more\n" "$program" "$status" >>"$log"
	fi
	printf "%s %s %s %s %s\n" "$passed" "$failed" "$skipped" "$took" "$program" >>"$out/summary"
	if [ "$failed" != 0 ]; then
		printf "FAIL %s (%s s), log %s\n" "$program" "$took" "$log"
		grep -vE "^ok " "$log" | tail -n 40 | sed "s/^/    /"
	else
		printf "ok   %-58s %4s passed %4s s\n" "$program" "$passed" "$took"
	fi
	grep -E "^((not )?ok .*|1\.\.0 *)# *SKIP" "$log" | sed "s/^/     /"
	exit 0
'
printf '%s\n' "$@" | xargs -r -P "$jobs" -I{} sh -c "$run_one" run "$out" "$limit" {}

awk -v quiet="$quiet" '{ p += $1; f += $2; s += $3 }
	END {
		if (!quiet)
			printf "%d passed, %d failed, %d skipped\n", p, f, s
		exit f || !p
	}' "$out/summary"
