# shellcheck shell=sh
# Sourced by the flow tests: where the tree and the build are, a network namespace of the test's own,
# and TAP lines. Goes to the top of the tree; sets $build (absolute; the first argument, $BUILD or build).
#
#   . "$(dirname "$0")/../harness/flow.sh"
#   flow_namespace "$@"             # root, and a namespace that dies with the test, or a skip
#   dir=$(mktemp -d ...)            # ok shows $dir/body and the end of $dir/log when a line fails
#   flow_wire                       # loopback, and a bridge sw0 with 10.99.0.1/24
#   ok "a title" $?; same "a title" "$got" "$wanted"
#   echo "1..$n"; exit $bad
# shellcheck disable=SC2034 # n, bad and build belong to the scripts that source this
cd "$(dirname "$0")/../.." || exit 1
build=${1:-${BUILD:-build}}
case $build in /*) ;; *) build=$PWD/$build ;; esac
n=0
bad=0

flow_namespace() {
	if [ "$(id -u)" != 0 ]; then
		echo "1..0 # SKIP needs root for a network namespace"
		exit 0
	fi
	if [ -z "${FLOW_INSIDE:-}" ]; then
		FLOW_INSIDE=1 exec unshare --net --pid --fork --mount-proc --kill-child sh "$0" "$build"
	fi
}

flow_wire() {
	ip link set lo up
	ip link add sw0 type bridge
	ip address add 10.99.0.1/24 dev sw0
	ip link set sw0 up
}

ok() { # ok TITLE STATUS [FILE]: a failure shows the end of FILE too
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
		return
	fi
	bad=1
	echo "not ok $n - $1"
	for shown in "${dir:-/nowhere}/body" "${dir:-/nowhere}/log" "${3:-}"; do
		[ ! -s "$shown" ] || tail -n 8 "$shown" | head -c 1500 | sed 's/^/# /'
	done
}

same() { # same TITLE GOT WANTED
	if [ "$2" = "$3" ]; then
		ok "$1" 0
	else
		echo "# got '$2', not '$3'"
		ok "$1" 1
	fi
}
