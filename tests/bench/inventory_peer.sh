#!/bin/sh
# slipwayd beside Ironic's API (package ironic-api, its default SQLite store), the same number of hosts, the same
# machine, in turns: a filtered, sorted list of 100 over one keep-alive connection, each with about the six fields that
# Ironic lists by default. Our hosts have 40 parts each; with all their fields an answer has 260 KB.
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
/usr/bin/python3 "$py" fill "$dir/ironic.conf" "$dir/ironic.sqlite" "$hosts" >>"$dir/log" 2>&1
ironic-api --config-file "$dir/ironic.conf" >"$dir/ironic.log" 2>&1 &

"$build/obj/gcc/tests/bench/inventory_bench" "sqlite:$dir/state/slipway.db" "$hosts" "$dir/own.json" >"$dir/log"
cat >"$dir/slipway.conf" <<CONF
[server]
state_dir=$dir/state
run_dir=$dir/run
interface=sw0
[dhcp]
mode=off
CONF
"$build/bin/slipwayd" --config "$dir/slipway.conf" 2>"$dir/slipwayd.log" &
for _ in $(seq 300); do
	[ -e "$dir/run/ready" ] && curl -s -o /dev/null 127.0.0.1:6385/v1/nodes?limit=1 && break
	sleep 0.2
done

ours="unix:$dir/run/admin.sock:/api/v1/hosts?limit=100&state=ready&sku=sku-1&sort=serial&fields=id,name,short_code,state,turn,serial,sku"
theirs="127.0.0.1:6385/v1/nodes?limit=100&provision_state=available&resource_class=sku-1&sort_key=name"
/usr/bin/python3 "$py" load 1 "$ours" >/dev/null
/usr/bin/python3 "$py" load 1 "$theirs" >/dev/null
for _ in 1 2 3 4 5 6 7; do
	echo "$(/usr/bin/python3 "$py" load 1 "$ours") $(/usr/bin/python3 "$py" load 2 "$theirs")"
done >"$dir/pairs"
jq -R 'split(" ") | map(tonumber)' "$dir/pairs" | jq -s --argjson hosts "$hosts" '
	def median: sort | .[length / 2 | floor];
	(map(.[0] / .[2]) | median) as $ratio |
	[{name: "filtered list of 100, \($hosts) hosts, one connection", unit: "requests/s", ours: (map(.[0]) | median),
	  peer: "ironic-api, SQLite", peer_value: (map(.[2]) | median), ratio: $ratio, goal: 50, met: ($ratio >= 50),
	  runs: length, items: [.[0][1], .[0][3]], ratios: (map(.[0] / .[2]) | [min, max])}]' >"$build/bench/inventory-peer.json"
jq -r '.[] | "\(.name): \(.ours) against \(.peer_value) \(.unit) of \(.peer): \(.ratio | floor) times (\(.ratios | map(floor) | join(" to "))), goal \(.goal)"' \
	"$build/bench/inventory-peer.json"
