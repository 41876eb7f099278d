#!/bin/sh
# slipway host why: for every state of the lifecycle, and for a repair order, one paragraph with whose turn it is and what to
# do; commands that it names exist. usage: cli_why.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir why
flow_wire
flow_config
slipway=$build/bin/slipway
flow_start
states=$("$slipway" lifecycle show | awk '/^[a-z]/ { print $1 }')
same "there are states" "$(echo "$states" | wc -l)" 13
{
	echo serial
	for state in $states pending; do
		echo "S-$state"
	done
} >"$dir/d.csv"
"$slipway" delivery import "$dir/d.csv" d1 >"$dir/body"
ok "a host for each" $?
flow_stop
for state in $states; do
	sqlite3 "$dir/state/slipway.db" "UPDATE host SET state = '$state' WHERE serial = 'S-$state'"
done
flow_start

commands=$("$slipway" help | awk '/^  [a-z]/ { print $1, $2 }')
turn_of() { "$slipway" host why "S-$1" --json | jq -r .turn; }
for state in $states; do
	"$slipway" host why "S-$state" >"$dir/body" 2>&1
	same "$state: one paragraph, and perhaps a command" "$? $(($(wc -l <"$dir/body") <= 2))" "0 1"
	head -1 "$dir/body" | grep -qE "^Host [A-Z0-9]{8} \(serial S-$state\) is $state, for [0-9]+ s\. [A-Z].*\.$"
	ok "$state: in whole sentences" $?
	turn=$(turn_of "$state")
	grep -q "It is the $turn's turn: " "$dir/body" || [ "$state" = in-service ]
	ok "$state: whose turn it is" $?
	command=$(sed -n 2p "$dir/body" | awk '{ print $2, $3 }')
	[ -z "$command" ] || echo "$commands" | grep -qx "$command"
	ok "$state: its command exists: ${command:-none}" $?
done
same "expected" "$(turn_of expected)" technician
same "discovered" "$(turn_of discovered)" operator
same "imaging, without progress" "$(turn_of imaging)" operator
same "testing" "$(turn_of testing)" server
same "quarantined" "$(turn_of quarantined)" operator
same "ready" "$("$slipway" host why S-ready --json | jq .ready)" true
same "not ready" "$("$slipway" host why S-testing --json | jq .ready)" false

# ---- with a repair order, and with an agent that fell silent ------------------------------------------
flow_stop
sqlite3 "$dir/state/slipway.db" "
	UPDATE host SET state = 'failed' WHERE serial = 'S-pending';
	INSERT INTO fault (id, host_num, state, code, part_type, part_number, part_serial, slot, action, detail, turn, run_id, opened_us, closed_by, note, changed_us, revision)
		SELECT 'F1', num, 'open', 'disk.media', 'drive', 'MZ7', 'S6CK' || char(27) || '[2J', 'Bay 3', 'replace the disk in Bay 3', '12 sectors are lost', 'technician', '', 1, '', '', 1, 1
		FROM host WHERE serial = 'S-failed';
	INSERT INTO fault (id, host_num, state, code, part_type, part_number, part_serial, slot, action, detail, turn, run_id, opened_us, closed_by, note, changed_us, revision)
		SELECT 'F2', num, 'open', 'image.digest', '', '', '', '', '', '', '', '', 1, '', '', 1, 1 FROM host WHERE serial = 'S-pending';
	INSERT INTO event (at_us, host_num, kind, actor, summary, detail)
		SELECT 1, num, 'session.silent', '', 'silent', '{}' FROM host WHERE serial = 'S-testing';
	UPDATE fleet_clock SET last_id = (SELECT max(id) FROM event)" >"$dir/body" 2>&1
ok "a fault, an error and a silence are in the store" $?
flow_start
"$slipway" host why S-failed >"$dir/body"
grep -qF "It is the technician's turn: Replace the disk in Bay 3." "$dir/body"
ok "the repair order says what to do" $?
grep -qF 'Repair order F1, disk.media, slot Bay 3, serial S6CK\u001b[2J, part MZ7: 12 sectors are lost.' "$dir/body"
ok "with slot, serial and part" $?
same "also for programs" "$("$slipway" host why S-failed --json | jq -r '.fault.slot + " " + .turn')" "Bay 3 technician"
"$slipway" host why S-pending >"$dir/body"
grep -q "It is the operator's turn: " "$dir/body"
ok "an error without an action is explained by its own hint" $?
same "a silent agent is the technician's turn" "$(turn_of testing)" technician
"$slipway" host why nobody >"$dir/1" 2>"$dir/2"
same "no such host" "$? $(grep -c 'host.unknown' "$dir/2")" "3 1"

# ---- a machine that no profile lets in ----------------------------------------------------------------
curl -s -o /dev/null --unix-socket "$dir/run/http.sock" -H 'X-Slipway-Listener: plain' \
	'http://x/boot/v1/script?mac=52-54-00-aa-00-77&arch=x86_64&platform=efi&manufacturer=Acme&serial=%1b%5b2JS7'
for _ in $(seq 50); do
	"$slipway" host seen >"$dir/body"
	grep -q 52:54:00:aa:00:77 "$dir/body" && break
	sleep 0.1
done
grep -qE '^52:54:00:aa:00:77 .* Acme .*x86_64 +uefi +there is no profile yet' "$dir/body"
ok "a machine that is not let in is seen, and why" $? "$dir/body"
"$slipway" host let-in 5254.00aa.0077 >"$dir/body" 2>&1
same "the profile that is missing is made" "$? $(grep -c "profile 'one-525400aa0077' stored" "$dir/body")" "0 1"
same "it lets in that machine and nobody else" "$("$slipway" profile show one-525400aa0077 | jq -c '[.match, .enrol, .auto_approve]')" \
	'[{"mac":"52:54:00:aa:00:77"},true,false]'
"$slipway" host let-in 52:54:00:aa:00:77 >"$dir/1" 2>"$dir/2"
same "once" "$? $(grep -c "lets it in now" "$dir/2")" "1 1"
"$slipway" host let-in 52:54:00:aa:00:78 >"$dir/1" 2>"$dir/2"
same "one that was not seen" "$? $(grep -c "'slipway host seen' lists them" "$dir/2")" "3 1"
echo "1..$n"
exit $bad
