#!/bin/sh
# A boot script is answered within 10 ms beside every question and every list: each route that reads is asked, lists of
# thousands come as CSV and as JSON, and the loop is not held up for longer. On PostgreSQL it waits for another process,
# which a busy machine may leave waiting: 20 ms.
# usage: boot_beside_questions.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir beside
mount -t tmpfs -o mode=755 none "$dir" # a disk that others use is not what is measured
trap 'flow_end 2>/dev/null; umount -l "$dir"; rmdir "$dir"' EXIT
flow_wire
ip link set lo up
flow_postgres
ok "PostgreSQL starts on a unix socket" $?
cc -shared -fPIC -O1 -w -o "$dir/slow.so" tests/harness/slow_calls.c -ldl 2>"$dir/out"
ok "what measures the loop" $? "$dir/out"
python3 - "$dir" <<'PY'
import json, sys
hosts = [{"serial": "SN-%05d" % i, "macs": ["52:54:00:0a:%02x:%02x" % (i // 256, i % 256)], "rack": "r%03d" % (i // 40),
          "unit": i % 40 + 1, "asset_tag": "AT-%05d" % i} for i in range(1, 5001)]
def put(name, doc):
    with open(sys.argv[1] + "/" + name, "w") as out:
        json.dump(doc, out)
def csv(name, n):
    with open(sys.argv[1] + "/" + name, "w") as out:
        out.write("serial,mac,rack,unit,asset_tag\n")
        for h in hosts[:n]:
            out.write("%s,%s,%s,%d,%s\n" % (h["serial"], h["macs"][0], h["rack"], h["unit"], h["asset_tag"]))
csv("list.csv", 500)
for n in (500, 5000):
    csv("%d.csv" % n, n)
    put("%d.json" % n, {"hosts": hosts[:n], "name": "d2"})
with open(sys.argv[1] + "/broken.json", "w") as out:
    out.write(json.dumps({"name": "d3", "hosts": hosts})[:-2] + ", {\"serial\": tru}]}")
put("search.json", {"serials": ["SN-%05d" % i for i in range(10000)]})
put("bulk.json", {"items": [{"host": h["serial"], "set": {"name": h["rack"] + "-%d" % h["unit"]}} for h in hosts[:500]]})
PY
json='Content-Type: application/json'
csv='Content-Type: text/csv'
beside() { # beside STORE ROWS US: every question of it; spans of the loop longer than US count; four are let pass
	SLIPWAY_TEST_WAIT_MS=0 LD_PRELOAD=$dir/slow.so
	export SLIPWAY_TEST_WAIT_MS LD_PRELOAD
	flow_start
	status=$?
	unset LD_PRELOAD
	ok "slipwayd starts on $1" $status "$dir/log"
	same "a fleet is announced" "$(call POST '/api/v1/deliveries?name=d1' -H "$csv" --data-binary "@$dir/list.csv")" 201
	same "$2 rows of CSV are rehearsed" "$(call POST '/api/v1/deliveries?name=d2&dry_run=true' -H "$csv" --data-binary "@$dir/$2.csv") $(jq .announced "$dir/body")" "201 $2"
	same "and of JSON" "$(call POST '/api/v1/deliveries?dry_run=true' -H "$json" --data-binary "@$dir/$2.json") $(jq .announced "$dir/body")" "201 $2"
	for _ in 1 2 3 4 5 6; do # what is read alone
		call POST /api/v1/deliveries -H "$json" --data-binary "@$dir/broken.json"
		jq -r '" \(.code) \(.detail)"' "$dir/body"
	done | cut -c1-24 | sort | uniq -c >"$dir/out"
	same "a row of 5,001 that is not JSON" "$(sed 's/^ *//' "$dir/out")" "6 400 input.json row 5001:"
	same "500 hosts are edited" "$(call POST /api/v1/hosts/bulk -H "$json" --data-binary "@$dir/bulk.json") $(jq '.results | length' "$dir/body")" "200 500"
	same "10,000 serials are looked for" "$(call POST /api/v1/hosts/search -H "$json" --data-binary "@$dir/search.json")" 200
	while :; do # boots, beside all that follows
		curl -s -o "$dir/script" -w '%{time_total}\n' --unix-socket "$dir/run/http.sock" -H 'X-Slipway-Listener: plain' \
			'http://x/boot/v1/script?mac=52:54:00:0a:00:01'
		sleep 0.05
	done >"$dir/boots" &
	boots=$!
	timeout 60 python3 tests/harness/walk_routes.py "$dir/run/admin.sock" get >"$dir/walked" 2>"$dir/2"
	for query in 'hosts?limit=1000' 'hosts?q=sn-0&limit=1000&total=true' 'parts?q=x&limit=1000' 'hosts?at=2001-01-01T00:00:00Z' \
		'summary?group_by=rack,state' 'diff?from=2001-01-01T00:00:00Z&limit=200' 'pipeline' 'deliveries/d1/burnin-report' 'export.csv'; do
		call GET "/api/v1/$query" >"$dir/2"
	done
	kill $boots 2>"$dir/2"
	read -r asked routes <"$dir/walked"
	[ "${asked:-0}" -gt 50 ] && [ "$asked" = "$routes" ]
	ok "each of ${routes:-0} routes that read was asked" $? "$dir/2"
	grep -q '^#!ipxe' "$dir/script"
	ok "scripts were answered: $(wc -l <"$dir/boots")" $? "$dir/script"
	sed -n 's/.*loop.span us=\([0-9]*\) calls=\(.*\)/\1 \2/p' "$dir/log" | sort -rn >"$dir/spans"
	# a virtual machine that stands still for a moment is not the loop's doing
	[ "$(awk -v us="$3" '$1 > us' "$dir/spans" | wc -l)" -le 4 ]
	ok "nothing held up the loop for $3 us (longest $(head -n 1 "$dir/spans" | cut -d' ' -f1) us)" $? "$dir/spans"
	flow_stop
	: >"$dir/log"
}
flow_config
beside SQLite 5000 10000
rm -rf "$dir/state"
flow_config '[server]' "store=$postgres"
beside PostgreSQL 500 20000
echo "1..$n"
exit $bad
