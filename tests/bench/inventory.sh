#!/bin/sh
# Benchmarks of the inventory at 1,000, 10,000 and (INVENTORY_BENCH_BIG=1) 100,000 hosts of 40 parts.
# usage: inventory.sh [BUILD]; writes BUILD/bench/inventory.json
set -eu
cd "$(dirname "$0")/../.."
build=${1:-${BUILD:-build}}
mkdir -p "$build/bench"
dir=$(mktemp -d "$build/bench/inventory-XXXXXX")
trap 'rm -rf "$dir"' EXIT
case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
sizes="1000 10000"
[ -z "${INVENTORY_BENCH_BIG:-}" ] || sizes="$sizes 100000"
for hosts in $sizes; do
	echo "== $hosts hosts"
	"$build/obj/gcc/tests/bench/inventory_bench" "sqlite:$dir/$hosts.db" "$hosts" "$dir/$hosts.json"
	rm -f "$dir/$hosts.db"*
done
# shellcheck disable=SC2016,SC2046
jq -s --arg sizes "$sizes" '[($sizes | split(" ")) as $n | to_entries[] | $n[.key] as $h | .value[] | .name += " (" + $h + " hosts)"]' \
	$(for hosts in $sizes; do echo "$dir/$hosts.json"; done) >"$build/bench/inventory.json"
jq -e 'all(.met)' "$build/bench/inventory.json" >/dev/null || echo "some goals were missed"
