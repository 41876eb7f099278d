#!/bin/sh
# The public API of a real slipwayd over its admin socket: lists, filters, pages, the change feed, exports,
# tokens and scopes, and what it answers to nonsense.
# usage: api_reading.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
answer() { # answer TITLE STATUS JQ-CONDITION PATH [CURL-ARGUMENTS]: GET, status and condition must hold
	title=$1 wanted=$2 condition=$3 path=$4
	shift 4
	got=$(call GET "$path" "$@")
	[ "$got" = "$wanted" ] && { [ -z "$condition" ] || jq -e "$condition" "$dir/body" >"$dir/jq" 2>&1; }
	status=$?
	[ $status = 0 ] || echo "# $path: $got, $(head -c 200 "$dir/jq" 2>/dev/null)"
	ok "$title" $status
}

flow_dir api
flow_wire
flow_config
flow_start
ok "slipwayd starts" $?

# ---- an announced fleet -------------------------------------------------------------------------
{
	echo 'serial,mac,sku,site,row,rack,unit,asset_tag,switch,port'
	for i in $(seq 1 30); do
		printf 'SN-%03d,52:54:00:0a:00:%02x,r1,fra,%s,r%02d,%d,AT-%d,sw%d,Eth%d\n' \
			"$i" "$i" A $((i % 3)) "$i" "$i" $((i % 3)) "$i"
	done
} >"$dir/delivery.csv"
same "a delivery is imported from CSV" "$(call POST '/api/v1/deliveries?name=d1&vendor=Acme' \
	-H 'Content-Type: text/csv' --data-binary "@$dir/delivery.csv")" 201
answer "every row has a result" 200 '.total == 30' '/api/v1/hosts?total=true&limit=1'
answer "hosts are expected" 200 '.items|length == 30 and all(.state == "expected" and .delivery == "d1")' \
	'/api/v1/hosts?limit=100'
answer "two filters and a sort" 200 '[.items[].unit] == [28,25,22,19,16,13,10]' \
	'/api/v1/hosts?rack=r01&unit>=8&sort=-unit'
answer "a host by serial" 200 '.rack == "r02" and .asset_tag == "AT-5"' /api/v1/hosts/SN-005
answer "a host by MAC" 200 '.serial == "SN-005"' /api/v1/hosts/52:54:00:0A:00:05
answer "fields" 200 '.items[0] == {"serial":"SN-001","rack":"r01","unit":1}' \
	'/api/v1/hosts?fields=serial,unit,rack&limit=1'
answer "search" 200 '.items|length == 1' '/api/v1/hosts?q=sn-017'
answer "summary" 200 '.items == [{"rack":"r00","count":10},{"rack":"r01","count":10},{"rack":"r02","count":10}]' \
	'/api/v1/summary?group_by=rack'
answer "capacity counts are subsets" 200 '.capacity.delivered == 0 and .capacity.active == 0' /api/v1/summary

# ---- one call for a question --------------------------------------------------------------------
same "a list of a ticket is searched at once" "$(call POST /api/v1/hosts/search -d '{"serials":["SN-003","SN-300"],
	"macs":["5254.000a.0005"],"tags":["AT-7"],"fields":"serial,rack"}')" 200
same "what was found and what was not" "$(jq -c '[[.items[].serial], .unmatched, .ambiguous]' "$dir/body")" \
	'[["SN-003","SN-005","SN-007"],["SN-300"],[]]'
same "an empty list selects nothing" "$(call POST /api/v1/hosts/search -d '{}')" 400
same "a list of numbers is refused" "$(call POST /api/v1/hosts/search -d '{"serials":[7]}')" 400
answer "groups of at least so many" 200 '[.items[].sku] == ["r1"]' '/api/v1/summary?group_by=sku&min_count=30'
answer "no group is so large" 200 '.items == []' '/api/v1/summary?group_by=rack&min_count=11'
answer "measures" 200 '.items[0].p50 == {} or .items[0].p50 == null' '/api/v1/summary?group_by=rack&p50=MemoryMiB'
answer "how reliable hosts are, by group" 200 '.items[0].reliability == {"failures":0,"repaired":0,"tested":0,"months":0.0}
	and .total.reliability.tested == 0' '/api/v1/summary?group_by=rack&reliability=true'
