#!/bin/sh
# Strangers who hold connections with bodies that never end and with requests that wait, from many addresses of the
# provisioning network: what they hold is bounded, and an honest host works beside them. usage: hostile_slow.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir slow
flow_wire
SOURCES=$(seq 100 135 | sed 's/^/10.99.0./' | paste -sd' ')
export SOURCES
# shellcheck disable=SC2086
flow_station stranger $SOURCES
flow_station honest 10.99.0.77
flow_station waiter 10.99.0.80 10.99.0.81 10.99.0.82
flow_config
flow_start
ok "slipwayd starts behind nginx" $? "$dir/log"
alive=$(cut -d' ' -f22 "/proc/$daemon/stat")
same "a profile lets every host in" "$(call POST /api/v1/profiles -H 'Content-Type: application/json' \
	-d '{"name":"p","priority":10,"match":{"serial":"*"},"enrol":true}')" 201
held() { # connections at nginx that are open
	ss -Htn state established sport = :443 | wc -l
}

same "requests without a token are closed though their bodies never end" "$(on stranger sh -c \
	"timeout 60 python3 tests/flow/hostile_slow.py refused 10.99.0.1 120" 2>"$dir/2")" 0
on stranger timeout 60 python3 tests/flow/hostile_slow.py events "$dir" 10.99.0.1 >"$dir/events" 2>"$dir/2" &
for _ in $(seq 100); do
	[ -s "$dir/events" ] && break
	sleep 0.2
done
same "144 batches of events that never end stand" "$(cat "$dir/events") $([ "$(held)" -ge 100 ] && echo held)" "144 held"
same "beside them an honest host opens a session, gets a step, sends facts and beats" \
	"$(SOURCES='' on honest timeout 60 python3 tests/flow/hostile_slow.py honest "$dir" 10.99.0.1 2>"$dir/2")" "201 200 200 200"
same "the boot script comes" "$(curl -s -o /dev/null -w '%{http_code}' --max-time 2 'http://10.99.0.1/boot/v1/script?mac=52:54:00:00:00:09')" 200
SOURCES="10.99.0.80 10.99.0.81 10.99.0.82" on waiter timeout 60 python3 tests/flow/hostile_slow.py waiters "$dir" 10.99.0.1 >"$dir/waiters" 2>"$dir/2"
read -r opened answered codes <"$dir/waiters"
same "one session has few requests that wait: of 48 these come back at once" "$opened $answered $codes" "201 40 204"
same "it is the same process as before" "$(cut -d' ' -f22 "/proc/$daemon/stat")" "$alive"
echo "1..$n"
exit $bad
