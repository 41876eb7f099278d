#!/bin/sh
# The runner of tests notices what must be noticed: a failure, a crash after a pass, silence, a
# timeout, a skip that says so; and adds up over several calls.
set -u
run=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)/run-tests.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
bad=0

program() { # program NAME TEXT: a test program of that text
	printf '#!/bin/sh\n%s\n' "$2" >"$dir/$1"
	chmod +x "$dir/$1"
}

expect() { # expect TITLE LAST-LINE EXIT-CODE [ARGUMENT...]
	title=$1 wanted=$2 code=$3
	shift 3
	n=$((n + 1))
	said=$(sh "$run" -o "$dir/out" "$@" 2>&1)
	got=$?
	if [ "$(printf '%s\n' "$said" | tail -n 1)" = "$wanted" ] && [ $got = "$code" ]; then
		echo "ok $n - $title"
	else
		bad=1
		echo "not ok $n - $title"
		printf '%s\n' "exit $got" "$said" | sed 's/^/# /'
	fi
}

program good 'echo 1..2; echo "ok 1 - a"; echo "ok 2 - b"'
program wrong 'echo 1..2; echo "ok 1 - a"; echo "not ok 2 - b"; exit 1'
program crash 'echo 1..2; echo "ok 1 - a"; kill -SEGV $$'
program silent 'exit 0'
program slow 'echo 1..2; echo "ok 1 - a"; sleep 20'
program skip 'echo 1..1; echo "ok 1 # SKIP no such device"'
program skip_all 'echo "1..0 # SKIP needs root"'

program short 'echo 1..3; echo "ok 1 - a"; echo "ok 2 - b"'
program planless 'echo "ok 1 - a"'

echo "1..10"
expect "passes are counted" "2 passed, 0 failed, 0 skipped" 0 "$dir/good"
expect "a failure is a failure" "1 passed, 1 failed, 0 skipped" 1 "$dir/wrong"
expect "a crash after a pass is a failure" "1 passed, 1 failed, 0 skipped" 1 "$dir/crash"
expect "silence is a failure" "0 passed, 1 failed, 0 skipped" 1 "$dir/silent"
expect "a timeout is a failure" "1 passed, 1 failed, 0 skipped" 1 -t 1 "$dir/slow"
expect "skips are counted, and alone they do not pass" "0 passed, 0 failed, 2 skipped" 1 \
	"$dir/skip" "$dir/skip_all"
expect "a plan that is not kept is a failure" "2 passed, 1 failed, 0 skipped" 1 "$dir/short"
expect "a program without a plan is a failure" "1 passed, 1 failed, 0 skipped" 1 "$dir/planless"
sh "$run" -q -o "$dir/out" "$dir/good" >/dev/null
expect "a later call adds to the earlier one" "3 passed, 1 failed, 0 skipped" 1 -a "$dir/wrong"
expect "a program that is not there is a failure" "0 passed, 1 failed, 0 skipped" 1 "$dir/missing"
exit $bad