answer "and parts" 200 '.total.reliability.dead_on_arrival == 0' '/api/v1/summary?of=parts&group_by=type,Model&reliability=true'
answer "but not runs" 400 '.pointer == "/reliability"' '/api/v1/summary?of=runs&reliability=true'
answer "nor maybe" 400 '.pointer == "/reliability"' '/api/v1/summary?reliability=maybe'
answer "parts by serial" 200 '.items == []' '/api/v1/summary?of=parts&group_by=SerialNumber&min_count=2'
answer "no measure of a text" 400 '.pointer == "/p95"' '/api/v1/summary?p95=serial'
answer "differences are a collection" 200 '.items == []' '/api/v1/differences?what=missing&type=drive&sku=r1'
answer "and can be summed" 200 '.total.count == 0' '/api/v1/summary?of=differences&group_by=what'
answer "events by day" 200 '.items | length == 1' '/api/v1/summary?of=events&group_by=month'
answer "the diff of one host" 200 '[.items[].change] == ["added"]' '/api/v1/diff?from=2020-01-01T00:00:00Z&host=SN-004'
answer "of a rack" 200 '.items | length == 10' '/api/v1/diff?from=2020-01-01T00:00:00Z&rack=r01'
answer "of nobody" 404 '' '/api/v1/diff?from=2020-01-01T00:00:00Z&host=nobody'
answer "conditions on one part" 200 '.items == []' '/api/v1/hosts?drives[a].Model=X&drives[a].Revision=Y' -g

# ---- pages --------------------------------------------------------------------------------------
seen=
cursor=
while :; do
	call GET "/api/v1/hosts?limit=7&sort=serial&cursor=$cursor" >/dev/null
	seen="$seen $(jq -r '.items[].serial' "$dir/body" | tr '\n' ' ')"
	cursor=$(jq -r '.next // ""' "$dir/body")
	[ -n "$cursor" ] || break
done
same "pages join into the whole" "$(printf '%s\n' $seen | sort -u | wc -l) $(printf '%s\n' $seen | wc -l)" "30 30"

# ---- nonsense -----------------------------------------------------------------------------------
answer "an unknown field" 400 '.code == "input.field.unknown" and .pointer == "/colour"' '/api/v1/hosts?colour=red'
answer "a wrong number" 400 '.code == "input.invalid" and .pointer == "/cores"' '/api/v1/hosts?cores=many'
answer "a wrong limit" 400 '.pointer == "/limit" or .code' '/api/v1/hosts?limit=0'
answer "a forged cursor" 400 '.pointer == "/cursor"' '/api/v1/hosts?cursor=abcdef'
answer "a wrong time" 400 '.pointer == "/at"' '/api/v1/hosts?at=yesterday'
answer "an unknown host" 404 '.code == "host.unknown"' /api/v1/hosts/nobody
answer "an unknown path" 404 '.code == "http.not_found"' /api/v1/nothing
answer "injection is a value" 200 '.items == []' "/api/v1/hosts?serial=%27%20OR%20%27%27=%27"

# ---- the past -----------------------------------------------------------------------------------
answer "before the beginning there was nothing" 200 '.items == []' '/api/v1/hosts?at=2000-01-01T00:00:00Z'
sleep 1.1 # at= of whole seconds: not before the hosts of this one
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
sleep 1.1
same "a host gets a name" "$(call PATCH /api/v1/hosts/SN-001 -d '{"name":"web-1"}')" 200
answer "now it has it" 200 '.name == "web-1"' /api/v1/hosts/SN-001
answer "then it had none" 200 'has("name") | not' "/api/v1/hosts/SN-001?at=$now"
answer "the difference is that" 200 '.items | length == 1 and (.[0].fields.name == [null, "web-1"])' "/api/v1/diff?from=$now"

