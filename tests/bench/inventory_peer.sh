#!/bin/sh
# slipwayd beside Ironic's API (package ironic-api, its default SQLite store), the same number of hosts, the same
# machine, in turns: a filtered, sorted list of 100 over one keep-alive connection. Ours once as it is asked for by
# default, with all fields, drives and network cards (our hosts have 40 parts each: 260 KB), and once with about the
# six fields that Ironic lists by default.
# usage: inventory_peer.sh [BUILD] [HOSTS]; writes BUILD/bench/inventory-peer.json
set -eu
cd "$(dirname "$0")/../.."
build=${1:-${BUILD:-build}}
hosts=${2:-10000}
case $build in /*) ;; *) build=$PWD/$build ;; esac
if [ "$(id -u)" != 0 ] || ! command -v ironic-api >/dev/null; then
	echo "SKIP: needs root and the package ironic-api"
	exit 0
fi
if [ -z "${PEER_INSIDE:-}" ]; then
	PEER_INSIDE=1 exec unshare --net --pid --fork --mount-proc --kill-child sh "$0" "$build" "$hosts"
fi
py=tests/bench/inventory_peer.py
dir=$(mktemp -d /tmp/slipway-peer-XXXXXX)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
mkdir -p "$build/bench" "$dir/state" "$dir/run"
ip link set lo up
ip link add sw0 type bridge
ip address add 10.99.0.1/24 dev sw0
ip link set sw0 up

cat >"$dir/ironic.conf" <<CONF
[DEFAULT]
auth_strategy=noauth
state_path=$dir
enabled_hardware_types=fake-hardware
rpc_transport=json-rpc
[database]
connection=sqlite:///$dir/ironic.sqlite
[api]
host_ip=127.0.0.1
port=6385
api_workers=1
[json_rpc]
auth_strategy=noauth
CONF
ironic-dbsync --config-file "$dir/ironic.conf" create_schema >"$dir/log" 2>&1
/usr/bin/python3 "$py" "$dir/ironic.conf" "$dir/ironic.sqlite" "$hosts" >>"$dir/log" 2>&1
ironic-api --config-file "$dir/ironic.conf" >"$dir/ironic.log" 2>&1 &

"$build/obj/gcc/tests/bench/inventory_bench" "sqlite:$dir/state/slipway.db" "$hosts" "$dir/own.json" >"$dir/log"
cat >"$dir/slipway.conf" <<CONF
[server]
user = root
state_dir=$dir/state
run_dir=$dir/run
user=root
interface=sw0
[dhcp]
mode=off
CONF
"$build/bin/slipwayd" --config "$dir/slipway.conf" 2>"$dir/slipwayd.log" &
for _ in $(seq 300); do
	[ -e "$dir/run/ready" ] && curl -s -o /dev/null 127.0.0.1:6385/v1/nodes?limit=1 && break
	sleep 0.2
done

list="unix:$dir/run/admin.sock:/api/v1/hosts?limit=100&state=ready&sku=sku-1&sort=serial"
same="$list&fields=id,name,short_code,state,turn,serial,sku"
theirs="127.0.0.1:6385/v1/nodes?limit=100&provision_state=available&resource_class=sku-1&sort_key=name"
version="X-OpenStack-Ironic-API-Version: 1.50"
load() { "$build/obj/gcc/tests/bench/http_load" "$1" "$2" "$version"; }
items() { # both must answer with as many: ITEMS-MEMBER CURL-ARGUMENT...
	member=$1
	shift
	curl -sf -H "$version" "$@" | jq ".$member | length"
}
[ "$(items items --unix-socket "$dir/run/admin.sock" "http://x/${list##*:/}")" = 100 ] &&
	[ "$(items nodes "http://$theirs")" = 100 ] || {
	echo "one side does not answer with 100 items"
	exit 1
}
for target in "$list" "$same" "$theirs"; do
	load 1 "$target" >/dev/null
done
for _ in 1 2 3 4 5 6 7; do
	echo "$(load 1 "$list") $(load 1 "$same") $(load 2 "$theirs")"
done >"$dir/pairs"
jq -R 'split(" ") | map(tonumber)' "$dir/pairs" | jq -s --argjson hosts "$hosts" '
	def median: sort | .[length / 2 | floor];
	def row($what; $at): (map(.[$at] / .[4]) | median) as $ratio |
		{name: "filtered list of 100, \($what), \($hosts) hosts, one connection", unit: "requests/s",
		 ours: (map(.[$at]) | median), peer: "ironic-api, SQLite", peer_value: (map(.[4]) | median), ratio: $ratio,
		 goal: 50, met: ($ratio >= 50), runs: length, bytes: [.[0][$at + 1], .[0][5]],
		 ratios: (map(.[$at] / .[4]) | [min, max])};
	[row("all our fields"; 0), row("the fields that Ironic lists"; 2)]' >"$build/bench/inventory-peer.json"
jq -r '.[] | "\(.name): \(.ours) against \(.peer_value) \(.unit) of \(.peer): \(.ratio | floor) times (\(.ratios | map(floor) | join(" to "))), goal \(.goal)"' \
	"$build/bench/inventory-peer.json"
