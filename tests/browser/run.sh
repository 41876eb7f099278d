#!/bin/sh
# The web page's tests: its pure functions under Node.js, the page in Debian's Chromium against the
# fixture, and against a real slipwayd where that is built. TAP; screenshots in build/browser/.
# usage: run.sh [TEST...]    (default: words page appliance delivery)
set -u
cd "$(dirname -- "$0")/../.." || exit 1
SLIPWAY_BUILD=${BUILD:-build}
export SLIPWAY_BUILD

for tool in node npm chromium; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	}
done
# Standard output is TAP alone.
make -s BUILD="$SLIPWAY_BUILD" web >&2 || {
	echo "1..1"
	echo "not ok 1 - the page builds"
	exit 1
}
[ $# -gt 0 ] || set -- words page appliance delivery
status=0
for name in "$@"; do
	echo "# $name"
	if [ "$name" != appliance ] && [ "$name" != delivery ]; then
		timeout 400 node "tests/browser/test_$name.mjs" || status=1
	elif [ "$(id -u)" != 0 ]; then
		echo "ok - the page against a real slipwayd # SKIP a network namespace needs root"
	else
		make -s BUILD="$SLIPWAY_BUILD" "$SLIPWAY_BUILD/bin/slipwayd" "$SLIPWAY_BUILD/bin/slipway" >&2 || status=1
		timeout 400 unshare -n sh tests/browser/netns.sh node "tests/browser/test_$name.mjs" || status=1
	fi
done
exit $status
