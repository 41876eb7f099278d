#!/bin/sh
# A vendor's list of thousands is taken in slices: hosts that boot meanwhile are answered, a client that goes away
# leaves whole rows and a line in the audit log, and asking again completes the list.
# usage: delivery_in_slices.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir slices
flow_wire
flow_config
flow_start
ok "slipwayd starts" $?
awk 'BEGIN { print "serial,mac,rack,unit"
	for (i = 1; i <= 5000; i++)
		printf "SN-%04d,52:54:00:0a:%02x:%02x,r%02d,%d\n", i, i / 256, i % 256, i / 40, i % 40 + 1 }' >"$dir/list.csv"
announce() { # announce QUERY [CURL-ARGUMENT...]
	query=$1
	shift
	call POST "/api/v1/deliveries?$query" -H 'Content-Type: text/csv' --data-binary "@$dir/list.csv" "$@"
}
hosts() { call GET '/api/v1/hosts?limit=1&total=true' >/dev/null && jq .total "$dir/body"; }
audited() { call GET '/api/v1/audit?limit=1000' >/dev/null && jq -c '[.items[] | select(.path == "/api/v1/deliveries") | .status]' "$dir/body"; }

same "a dry run of 5,000 rows" "$(announce 'name=d1&dry_run=true') $(jq '.accepted, .refused' "$dir/body" | tr '\n' ' ')" "201 5000 0 "
same "leaves nothing" "$(hosts) $(audited)" "0 []"

# ---- a client that goes away --------------------------------------------------------------------
curl -s -o "$dir/cut" --unix-socket "$dir/run/admin.sock" -X POST 'http://x/api/v1/deliveries?name=d1' \
	-H 'Content-Type: text/csv' --data-binary "@$dir/list.csv" &
client=$!
for _ in $(seq 200); do
	[ "$(hosts)" -gt 0 ] && break
	sleep 0.01
done
kill -9 $client
wait $client 2>/dev/null
before=0
while [ "$(hosts)" -gt "$before" ]; do
	before=$(hosts)
	sleep 0.2
done
[ "$before" -gt 0 ] && [ "$before" -lt 5000 ]
ok "a client that goes away leaves part of its list ($before rows)" $?
same "and what it began is in the audit log" "$(audited)" "[202]"
same "the delivery says what was announced" "$(call GET /api/v1/deliveries) $(jq '.items[0].hosts' "$dir/body")" "200 5000"

# ---- asking again, with a key -------------------------------------------------------------------
announce name=d1 -H 'Idempotency-Key: k1' >"$dir/status" &
best=$(flow_quickest_boot "$dir/script")
same "a boot script within 50 ms beside it" "$((best < 50)) $(head -1 "$dir/script")" "1 #!ipxe"
wait $!
same "asking again completes the list" "$(cat "$dir/status") $(jq '.accepted, .refused' "$dir/body" | tr '\n' ' ')" "201 5000 0 "
same "each host once" "$(hosts)" 5000
same "the end is in the audit log" "$(audited)" "[202,202,201]"
same "the key again" "$(announce name=d1 -H 'Idempotency-Key: k1')" 201
grep -qi '^idempotency-replayed: true' "$dir/head"
ok "is answered from memory" $?
same "and nothing was done" "$(audited)" "[202,202,201]"
same "the chain is whole" "$(call GET /api/v1/audit/check) $(jq .whole "$dir/body")" "200 true"
echo "1..$n"
exit $bad
