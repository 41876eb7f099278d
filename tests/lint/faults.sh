#!/bin/sh
# Every row of the fault list that the server, the API and the store have to bear is named by a test: its id
# stands in the title, the name or the comment of one. usage: faults.sh [TREE], or faults.sh --ids
set -u
n=0
bad=0

# H: HTTP, J: JSON, D: the store, X: operators and secrets. Not here: D-10 (a benchmark), X-02 (the target's own
# screen and command line).
ids() {
	seq -f 'H-%02g' 16
	seq -f 'J-%02g' 10
	seq -f 'D-%02g' 12 | grep -v D-10
	seq -f 'X-%02g' 10 | grep -v X-02
}

if [ "${1:-}" = --ids ]; then
	ids
	exit 0
fi
cd "${1:-$(dirname "$0")/../..}" || exit 1
for id in $(ids); do
	n=$((n + 1))
	name=$(echo "$id" | tr 'HJDX' 'hjdx' | tr -d -)
	where=$(grep -rlE "(^|[^A-Za-z0-9])$id([^0-9]|\$)|test_${name}_" tests/unit tests/flow tests/fuzz tests/browser 2>/dev/null | head -n 1)
	if [ -n "$where" ]; then
		echo "ok $n - $id: $where"
	else
		bad=1
		echo "not ok $n - $id is named by no test"
	fi
done
echo "1..$n"
exit $bad
