#!/bin/sh
# Benchmarks of the inventory at 1,000, 10,000 and (INVENTORY_BENCH_BIG=1) 100,000 hosts of 40 parts: in process, and,
# as root, over HTTP of a slipwayd on the same store, with boot answers beside heavy questions. INVENTORY_BENCH_SIZES
# names other sizes; INVENTORY_BENCH_STORES a folder where fleets are kept for the next time.
# usage: inventory.sh [BUILD]; writes BUILD/bench/inventory.json
set -eu
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
[ "$(id -u)" != 0 ] || flow_namespace "$@"
flow_dir bench
mkdir -p "$build/bench"
stores=${INVENTORY_BENCH_STORES:-}
if [ -z "$stores" ]; then
	stores=$(mktemp -d "$build/bench/inventory-XXXXXX")
	trap 'rm -rf "$stores"; flow_end' EXIT
fi
sizes=${INVENTORY_BENCH_SIZES:-1000 10000${INVENTORY_BENCH_BIG:+ 100000}}
[ "$(id -u)" != 0 ] || flow_wire
for hosts in $sizes; do
	echo "== $hosts hosts"
	mkdir -p "$stores/$hosts"
	"$build/obj/gcc/tests/bench/inventory_bench" "sqlite:$stores/$hosts/slipway.db" "$hosts" "$dir/$hosts.json"
	[ "$(id -u)" = 0 ] || continue
	rm -rf "$dir/state"
	ln -s "$stores/$hosts" "$dir/state"
	flow_config
	flow_start
	"$build/obj/gcc/tests/bench/inventory_http" "$dir/run" "$daemon" "$hosts" "$dir/$hosts-http.json"
	flow_stop || true
	[ -n "${INVENTORY_BENCH_STORES:-}" ] || rm -rf "${stores:?}/$hosts"
done
for hosts in $sizes; do
	for file in "$dir/$hosts.json" "$dir/$hosts-http.json"; do
		[ ! -e "$file" ] || jq --arg hosts "$hosts" 'map(.name += " (\($hosts) hosts)")' "$file"
	done
done | jq -s 'add' >"$build/bench/inventory.json"
jq -e 'all(.met)' "$build/bench/inventory.json" >/dev/null || echo "some goals were missed"
