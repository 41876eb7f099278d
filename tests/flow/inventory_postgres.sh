#!/bin/sh
# A private PostgreSQL on a unix socket: every suite of the inventory runs against it, then two slipwayd serve one
# fleet from it and either may be killed.
# usage: inventory_postgres.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir pg
ip link set lo up
flow_postgres
ok "PostgreSQL starts on a unix socket" $?

for suite in "$build"/obj/gcc/tests/unit/inventory/test_*; do
	case $suite in *.o | *.d) continue ;; esac
	SLIPWAY_TEST_POSTGRES=$postgres "$suite" >"$dir/out" 2>&1
	status=$?
	grep '^not ok' "$dir/out" | grep -v SKIP | sed 's/^/# /'
	ok "$(basename "$suite") on PostgreSQL" $status
done

suite=$build/obj/gcc/tests/unit/server/session/test_break_fix
SLIPWAY_TEST_POSTGRES=$postgres "$suite" >"$dir/out" 2>&1
status=$?
grep '^not ok' "$dir/out" | grep -v SKIP | sed 's/^/# /'
ok "the orders of a run that fails, with the daemon killed between requests, on PostgreSQL" $status

# ---- two appliances, one fleet ------------------------------------------------------------------
psql -q -h "$dir/sock" -U root -d postgres -c 'CREATE DATABASE fleet'
ip link add sw0 type bridge
ip address add 10.99.0.1/24 dev sw0
ip link set sw0 up
for i in 1 2; do
	mkdir "$dir/state$i" "$dir/run$i"
	cat >"$dir/$i.conf" <<-CONF
		[server]
		state_dir=$dir/state$i
		run_dir=$dir/run$i
		interface=sw0
		http_port=808$i
		https_port=844$i
		store=postgresql:///fleet?host=$dir/sock&user=root
		[dhcp]
		mode=off
	CONF
done
call() { # call APPLIANCE METHOD PATH [CURL-ARGUMENTS]: prints the status
	who=$1 method=$2 path=$3
	shift 3
	curl -s -g -o "$dir/body" -w '%{http_code}' --max-time 20 --unix-socket "$dir/run$who/admin.sock" \
		-X "$method" "http://x$path" "$@"
}
start() {
	"$build/bin/slipwayd" --config "$dir/$1.conf" 2>>"$dir/$1.log" &
	eval "pid$1=$!"
	for _ in $(seq 150); do
		[ "$(call "$1" GET /healthz)" = 200 ] && return 0
		sleep 0.1
	done
	sed 's/^/# /' "$dir/$1.log" | tail -5
	return 1
}
start 1
ok "the first slipwayd makes the schema" $?
start 2
ok "the second joins" $?
printf 'serial,mac\nPG-1,52:54:00:0b:00:01\nPG-2,52:54:00:0b:00:02\n' >"$dir/list.csv"
[ "$(call 1 POST '/api/v1/deliveries?name=d1' -H 'Content-Type: text/csv' --data-binary "@$dir/list.csv")" = 201 ]
ok "a delivery is announced to the first" $?
[ "$(call 2 GET '/api/v1/hosts?total=true')" = 200 ] && [ "$(jq .total "$dir/body")" = 2 ]
ok "and seen by the second" $?
# both write at once: no id is given twice, nothing is lost
i=0
while [ $i -lt 25 ]; do
	i=$((i + 1))
	call 1 PATCH /api/v1/hosts/PG-1 -d "{\"name\":\"a$i\"}" >/dev/null &
	curl -s -o /dev/null --max-time 20 --unix-socket "$dir/run2/admin.sock" -X PATCH http://x/api/v1/hosts/PG-2 \
		-d "{\"name\":\"b$i\"}"
	wait $!
