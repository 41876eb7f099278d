#!/bin/sh
# Questions that take long are answered by reader processes: the same bytes as on the spot, the same errors; a client
# that goes away takes its reader with it, a reader that dies costs one answer, and boot answers never wait.
# usage: readers.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir readers
flow_wire
socket="$dir/run/admin.sock"
readers() { pgrep -f -P "$daemon" -- '--reader' | wc -l; }
wait_for_readers() { # wait_for_readers N: until there are so many, at most 5 s
	for _ in $(seq 50); do
		[ "$(readers)" = "$1" ] && return 0
		sleep 0.1
	done
	return 1
}

# ---- the same answers ---------------------------------------------------------------------------
cat >"$dir/paths" <<'PATHS'
/api/v1/hosts?limit=50&sort=-unit
/api/v1/hosts?rack=r01&total=true&fields=serial,unit
/api/v1/hosts?q=sn-0017&sort=serial
/api/v1/hosts?colour=red
/api/v1/hosts?cores=many
/api/v1/hosts?cursor=abcdef
/api/v1/hosts?at=2000-01-01T00:00:00Z
/api/v1/placements?history=true
/api/v1/events?limit=3
/api/v1/deliveries
/api/v1/expected?limit=2
/api/v1/summary
/api/v1/summary?group_by=rack,state&sum=cores,MemoryMiB&capacity=true
/api/v1/summary?group_by=serial
/api/v1/diff?from=2001-01-01T00:00:00Z&to=2002-01-01T00:00:00Z
/api/v1/audit/check
PATHS
ask_all() { # ask_all PATHS FILE: status and body of every path
	while read -r path; do
		printf '%s %s\n' "$path" "$(call GET "$path")"
		cat "$dir/body"
	done <"$1" >"$2"
}
flow_config '[server]' 'read_budget_ms=1000'
flow_start
ok "slipwayd starts" $?
awk 'BEGIN { print "serial,mac,sku,site,row,rack,unit"
	for (i = 1; i <= 5000; i++)
		printf "SN-%04d,52:54:00:0a:%02x:%02x,r1,fra,A,r%02d,%d\n", i, i / 256, i % 256, i / 40, i % 40 + 1 }' >"$dir/delivery.csv"
same "a fleet is announced" "$(call POST '/api/v1/deliveries?name=d1' -H 'Content-Type: text/csv' --data-binary "@$dir/delivery.csv")" 201
# A start signs what the audit log has more than at the last signature, and that is an event: not between two of
# the questions. The start after this one has nothing to sign.
flow_stop
flow_start
signed=1
for _ in $(seq 100); do
	call GET /api/v1/audit/check >/dev/null
	jq -e '.rows > 0 and .rows == .signed_rows' "$dir/body" >/dev/null && signed=0 && break
	sleep 0.1
done
ok "the audit log is signed to its last row" $signed
flow_stop
flow_start
grep -v -e /diff -e /audit/check "$dir/paths" >"$dir/quick"
ask_all "$dir/quick" "$dir/here"
same "quick answers need no reader" "$(readers)" 0
ask_all "$dir/paths" "$dir/here"
same "a diff and the check of the audit log need one, however quick they would be" "$(readers)" 1
flow_stop
flow_config '[server]' 'read_budget_ms=0'
flow_start
ok "slipwayd starts, every question to a reader" $?
ask_all "$dir/paths" "$dir/there"
cmp "$dir/here" "$dir/there" >"$dir/body"
ok "a reader answers with the same bytes and the same errors" $?
same "one question at a time needs one reader" "$(readers)" 1
same "a pipeline" "$(call GET /api/v1/pipeline) $(jq .hosts "$dir/body")" "200 5000"
same "a backup" "$(call POST /api/v1/backups)" 201
path=$(jq -r .path "$dir/body")
same "holds the fleet" "$(call GET '/api/v1/events?kind=store.backup') $(jq -r '.items[0].summary' "$dir/body")" "200 $path"
[ -s "$path" ]
ok "and is there" $?

