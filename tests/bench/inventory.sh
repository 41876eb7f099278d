#!/bin/sh
# Benchmarks of the inventory at 1,000, 10,000 and (INVENTORY_BENCH_BIG=1) 100,000 hosts of 40 parts: in process, and,
# as root, over HTTP of a slipwayd on the same store, with boot answers beside heavy questions; then the same on a
# private PostgreSQL with fsync, at 10,000. INVENTORY_BENCH_SIZES and INVENTORY_BENCH_POSTGRES_SIZES name other sizes;
# INVENTORY_BENCH_STORES a folder where fleets are kept for the next time.
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
	trap 'flow_end; rm -rf "$stores"' EXIT
fi
sizes=${INVENTORY_BENCH_SIZES-1000 10000${INVENTORY_BENCH_BIG:+ 100000}}
postgres_sizes=${INVENTORY_BENCH_POSTGRES_SIZES-10000}
[ "$(id -u)" != 0 ] || flow_wire

measure() { # measure URL HOSTS TITLE: with $dir/state as it is
	echo "== $3"
	"$build/obj/gcc/tests/bench/inventory_bench" "$1" "$2" "$dir/result.json"
	jq --arg title "$3" 'map(.name += " (\($title))")' "$dir/result.json" >>"$dir/results"
	[ "$(id -u)" = 0 ] || return 0
	case $1 in
	sqlite:*) flow_config '[server]' user=root ;; # the store lies in a folder of root's
	*) flow_config '[server]' user=root "store=$1" ;;
	esac
	flow_start
	"$build/obj/gcc/tests/bench/inventory_http" "$dir/run" "$daemon" "$2" "$dir/result.json"
	flow_stop || true
	jq --arg title "$3" 'map(.name += " (\($title))")' "$dir/result.json" >>"$dir/results"
}

for hosts in $sizes; do
	mkdir -p "$stores/$hosts"
	rm -rf "$dir/state"
	ln -s "$stores/$hosts" "$dir/state"
	measure "sqlite:$stores/$hosts/slipway.db" "$hosts" "$hosts hosts"
	[ -n "${INVENTORY_BENCH_STORES:-}" ] || rm -rf "${stores:?}/$hosts"
done
rm -rf "$dir/state"
if [ "$(id -u)" = 0 ] && [ -n "$postgres_sizes" ]; then
	chmod 755 "$stores"
	flow_postgres "$stores/postgres" on
	for hosts in $postgres_sizes; do
		psql -q -h "$dir/sock" -U root -d postgres -c "CREATE DATABASE fleet$hosts" 2>/dev/null || true
		measure "postgresql:///fleet$hosts?host=$dir/sock&user=root" "$hosts" "$hosts hosts, PostgreSQL"
	done
fi
jq -s 'add' "$dir/results" >"$build/bench/inventory.json"
jq -e 'all(.met)' "$build/bench/inventory.json" >/dev/null || echo "some goals were missed"