done
call 2 GET '/api/v1/events?kind=host.edited&limit=1000' >/dev/null
edits=$(jq '[.items[] | select(.detail.name)] | length' "$dir/body")
[ "$edits" = 50 ] && jq -e '[.items[].id] | . == (unique)' "$dir/body" >/dev/null
ok "fifty edits through both are fifty events in one order ($edits)" $?
last=$(jq '.items[-1].id' "$dir/body")
(sleep 1; call 1 PATCH /api/v1/hosts/PG-1 -d '{"name":"told"}' >/dev/null) &
[ "$(curl -s -o "$dir/poll" -w '%{http_code}' --max-time 20 --unix-socket "$dir/run2/admin.sock" \
	"http://x/api/v1/changes?since=$last&wait=8")" = 200 ] && [ "$(jq '.items | length' "$dir/poll")" -ge 0 ]
ok "a long poll on the second ends" $?

# ---- a server that hangs ------------------------------------------------------------------------
server_pids() { # the postmaster and its children: those of this test's own server
	master=$(head -1 "$postgres_data/postmaster.pid")
	echo "$master" "$(ps -o pid= --ppid "$master")"
}
boot() { # boot APPLIANCE: milliseconds that a boot script took, into $took; the script into $dir/script
	begin=$(date +%s%N)
	curl -s -o "$dir/script" --max-time 20 --unix-socket "$dir/run$1/http.sock" \
		"http://x/boot/v1/script?mac=52:54:00:0b:00:01"
	took=$((($(date +%s%N) - begin) / 1000000))
}
hung=$(server_pids)
# shellcheck disable=SC2086 # several ids
kill -STOP $hung
boot 2
first=$took
[ "$first" -lt 5000 ]
ok "a server that hangs holds a boot answer for a bounded time (${first} ms)" $?
worst=0
for _ in 1 2 3 4 5 6 7 8 9 10; do
	boot 2
	[ "$took" -le $worst ] || worst=$took
done
[ $worst -lt 250 ]
ok "after that each is answered at once (${worst} ms)" $?
grep -q '^#!ipxe' "$dir/script"
ok "with a boot script" $? "$dir/script"
same "a change is refused as unavailable" "$(call 2 PATCH /api/v1/hosts/PG-1 -d '{"name":"hung"}')" 503
# shellcheck disable=SC2086
kill -CONT $hung
for _ in $(seq 100); do
	[ "$(call 2 PATCH /api/v1/hosts/PG-1 -d '{"name":"healed"}')" = 200 ] && break
	sleep 0.1
done
same "when it goes on, so do the appliances" "$(call 2 PATCH /api/v1/hosts/PG-1 -d '{"name":"healed again"}')" 200
for _ in $(seq 100); do
	[ "$(call 1 GET /api/v1/hosts/PG-1)" = 200 ] && break
	sleep 0.1
done
same "both" "$(jq -r .name "$dir/body")" "healed again"

# ---- a server that restarts ---------------------------------------------------------------------
as_nobody "$postgres_bin/pg_ctl" -D "$postgres_data" -m immediate -w stop >/dev/null 2>&1
boot 2
[ "$took" -lt 1500 ] && grep -q '^#!ipxe' "$dir/script"
ok "without a server a boot script comes at once ($took ms)" $?
as_nobody "$postgres_bin/pg_ctl" -D "$postgres_data" -w -l "$dir/sock/log" \
	-o "-k $dir/sock -c listen_addresses= -c fsync=off" start >/dev/null
for i in 1 2; do
	for _ in $(seq 100); do
		[ "$(call $i GET /api/v1/hosts/PG-1)" = 200 ] && break
		sleep 0.1
	done
done
last=$(call 1 GET '/api/v1/events?sort=-id&limit=1' >/dev/null && jq '.items[0].id' "$dir/body")
(
	sleep 1
	call 1 PATCH /api/v1/hosts/PG-1 -d '{"name":"after the restart"}' >/dev/null
) &
begin=$(date +%s%N)
curl -s -o "$dir/poll" --max-time 20 --unix-socket "$dir/run2/admin.sock" \
	"http://x/api/v1/changes?since=$last&wait=10"
took=$((($(date +%s%N) - begin) / 1000000))
wait $!
[ "$(jq '.items | length' "$dir/poll")" -ge 1 ] && [ $took -lt 1900 ]
ok "notices reach the other appliance after the restart ($took ms)" $?

# ---- a server that takes no changes: a standby, or a primary that was demoted -------------------
settings() { # settings SQL: of the server, for all sessions
	psql -q -h "$dir/sock" -U root -d postgres -c "$1" -c 'SELECT pg_reload_conf()' >/dev/null
}
settings 'ALTER SYSTEM SET default_transaction_read_only = on'
for _ in $(seq 50); do
	[ "$(call 2 PATCH /api/v1/hosts/PG-1 -d '{"name":"standby"}')" = 503 ] && break
	sleep 0.1
done
same "a change on a standby is refused as unavailable" "$(call 2 PATCH /api/v1/hosts/PG-1 -d '{"name":"standby 2"}')" 503
psql -q -h "$dir/sock" -U root -d postgres -c 'SET default_transaction_read_only = off' \
	-c 'ALTER SYSTEM RESET default_transaction_read_only' -c 'SELECT pg_reload_conf()' >/dev/null
for _ in $(seq 100); do
	[ "$(call 2 PATCH /api/v1/hosts/PG-1 -d '{"name":"promoted"}')" = 200 ] && break
	sleep 0.1
done
same "after its promotion changes are taken" "$(call 2 PATCH /api/v1/hosts/PG-1 -d '{"name":"promoted 2"}')" 200
eval kill -9 "\$pid1"
[ "$(call 2 PATCH /api/v1/hosts/PG-1 -d '{"name":"alone"}')" = 200 ]
ok "the first is killed, the second goes on" $?
[ "$(call 2 GET /api/v1/audit/check)" = 200 ] && jq -e .whole "$dir/body" >/dev/null
ok "the audit chain of both is whole" $?

# ---- the restore drill: yesterday's dump is put back --------------------------------------------
sql() { psql -q -At -h "$dir/sock" -U root -d "$1" -c "$2"; }
host=$(sql fleet "SELECT min(num) FROM host")
sql fleet "INSERT INTO flow_arm (id, host_num, image_digest, line, version, arch, disk_wwn, disk_serial, disk_bytes,
	wipe_consent, who, reason, created_us, expires_us, consumed_us, session_id, permit_id, first_boot_hash, ended_us, result)
	VALUES ('drill', $host, '', '', '', '', '', 'D1', 1, '', 'me', '', 1, 9000000000000000, 0, '', '', '', 0, '')"