# ---- what is not for a command line -------------------------------------------------------------
tr '\0' ' ' <"/proc/$(pgrep -f -P "$daemon" -- '--reader' | head -1)/cmdline" | grep -q slipway.db
same "the store's URL is not on a command line" $? 1

# ---- exports ------------------------------------------------------------------------------------
curl -s --unix-socket "$socket" http://x/api/v1/export.ndjson >"$dir/all"
same "an export is whole" "$(wc -l <"$dir/all")" 5000
curl -s --unix-socket "$socket" --compressed http://x/api/v1/export.ndjson | cmp - "$dir/all"
ok "and the same as gzip" $?
curl -s --limit-rate 2M --unix-socket "$socket" http://x/api/v1/export.ndjson | cmp - "$dir/all"
ok "and to a client that takes it slowly" $?
same "an export refuses a wrong filter" "$(call GET '/api/v1/export.ndjson?colour=red') $(jq -r .pointer "$dir/body")" "400 /colour"
same "and an order" "$(call GET '/api/v1/export.ndjson?sort=serial')" 400
same "a collection that there is not" "$(call GET '/api/v1/export.csv?of=ships') $(jq -r .pointer "$dir/body")" "400 /of"

# ---- clients that read slowly, and go away ------------------------------------------------------
slow() { # an export that its client does not take: prints curl's pid
	curl -s --limit-rate 1k --unix-socket "$socket" http://x/api/v1/export.ndjson >/dev/null 2>&1 &
	echo $!
}
one=$(slow)
two=$(slow)
wait_for_readers 2
ok "two slow exports keep two readers" $?
same "others are answered beside them" "$(call GET '/api/v1/hosts?limit=3')" 200
best=$(flow_quickest_boot "$dir/body")
same "and a boot script within 50 ms" "$((best < 50)) $(head -1 "$dir/body")" "1 #!ipxe"
same "a third export is told to come again" "$(call GET /api/v1/export.csv) $(jq -r .code "$dir/body")" "503 server.busy"
same "and when" "$(sed -n 's/^[Rr]etry-[Aa]fter: *//p' "$dir/head" | tr -d '\r')" 5
metric() { awk -v name="$1" '$1 == name { print $2 }' "$dir/body"; }
same "the metrics" "$(call GET /metrics)" 200
same "count readers: busy, queue, at most" "$(metric slipway_readers_busy) $(metric slipway_readers_queue) $(metric slipway_readers_max)" "2 0 4"
[ "$(metric slipway_readers)" = "$(readers)" ] && [ "$(metric slipway_reader_refusals_total)" -gt 0 ] &&
	[ "$(metric slipway_reader_questions_total)" -gt 10 ] && [ "$(metric slipway_readers_killed_total)" = 0 ]
ok "processes, refusals, questions, and none killed yet" $?
before=$(readers)
kill "$one" "$two"
wait_for_readers $((before - 2))
ok "clients that went away take their readers with them" $?
same "which is counted" "$(call GET /metrics) $(metric slipway_readers_killed_total) $(metric slipway_readers_busy)" "200 2 0"
curl -s --unix-socket "$socket" http://x/api/v1/export.ndjson | cmp - "$dir/all"
ok "and there is room again" $?

# ---- passwords that anybody may try -------------------------------------------------------------
tries=
for i in 1 2 3 4 5 6; do
	curl -s -o "$dir/try$i" --max-time 20 --unix-socket "$socket" http://x/api/v1/sign-in -H 'Content-Type: application/json' \
		-d "{\"name\":\"n$i\",\"password\":\"wrong horse battery\"}" &
	tries="$tries $!"
done
most=0
for _ in $(seq 10); do
	call GET /metrics >/dev/null
	busy=$(metric slipway_readers_busy)
	[ "${busy:-0}" -le $most ] || most=$busy
