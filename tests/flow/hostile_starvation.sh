#!/bin/sh
# W-07: connections that open and close in turn.
# A stranger takes all that it can get of a real slipwayd behind nginx and TLS, in one way after another. Beside it an
# honest host goes from power-on to ready, its heartbeats are answered at once, and boot scripts keep coming.
# usage: hostile_starvation.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir starve
flow_wire
MANY=$(seq -f 10.99.0.%g 100 219)
# shellcheck disable=SC2086
flow_station stranger 10.99.0.66 $MANY
flow_station known 10.99.0.99
flow_station honest 10.99.0.77
flow_station boots 10.99.0.88
mkdir -p "$dir/boot/x86_64"
head -c 67108864 /dev/zero >"$dir/boot/x86_64/vmlinuz"
# hosts whose first try came to nothing are armed, too: what profiles may in an hour is not what is tested here
flow_config '[boot]' "files_dir=$dir/boot" '[orders]' second_person_above=100
flow_start
ok "slipwayd starts behind nginx" $? "$dir/log"
flow_image
same "a profile images hosts by itself" "$(call POST /api/v1/profiles -H 'Content-Type: application/json' -d '{"name":"p",
	"priority":10,"match":{"serial":"*"},"enrol":true,"auto_approve":true,"burnin":{"tier":"quick","limits":{"cpu_s":1}},
	"image":{"line":"debian12","version":"latest"},"host":{"hostname":"h-{short_code}"}}')" 201
agent=tests/harness/hostile_agent.py
kib() { du -sk "$@" 2>/dev/null | awk '{ n += $1 } END { print n }'; }
sources=
born=$(cut -d' ' -f22 "/proc/$daemon/stat")

# Eight seconds of a flood, and the others beside it. The stranger is another machine: here it gets the time that nobody
# else wants.
measure() { # FLOOD HONEST-SERIAL
	before=$(kib "$dir/state/slipway.db"* "$dir/state/store"*)
	on stranger timeout 40 env SOURCES="$sources" chrt --idle 0 python3 $agent flood "$1" "$dir" 10.99.0.1 8 >"$dir/flood" 2>"$dir/flood.err" &
	flood=$!
	sleep 1
	on boots timeout 40 python3 $agent boot 10.99.0.1 6 >"$dir/boots" 2>&1 &
	boots=$!
	most=0
	on honest timeout 40 python3 $agent honest "$dir" 10.99.0.1 "$2" 20 >"$dir/honest" 2>&1 &
	honest=$!
	while kill -0 $flood 2>/dev/null; do
		now=$(kib "$dir/run")
		[ "$now" -le $most ] || most=$now
		sleep 0.5
	done
	wait $flood $boots $honest
	grown=$(($(kib "$dir/state/slipway.db"* "$dir/state/store"*) - before))
	state=none slowest=9999 p99=9999 failed=9999
	read -r state slowest <"$dir/honest"
	read -r _ p99 _ failed <"$dir/boots"
	echo "# $1: heartbeats at most $slowest ms, boots at the 99th of 100 $p99 ms, run folder $most KiB," \
		"store +$grown KiB, $(head -c 300 "$dir/flood")"
}
in_time() { [ "$slowest" -le 1000 ] && [ "$p99" -lt 100 ] && [ "$failed" = 0 ]; }

under() { # FLOOD: other tests run beside this one, so it may be slow once
	measure "$1" "H-$1"
	in_time || measure "$1" "I-$1"
	same "$1: an honest host becomes ready" "$state" ready
	[ "$slowest" -le 1000 ]
	ok "$1: its heartbeats are answered within a second" $? "$dir/honest"
	[ "$p99" -lt 100 ] && [ "$failed" = 0 ]
	ok "$1: boot answers within 100 ms" $? "$dir/boots"
	[ $most -lt 4096 ]
	ok "$1: the run folder stays small" $?
	[ "$grown" -lt 16384 ]
	ok "$1: the store stays small" $?
}
for flood in unread_downloads bodies_without_a_certificate bodies_with_a_certificate large_events enrolments requests; do
	under $flood
done
# as many addresses as a network has: known hosts are heard first
same "a profile keeps one host waiting" "$(call POST /api/v1/profiles -H 'Content-Type: application/json' -d '{"name":"w",
	"priority":99,"match":{"serial":"KNOWN*"},"enrol":true}')" 201
on known timeout 20 python3 $agent again "$dir" 10.99.0.1 KNOWN 1 >"$dir/known"
same "a host is known" "$(cut -d' ' -f2 "$dir/known")" 0
sources=$MANY
on known timeout 40 python3 $agent again "$dir" 10.99.0.1 KNOWN 7 >"$dir/known" &
known=$!
under enrolments_of_many
wait $known
read -r asked failed slowest <"$dir/known"
echo "# a known host opened $asked sessions, slowest $slowest ms"
[ "$asked" -ge 4 ] && [ "$failed" = 0 ] && [ "$slowest" -le 1500 ]
ok "enrolments_of_many: a known host opens its session at each try" $? "$dir/known"
same "it is the same process as before" "$(cut -d' ' -f22 "/proc/$daemon/stat")" "$born"
echo "1..$n"
exit $bad
