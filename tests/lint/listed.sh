#!/bin/sh
# Every test that lies in the tree is in a list that `make check` or `make check-all` runs: a suite that no
# rule names is never run, and nobody notices. usage: listed.sh [TREE]
set -u
cd "${1:-.}" || exit 1
rules=$(git ls-files -co --exclude-standard '*.mk' Makefile)
unlisted() { # unlisted PATTERN: its files whose path stands in no rule
	git ls-files -co --exclude-standard "$1" | while read -r file; do
		# shellcheck disable=SC2086 # a list of file names without spaces
		grep -qwF -- "$file" $rules /dev/null || echo "$file"
	done
}
missing=$(
	unlisted 'tests/flow/*.sh'
	unlisted 'tests/unit/*/test_*.c'
	# fuzzers are named by what they fuzz: $(eval $(call fuzzer,NAME,...
	git ls-files -co --exclude-standard 'tests/fuzz/fuzz_*.c' | while read -r file; do
		name=${file#tests/fuzz/fuzz_}
		# shellcheck disable=SC2086
		grep -qE "call fuzzer,${name%.c}," $rules /dev/null || echo "$file"
	done
)
echo "1..1"
if [ -z "$missing" ]; then
	echo "ok 1 - every test is in a list that is run"
else
	echo "not ok 1 - every test is in a list that is run"
	echo "$missing" | sed 's/^/# /'
	exit 1
fi
