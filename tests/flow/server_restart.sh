#!/bin/sh
# How long slipwayd takes to serve again with the hosts of a large fleet in its store: killed, and started in its place.
# usage: server_restart.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir restart
flow_wire
flow_config
hosts=10000
flow_start
ok "slipwayd starts" $? "$dir/log"
{
	echo serial,mac
	seq $hosts | awk '{ printf "S%05d,52:54:00:%02x:%02x:%02x\n", $1, $1 / 65536, $1 / 256 % 256, $1 % 256 }'
} >"$dir/list.csv"
same "a delivery of $hosts" "$(call POST '/api/v1/deliveries?name=fleet' -H 'Content-Type: text/csv' --data-binary "@$dir/list.csv" --max-time 120)" 201
call GET '/api/v1/deliveries' >/dev/null
same "they are in the store" "$(jq '.items[0].hosts' "$dir/body")" $hosts
ready_after() { # milliseconds from the start of the process to its word that it serves
	rm -f "$dir/run/ready"
	begun=$(date +%s%N)
	"$build/bin/slipwayd" --config "$dir/slipway.conf" 2>>"$dir/log" &
	daemon=$!
	for _ in $(seq 1000); do
		[ -e "$dir/run/ready" ] && break
		sleep 0.01
	done
	[ -e "$dir/run/ready" ] && echo $((($(date +%s%N) - begun) / 1000000)) >"$dir/took"
}
flow_kill
ready_after
ok "killed, it serves again" $?
took=$(cat "$dir/took")
best=$took
for _ in 1 2; do # other tests run beside this one
	[ "$best" -lt 2000 ] && break
	flow_kill
	ready_after
	took=$(cat "$dir/took")
	[ "$took" -ge "$best" ] || best=$took
done
echo "# serves $best ms after its start, with $hosts hosts"
[ "$best" -lt 2000 ]
ok "within two seconds" $? "$dir/log"

# ---- C-02: the clock is a year behind what the store has seen -----------------------------------------
flow_stop
python3 -c "
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute('UPDATE fleet_clock SET last_us = last_us + 365 * 86400 * 1000000')
db.commit()" "$dir/state/slipway.db"
timeout 20 "$build/bin/slipwayd" --config "$dir/slipway.conf" 2>"$dir/wrong.log"
[ $? = 1 ] && grep -q 'the clock says .* nothing is signed by this clock' "$dir/wrong.log"
ok "C-02 a clock that is a year behind the store signs nothing, and is named" $? "$dir/wrong.log"
"$build/bin/slipwayd" --config "$dir/slipway.conf" --trust-clock 2>>"$dir/log" &
daemon=$!
for _ in $(seq 100); do
	[ "$(call GET /healthz)" = 200 ] && break
	sleep 0.1
done
same "C-02 it serves when an operator says that the clock is right" "$(call GET /healthz)" 200
echo "1..$n"
exit $bad
