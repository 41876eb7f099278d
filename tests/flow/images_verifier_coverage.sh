#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Which branches of the verifier its unit tests take (gcov), by file; less than 95 in 100 is a failure. What is
# left and why: images/PROOF.md.
#
# usage: images_verifier_coverage.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
for program in gcov gcovr make gcc; do
	command -v $program >/dev/null || { echo "1..0 # SKIP no $program"; exit 0; }
done
goal=95
files='container|verify|verify_fd|manifest|manifest_encode|chunk_table|chunk_decoder|signatures|envelope|trust_root|trust_check|channel|policy|keys'
tests='container manifest chunk_table signatures trust_root channel verify verify_fd'
dir=$build/coverage
mkdir -p "$dir"
find "$dir" -name '*.gcda' -delete
programs=
for t in $tests; do programs="$programs $dir/obj/gcc/tests/unit/images/test_$t"; done

# shellcheck disable=SC2086 # a list
env -u MAKEFLAGS -u MAKELEVEL make -j2 CC=gcc SAN=0 BUILD="$dir" OPT='-O0 -g --coverage -DSLIPWAY_COVERAGE' \
	LDFLAGS=--coverage $programs >"$dir/log" 2>&1
ok "the tests are built to count branches" $? "$dir/log"
for t in $tests; do
	"$dir/obj/gcc/tests/unit/images/test_$t" >"$dir/log" 2>&1
	ok "test_$t" $? "$dir/log"
done
gcovr -r . --object-directory "$dir" -f "images/core/($files)\.c" --branches --exclude-throw-branches \
	--fail-under-branch $goal >"$dir/report.txt" 2>"$dir/log"
status=$?
sed 's/^/# /' "$dir/report.txt"
ok "at least $goal of 100 branches are taken ($(awk '/^TOTAL/ {print $3 " of " $2}' "$dir/report.txt"))" $status "$dir/log"
echo "1..$n"
exit $bad