"$postgres_bin/pg_dump" -h "$dir/sock" -U root fleet >"$dir/dump.sql"
ok "the fleet is dumped with an open arm" $?
for i in 1 2 3; do call 2 PATCH /api/v1/hosts/PG-1 -d "{\"name\":\"since the dump $i\"}" >/dev/null; done
last=$(call 2 GET '/api/v1/events?sort=-id&limit=1' >/dev/null && jq '.items[0].id' "$dir/body")
eval kill "\$pid2"
eval wait "\$pid2"
sql postgres 'DROP DATABASE fleet' && sql postgres 'CREATE DATABASE fleet' &&
	psql -q -h "$dir/sock" -U root -d fleet <"$dir/dump.sql" >/dev/null
ok "and put back" $?
"$build/bin/slipwayd" --config "$dir/2.conf" --restored 2>>"$dir/2.log"
ok "one command makes it safe" $? "$dir/2.log"
same "no arm is open" "$(sql fleet 'SELECT count(*) FROM flow_arm WHERE ended_us = 0')" 0
same "all writing is stopped" "$(sql fleet "SELECT value FROM flow_setting WHERE key = 'stopped'")" 1
start 2
ok "the appliance starts on it" $?
call 2 GET "/api/v1/events?since=$last" >/dev/null
same "a consumer's cursor from before goes on with store.restored" "$(jq -r '.items[0].kind' "$dir/body")" store.restored
same "which is told once" "$(sql fleet "SELECT count(*) FROM event WHERE kind = 'store.restored'")" 1
same "and the generation counts up" "$(sql fleet 'SELECT generation FROM fleet_clock')" 2
echo "1..$n"
exit $bad
