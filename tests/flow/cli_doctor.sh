#!/bin/sh
# slipway doctor and slipwayd --check-config: what is wrong with a machine is named, with how to mend it.
# usage: cli_doctor.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir doctor
flow_wire
flow_config
doctor() { "$build/bin/slipway" doctor --json --config "$dir/slipway.conf" >"$dir/body" 2>"$dir/2"; }
row() { jq -r --arg n "$1" --arg m "$2" '[.[] | select(.name == $n)][0][$m] // ""' "$dir/body"; }

levels() { # as gauges have them, of what is known
	jq -r '.[] | select(.name != "server" and .status != "unknown") | .name + " " + ({ok: 0, warning: 1, error: 2}[.status] | tostring)' "$dir/body" | sort
}

doctor
same "without a daemon it fails" $? 1
same "and says so" "$(row server status)" error
same "the interface is there" "$(row interface found)" "sw0 has 10.99.0.1"
same "the ports are free" "$(row 'port 80/tcp' found) $(row 'port 443/tcp' found)" "free free"
same "boot files are missing" "$(row 'boot files x86_64' status)" warning
[ -n "$(row 'boot files aarch64' mend)" ]
ok "with how to mend it" $?
same "each check that is not ok has something to mend" "$(jq '[.[] | select(.status != "ok" and (.mend // "") == "")] | length' "$dir/body")" 0

python3 -m http.server 80 --bind 10.99.0.1 >/dev/null 2>&1 &
taker=$!
for _ in $(seq 50); do
	curl -s -o /dev/null http://10.99.0.1/ && break
	sleep 0.1
done
doctor
same "a port that is taken" "$(row 'port 80/tcp' status)" error
row 'port 80/tcp' found | grep -q "^held by python3.* (pid $taker)$"
ok "by whom" $?
"$build/bin/slipwayd" --config "$dir/slipway.conf" --check-config >"$dir/1" 2>&1
same "--check-config ends with 1" $? 1
grep -q '^error *port 80/tcp *held by python3' "$dir/1"
ok "and names the program, too" $?
kill "$taker"
wait "$taker" 2>/dev/null

flow_start
for _ in $(seq 100); do # its API answers before nginx has the ports
	grep -q 'ev=server.ready' "$dir/log" && break
	sleep 0.1
done
doctor
same "with a daemon all is well" "$? $(jq -r '[.[] | select(.status == "error") | .name] | join(" ")' "$dir/body")" "0 "
same "the server answers" "$(row server status)" ok
row 'port 443/tcp' found | grep -q '^nginx (pid'
ok "the port is nginx's" $?
row certificate found | grep -q 'pin sha256//.\{44\}$'
ok "the pin is printed" $?
pin=$(row certificate found | sed 's/.*--pin //')
"$build/bin/slipway" --server https://10.99.0.1 --pin "$pin" host list >"$dir/1" 2>"$dir/2"
grep -q 'http.pin\|cannot connect' "$dir/2"
same "and it is the right one" $? 1
same "each check has a name of its own" "$(jq '(map(.name) | length) - (map(.name) | unique | length)' "$dir/body")" 0
row 'store growth' found | grep -q '^[0-9]* MiB; how fast it grows is known after an hour$'
ok "the store's size is there, and its growth when it is known" $?
levels >"$dir/told"
for _ in $(seq 100); do # the daemon's first check of its machine
	call GET /metrics >/dev/null
	grep -q '^slipway_check{name="interface"}' "$dir/body" && break
	sleep 0.1
done
sed -n 's/^slipway_check{name="\(.*\)"} \([0-9]\)$/\1 \2/p' "$dir/body" | sort >"$dir/gauges"
same "each gauge is a check of the command, and as bad" "$(comm -13 "$dir/told" "$dir/gauges")" ""
same "there are some" "$(($(wc -l <"$dir/gauges") >= 14))" 1
doctor
"$build/bin/slipway" token create afar read >"$dir/token"
pin=$(row certificate found | sed 's/.*--pin //')
SLIPWAY_TOKEN=$(cat "$dir/token") "$build/bin/slipway" --server https://10.99.0.1 --pin "$pin" doctor --json >"$dir/body" 2>"$dir/2"
levels >"$dir/told"
same "and from afar all that is known has one" "$(diff "$dir/told" "$dir/gauges")" ""
same "what the daemon's user cannot see is not guessed" "$(jq -r '[.[] | select(.status == "unknown") | .name] |
	map(select(. != "clock" and (startswith("port ") | not))) | length' "$dir/body")" 0
doctor
same "no other DHCP server" "$(row 'other DHCP' status)" ok
call POST /api/v1/stop-all >/dev/null
doctor
same "stopped writing is a warning" "$(row writing status) $(row writing mend)" "warning slipway writing resume"
"$build/bin/slipway" doctor --config "$dir/slipway.conf" >"$dir/1"
grep -qE '^STATUS +CHECK +FOUND' "$dir/1" && grep -qE '^ok +server ' "$dir/1"
ok "a table for people" $?
flow_stop

sed -i 's/interface=sw0/interface=nosuch0/' "$dir/slipway.conf"
doctor
row interface found | grep -q 'sw0 10.99.0.1'
ok "a wrong interface: those that exist are named" $?
sed -i 's/interface=nosuch0/interface=sw0/; s/^mode=off/mode=full\nrange_start=10.99.0.200\nrange_end=10.99.0.100/' "$dir/slipway.conf"
doctor
same "a range upside down" "$(row 'DHCP range' status)" error
sed -i 's/range_start=.*/range_start=10.98.0.1/; s/range_end=.*/range_end=10.98.0.9/' "$dir/slipway.conf"
doctor
row 'DHCP range' found | grep -q 'not inside the network 10.99.0.0'
ok "a range outside the network" $?
echo "colour=red" >>"$dir/slipway.conf"
doctor
same "a wrong line" "$(row configuration status)" error
row configuration found | grep -q 'slipway.conf:[0-9]'
ok "with its number" $?
echo "1..$n"
exit $bad
