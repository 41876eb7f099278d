#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# An agent without slipwayd: it takes signed steps, goes on after the server was down and after it came
# back, refuses plans and servers of another key, and loses no event.
#
# usage: agent_session.sh [BUILD]
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
build=${1:-${BUILD:-$here/build}}
agent=$build/bin/slipway-agent
work=$(mktemp -d)
server=
clock=
n=0
failed=0

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

is() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		failed=1
		echo "not ok $n - $1: '$2', not '$3'"
	fi
}

# start NAME STEPS [server options]
start() {
	dir=$work/$1
	mkdir -p "$dir/keys"
	printf '%s' "$2" >"$dir/steps.json"
	shift 2
	python3 "$here/tests/harness/agent_server.py" "$dir" "$dir/steps.json" "$@" >"$dir/server.log" 2>&1 &
	server=$!
	tries=0
	until [ -e "$dir/port" ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || exit 1
		sleep 0.1
	done
	echo "quiet slipway.server=https://127.0.0.1:$(cat "$dir/port") slipway.pin=$(cat "$dir/pin") slipway.boot=b1" >"$dir/cmdline"
}

stop() {
	kill "$server"
	wait "$server" 2>/dev/null || true
	server=
}

run() {
	status=0
	timeout "$1" env ${clock:+"LD_PRELOAD=$work/clock.so" "WRONG_CLOCK=$clock" ASAN_OPTIONS=verify_asan_link_order=0} "$agent" --cmdline "$dir/cmdline" --plan-key "${2:-$dir/plan-key.pem}" --key-dir "$dir/keys" \
		>"$dir/agent.log" 2>&1 || status=$?
}

events() {
	jq -r 'select(.path | endswith("/events")) | select(.status == 200) | .body.events[] | '"$1" "$dir/log.ndjson"
}

kinds() { # without the kernel's log, which is this machine's own
	events 'select(.kind != "log") | .kind' | tr '\n' ' '
}

[ -x "$agent" ] || { echo "1..0 # SKIP no $agent"; exit 0; }
for program in nginx python3 openssl jq; do
	command -v $program >/dev/null || { echo "1..0 # SKIP no $program"; exit 0; }
done

start plain '[{"kind":"inspect"},{"kind":"wait","message":"hold on","turn":"operator"},{"kind":"reboot","delay_s":0}]'
run 60
is 'the agent ends with "reboot"' "$status" 10
is 'each event came once, in order' "$(events .seq | tr '\n' ' ')" "$(seq "$(events .seq | wc -l)" | tr '\n' ' ')"
is 'facts, the end of inspect, the end of reboot' "$(kinds)" 'facts step_done step_done '
# This machine's own kernel log, if it may be read.
if timeout 5 dd if=/dev/kmsg iflag=nonblock bs=8k count=1 >/dev/null 2>&1; then
	is "the kernel's log is the first that comes" "$(events 'select(.seq == 1) | .data.text[0:9]')" 'kernel: ['
else
	is "the kernel's log cannot be read here, and nothing waits for it" "$(events 'select(.kind == "log") | .seq')" ''
fi
is 'a wait is shown, not answered' "$(events 'select(.kind == "step_done") | .data.seq' | tr '\n' ' ')" '1 3 '
is 'its key is for the owner alone' "$(stat -c %a "$dir/keys/key.pem")" 600
stop

start down '[{"kind":"inspect"},{"kind":"reboot","delay_s":0}]' --down-after 2
run 120
is 'an outage delays and ends' "$status" 10
is 'and loses nothing' "$(events .seq | sort -n | uniq | tr '\n' ' ') $(kinds | tr ' ' '\n' | sort -u | tr '\n' ' ')" \
	"$(seq "$(events .seq | sort -n | tail -1)" | tr '\n' ' ') facts step_done "
stop

start forged '[{"kind":"reboot","delay_s":0}]'
openssl genpkey -algorithm ed25519 2>/dev/null | openssl pkey -pubout >"$dir/other.pem"
run 6 "$dir/other.pem"
is 'a plan signed by another key is not obeyed' "$status" 124
is 'and said so' "$(grep -c 'plan.signature' "$dir/agent.log" | sed 's/^[1-9].*/some/')" some
stop

start pinned '[{"kind":"reboot","delay_s":0}]'
sed -i 's|sha256//[^ ]*|sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=|' "$dir/cmdline"
run 4
is 'a server with another key gets no request' "$(wc -l <"$dir/log.ndjson")" 0
is 'and said so, too' "$(grep -c 'http.pin' "$dir/agent.log" | sed 's/^[1-9].*/some/')" some
stop

start erase '[{"kind":"erase","disk":{"wwn":"","serial":"S","size_bytes":1},"arm_id":"a","method":"discard"},{"kind":"reboot","delay_s":0}]'
run 60
is 'a step that it does not know is refused by name' "$(events 'select(.kind == "step_failed") | .data.code')" input.unsupported
stop

image='{"kind":"image","arm_id":"a","image_digest":"'$(printf '%064d' 0)'","line":"l","version":"1","disk":{"wwn":"","serial":"NO-SUCH-DISK","size_bytes":4096},"wipe_consent":"","objects_url":"http://127.0.0.1:@PLAIN_PORT@/objects","host":{"hostname":"h","ssh_authorized_keys":[],"user_data":""},"first_boot":{"url":"https://127.0.0.1:@PORT@/agent/v1/first-boot","pin":"@PIN@","token":"'$(printf '%064d' 0)'"}}'
start disk "[$image,{\"kind\":\"reboot\",\"delay_s\":0}]"
run 60
is 'a disk that is not there is not replaced by another' "$(events 'select(.kind == "step_failed") | .data.code')" guard.disk.none
is 'and no permit was asked for' "$(grep -c /permits "$dir/log.ndjson" || true)" 0
stop

# The clock of a new host, or of one whose battery is empty: plans, pins and certificates hold all the same. The second one
# passes the end of 32 bits on the way.
${CC:-cc} -shared -fPIC -o "$work/clock.so" "$here/tests/harness/wrong_clock.c"
for clock in 0 2147483647 4102444800; do
	start "clock$clock" '[{"kind":"inspect"},{"kind":"reboot","delay_s":0}]'
	run 60
	year=$(date -u -d "@$clock" +%Y)
	is "the same flow with a clock at $year, which is set" \
		"$(grep -c "^wrong_clock: $year is set to $(date -u +%Y)" "$dir/agent.log") $status $(kinds)" \
		"1 10 facts step_done step_done "
	stop
done
clock=

echo "1..$n"
exit $failed