done
same "six passwords at once take one reader" "$most" 1
same "others are answered beside them" "$(call GET '/api/v1/hosts?limit=3')" 200
# shellcheck disable=SC2086 # words
wait $tries
same "none is right" "$(jq -r .code "$dir"/try? | sort -u)" auth.password

# ---- what gets old leaves the store -------------------------------------------------------------
same "a host is edited" "$(call PATCH /api/v1/hosts/SN-0001 -d '{"name":"a"}')$(call PATCH /api/v1/hosts/SN-0001 -d '{"name":"b"}')" 200200
flow_stop
python3 - "$dir/state/slipway.db" <<'PY'
import sqlite3, sys
store = sqlite3.connect(sys.argv[1])
store.execute("UPDATE host_history SET changed_us = changed_us - 864000000000, until_us = until_us - 864000000000")
store.commit()
PY
flow_config '[server]' 'read_budget_ms=0' '[retention]' 'history_days=5'
flow_start
ok "slipwayd starts with an age for history" $?
for _ in $(seq 100); do
	call GET /metrics >/dev/null
	[ "$(metric slipway_archived_rows_total)" -gt 0 ] && break
	sleep 0.1
done
same "the archives" "$(call GET /api/v1/archives) $(jq -r '.items[0] | .kind, .table' "$dir/body" | tr '\n' ' ')" "200 history host_history "
read -r id file rows sha256 <<END
$(jq -r '.items[0] | "\(.id) \(.file) \(.rows) \(.sha256)"' "$dir/body")
END
same "its rows are in the file that it names" "$(zstd -dc "$dir/state/archive/$file" | wc -l)" "$rows"
same "with that digest" "$(sha256sum <"$dir/state/archive/$file")" "$sha256  -"
same "an archive is read again" "$(call GET "/api/v1/archives/$id/check") $(jq .whole "$dir/body")" "200 true"
echo >>"$dir/state/archive/$file"
same "and one that was changed is found" "$(call GET "/api/v1/archives/$id/check") $(jq .whole "$dir/body")" "200 false"
same "a time before is refused" "$(call GET "/api/v1/hosts?at=$(date -u -d '6 days ago' +%FT%TZ)") $(jq -r .code "$dir/body")" "410 store.archived"
same "and named in the feed" "$(call GET '/api/v1/events?kind=store.archived') $(jq -r '.items[0].detail.file' "$dir/body")" "200 $file"
same "the store tells its size" "$(call GET /metrics) $([ "$(metric slipway_store_bytes)" -gt 1000000 ] && echo large)" "200 large"
curl -s --unix-socket "$socket" http://x/api/v1/export.ndjson >"$dir/all"

# ---- a reader dies ------------------------------------------------------------------------------
# Nobody takes the answer until the reader is gone: what buffers hold of it is less than the whole.
(curl -s --unix-socket "$socket" http://x/api/v1/export.ndjson; echo $? >"$dir/ended") | (sleep 2; wc -c >"$dir/taken") &
sleep 1
pkill -9 -f -P "$daemon" -- '--reader'
for _ in $(seq 100); do
	[ -s "$dir/ended" ] && break
	sleep 0.1
done
same "its client is told that the answer is not whole" "$(cat "$dir/ended" 2>/dev/null)" 18
for _ in $(seq 20); do
	[ -s "$dir/taken" ] && break
	sleep 0.1
done
[ "$(cat "$dir/taken")" -lt "$(wc -c <"$dir/all")" ]
ok "and it is not" $?
same "the next question starts another" "$(call GET '/api/v1/hosts?limit=3') $(jq '.items | length' "$dir/body")" "200 3"

# ---- the daemon dies ----------------------------------------------------------------------------
alive=$(pgrep -f -P "$daemon" -- '--reader' | head -1)
flow_kill
for _ in $(seq 50); do
	kill -0 "$alive" 2>/dev/null || break
	sleep 0.1
done
! kill -0 "$alive" 2>/dev/null
ok "a reader does not outlive its daemon" $?
flow_start
ok "which starts again" $?
echo "1..$n"
exit $bad