# ---- writes -------------------------------------------------------------------------------------
call GET /api/v1/hosts/SN-002 >/dev/null
etag=$(sed -n 's/^[Ee][Tt]ag: *//p' "$dir/head" | tr -d '\r')
: >"$dir/body" # curl leaves it as it is when nothing comes
same "an answer that the client has is not sent again" "$(call GET /api/v1/hosts/SN-002 -H "If-None-Match: $etag") $(wc -c <"$dir/body")" "304 0"
same "a list, too" "$(call GET '/api/v1/hosts?limit=3' >/dev/null; listed=$(sed -n 's/^[Ee][Tt]ag: *//p' "$dir/head" | tr -d '\r')
	call GET '/api/v1/hosts?limit=3' -H "If-None-Match: $listed")" 304
same "a fault is reported by hand" "$(call POST /api/v1/hosts/SN-003/faults -d '{"action":"replace the latch","slot":"bay 3","code":"drive.latch","note":"by the door"}') $(jq -r '.state, .code, .note' "$dir/body" | tr '\n' ' ')" "201 open drive.latch by the door "
same "once, however often it is reported" "$(call POST /api/v1/hosts/SN-003/faults -d '{"action":"replace the latch","slot":"bay 3","code":"drive.latch"}') $(call GET /api/v1/hosts/SN-003) $(jq .faults "$dir/body")" "201 200 1"
same "a fault needs an action" "$(call POST /api/v1/hosts/SN-003/faults -d '{"slot":"bay 3"}') $(jq -r .pointer "$dir/body")" "400 /action"
same "and a code of letters and dots" "$(call POST /api/v1/hosts/SN-003/faults -d '{"action":"a","code":"Bad Code"}') $(jq -r .pointer "$dir/body")" "400 /code"
same "an old ETag is refused" "$(call PATCH /api/v1/hosts/SN-002 -H 'If-Match: "r999"' -d '{"name":"x"}')" 412
same "the right ETag is taken" "$(call PATCH /api/v1/hosts/SN-002 -H "If-Match: $etag" -d '{"name":"x"}')" 200
same "and is old now" "$(call PATCH /api/v1/hosts/SN-002 -H "If-Match: $etag" -d '{"name":"y"}')" 412
same "an unknown member is refused" "$(call PATCH /api/v1/hosts/SN-002 -d '{"state":"ready"}')" 400
same "a dry run changes nothing" "$(call PATCH '/api/v1/hosts/SN-002?dry_run=true' -d '{"name":"z"}')" 200
answer "nothing" 200 '.name == "x"' /api/v1/hosts/SN-002
same "a key once" "$(call POST /api/v1/skus -H 'Idempotency-Key: k1' -d '{"name":"r9","contents":{"cores":8}}')" 201
cp "$dir/body" "$dir/first"
same "a key again" "$(call POST /api/v1/skus -H 'Idempotency-Key: k1' -d '{"name":"r9","contents":{"cores":8}}')" 201
cmp -s "$dir/body" "$dir/first"
ok "is answered with the same bytes" $?
same "a key for another request" "$(call POST /api/v1/skus -H 'Idempotency-Key: k1' -d '{"name":"r8"}')" 422
same "bulk" "$(call POST /api/v1/hosts/bulk -d '{"items":[{"host":"SN-003","set":{"site":"muc"}},{"host":"nobody","set":{"site":"muc"}}]}')" 200
jq -e '.results[0].status == 200 and .results[1].status == 404' "$dir/body" >/dev/null
ok "has a result per row" $?

# ---- the change feed ----------------------------------------------------------------------------
call GET '/api/v1/changes?since=0&limit=1000' >/dev/null
last=$(jq .next "$dir/body")
(sleep 1; curl -s --unix-socket "$dir/run/admin.sock" -X PATCH http://x/api/v1/hosts/SN-004 -d '{"name":"late"}' >/dev/null) &
answer "a long poll wakes up" 200 '.items | length >= 1' "/api/v1/changes?since=$last&wait=15"
next=$(jq .next "$dir/body")
event=$(jq '.items[-1].id' "$dir/body")
answer "nothing twice" 200 '.items == []' "/api/v1/changes?since=$next"
flow_kill
flow_start
ok "slipwayd starts again after being killed" $?
same "D-04 a key again after the crash" "$(call POST /api/v1/skus -H 'Idempotency-Key: k1' -d '{"name":"r9","contents":{"cores":8}}')" 201
cmp -s "$dir/body" "$dir/first"
ok "D-04 is answered with the same bytes" $?
answer "nothing twice after a crash" 200 '.items == []' "/api/v1/changes?since=$next"
answer "nothing missed after a crash" 200 '.items | length >= 1' "/api/v1/changes?since=$last"
timeout 4 curl -sN --unix-socket "$dir/run/admin.sock" -H 'Accept: text/event-stream' -H "Last-Event-ID: $last" \
	http://x/api/v1/changes >"$dir/sse"
grep -q '^event: host.edited' "$dir/sse" && grep -q "^id: $event\$" "$dir/sse"
ok "server-sent events resume" $?

# ---- exports ------------------------------------------------------------------------------------
curl -s --unix-socket "$dir/run/admin.sock" http://x/api/v1/export.ndjson >"$dir/body"
same "NDJSON has a line a host" "$(jq -c .id "$dir/body" | wc -l)" 30
curl -s --compressed --unix-socket "$dir/run/admin.sock" -D "$dir/head" http://x/api/v1/export.csv >"$dir/body"
same "CSV has a header and a line a host" "$(wc -l <"$dir/body")" 31
grep -qi '^content-encoding: gzip' "$dir/head"
ok "and came as gzip" $?
curl -s --unix-socket "$dir/run/admin.sock" http://x/api/v1/export-netbox.csv >"$dir/body"
same "NetBox's header" "$(head -1 "$dir/body" | tr -d '\r')" \
	"name,role,manufacturer,device_type,serial,asset_tag,status,site,location,rack,position,face"

# ---- audit --------------------------------------------------------------------------------------
answer "changes were audited and the chain is whole" 200 '.whole and .rows > 5' /api/v1/audit/check

# ---- documents ----------------------------------------------------------------------------------
answer "OpenAPI is served" 200 '.openapi == "3.1.0" and (.paths | length > 30)' /api/v1/openapi.json
same "metrics are served" "$(call GET /metrics)" 200
grep -q '^slipway_hosts{state="expected"} 30' "$dir/body"
ok "and count hosts" $?

# ---- a token that is revoked in the middle (who may ask what: unit/server/api/test_scopes.c) ------------
token() { # token NAME SCOPE...: prints the token
	name=$1
	shift
	SLIPWAY_SOCKET="$dir/run/admin.sock" "$build/bin/slipway" token create "$name" "$@" 2>/dev/null
}
public() { # public METHOD PATH [TOKEN]: status through the public socket, as nginx would ask
	curl -s -g -o /dev/null -w '%{http_code}' --max-time 3 --unix-socket "$dir/run/http.sock" \
		-H 'X-Slipway-Listener: tls' ${3+-H "Authorization: Bearer $3"} -X "$1" "http://x$2"
}
read_token=$(token reader read)
id=$(SLIPWAY_SOCKET="$dir/run/admin.sock" "$build/bin/slipway" token list --json | jq '.items[0].id')
(timeout 12 curl -sN --unix-socket "$dir/run/http.sock" -H 'X-Slipway-Listener: tls' -H 'Accept: text/event-stream' \
	-H "Authorization: Bearer $read_token" http://x/api/v1/changes >/dev/null; echo $? >"$dir/ended") &
sleep 1
SLIPWAY_SOCKET="$dir/run/admin.sock" "$build/bin/slipway" token revoke "$id" >/dev/null
sleep 6
same "H-16 a stream of a revoked token ends within five seconds" "$(cat "$dir/ended" 2>/dev/null)" 0
same "and the token is refused" "$(public GET /api/v1/hosts "$read_token")" 401

# ---- the command line ---------------------------------------------------------------------------
export SLIPWAY_SOCKET="$dir/run/admin.sock"
slipway=$build/bin/slipway
same "host list" "$("$slipway" host list rack=r01 'unit>=20' | wc -l)" 4
same "host list --csv" "$("$slipway" host list --csv | wc -l)" 31
same "host show --json" "$("$slipway" host show SN-009 --json | jq -r .serial)" SN-009
"$slipway" host show nobody 2>/dev/null
same "an unknown host" $? 3
"$slipway" host set SN-009 name=nine unit=40 >/dev/null
same "host set" "$("$slipway" host list name=nine --json | jq -c '.[0].unit')" 40
same "host events" "$("$slipway" host events SN-009 --json | jq -r '.[-1].kind')" host.edited
same "summary" "$("$slipway" summary show group_by=state --json | jq -c .items)" '[{"count":30,"state":"expected"}]'
same "summary as a table" "$("$slipway" summary show group_by=state sum=cores capacity=true | tr -s ' ')" \
	"$(printf 'state count cores delivered healthy reserved active\nexpected 30 0 0 0 0 0\n(all) 30 0 0 0 0 0')"
echo '{"hosts":[{"serial":"JS-1","macs":["52:54:00:ee:00:01","52:54:00:ee:00:02"],"rack":"r09","unit":3}]}' >"$dir/d.json"
same "a delivery in JSON, tried" "$("$slipway" delivery import "$dir/d.json" dj --dry-run)" \
	"1 accepted, 0 refused (dry run: nothing was stored)"
"$slipway" delivery import "$dir/d.json" dj vendor=Bull >"$dir/body"
same "a delivery in JSON" "$("$slipway" host list delivery=dj --json | jq -r '.[0].serial') $("$slipway" delivery list name=dj --json | jq -r '.[0].vendor')" \
	"JS-1 Bull"
"$slipway" location set site=fra row=A rack=r09 unit=3 switch=sw9 port=Eth3 >"$dir/body"
same "a rack unit's switch port" "$("$slipway" location list rack=r09 --json | jq -c '.[0].switch')" '{"name":"sw9","port":"Eth3"}'
same "a host's evidence" "$("$slipway" host evidence JS-1 --json | jq -r '[.items[].kind] | join(" ")')" "mac mac serial"
"$slipway" host split JS-1 52:54:00:ee:00:02 >"$dir/body"
same "one MAC is another machine's" "$("$slipway" host show 52:54:00:ee:00:02 --json | jq -r .state)" discovered
"$slipway" host merge 52:54:00:ee:00:02 into=JS-1 >"$dir/body"
same "no, it was not" "$("$slipway" host show 52:54:00:ee:00:02 --json | jq -r .serial)" JS-1
same "nothing was reported yet to compare" "$("$slipway" host compare JS-1)" "unknown, no SKU"
printf 'serial,mac\nNEW-1,52:54:00:ff:00:01\n,\nNEW-2,nonsense\n' >"$dir/bad.csv"
printf 'serial,mac,unit\nSN-W,52:54,many\n' >"$dir/wrong.csv"
"$slipway" delivery import "$dir/wrong.csv" d2 --dry-run >"$dir/body"
same "a row that is wrong twice is told twice" "$(grep -c '^row 2: ' "$dir/body")" 2
"$slipway" delivery import "$dir/bad.csv" d2 --dry-run >"$dir/body"
same "a delivery with wrong rows" $? 4
grep -q '1 accepted, 1 refused (dry run' "$dir/body" # delimiters alone are passed over
ok "says which, and keeps nothing in a dry run" $?
same "nothing" "$("$slipway" host list delivery=d2 --json | jq length)" 0

# ---- the restore drill --------------------------------------------------------------------------
backup=$("$slipway" backup make)
same "host set after the backup" "$("$slipway" host set SN-010 name=lost >/dev/null; echo $?)" 0
"$build/bin/slipwayd" --config "$dir/slipway.conf" --restore "$backup" 2>"$dir/body"
same "restoring under a running daemon is refused" $? 1
flow_stop
"$build/bin/slipwayd" --config "$dir/slipway.conf" --restore "$backup" 2>"$dir/body"
ok "a backup is put back" $?
flow_start
ok "slipwayd starts on it" $?
answer "what came after the backup is gone" 200 'has("name") | not' /api/v1/hosts/SN-010
answer "the rest is there" 200 '.name == "nine"' /api/v1/hosts/SN-009

flow_stop
echo "1..$n"
exit $bad
