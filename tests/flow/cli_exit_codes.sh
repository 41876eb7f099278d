#!/bin/sh
# What scripts rely on: the command's exit codes and messages are those of its README, against a real
# slipwayd; and what a host has said is printed inert. usage: cli_exit_codes.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir codes
flow_wire
flow_config
ends() { # ends TITLE CODE WHERE PATTERN WORD...: exit code, and a pattern on stdout (1), stderr (2) or nowhere (0)
	title=$1 wanted=$2 where=$3 pattern=$4
	shift 4
	"$build/bin/slipway" "$@" >"$dir/1" 2>"$dir/2"
	got=$?
	[ $got = "$wanted" ] && { [ "$where" = 0 ] || grep -q -- "$pattern" "$dir/$where"; }
	status=$?
	[ $status = 0 ] || {
		echo "# ended with $got, not $wanted"
		head -n 3 "$dir/1" "$dir/2" | sed 's/^/# /'
	}
	ok "$title" $status
}

# ---- without a server ----------------------------------------------------------------------------
ends "5: no daemon on this machine" 5 2 '\[cli.no_daemon' host list
ends "5: the socket that was tried is named" 5 2 "$dir/run/admin.sock" host list
ends "5: a server that is not there" 5 2 '\[http' --server https://127.0.0.1:9 host list
ends "0: a command that needs none" 0 1 discovered lifecycle show
ends "0: help" 0 1 '^Hosts and orders' help
ends "0: help for one noun" 0 1 'slipway host arm' help host
ends "0: help of one command, asked the other way" 0 1 '^usage: slipway host arm' help host arm
ends "0: help of one command" 0 1 '^usage: slipway host list' host list --help
for words in help -h --help; do
	"$build/bin/slipway" $words >"$dir/1" 2>"$dir/2"
	same "$words: groups on standard output, nothing on the other" \
		"$? $(grep -cE '^(Hosts and orders|Inventory|Images and trust|This command)$' "$dir/1") $(wc -c <"$dir/2")" "0 4 0"
done
ends "0: the version" 0 1 '^slipway [0-9]' --version
ends "0: the version, as a word" 0 1 '^slipway [0-9]' version
ends "2: no word" 2 2 '^usage: slipway'
ends "2: a noun without a verb" 2 2 'expected a verb after .host., one of: list, show' host
ends "0: help of a noun, asked with -h" 0 1 'slipway host list' host -h
ends "0: help of a command, asked with -h" 0 1 '^usage: slipway host arm' host arm S1 -h
ends "0: help, asked with -h" 0 1 '^Images and trust' -h
ends "0: help, asked with --help" 0 1 '^This command' --help
ends "2: no such noun" 2 2 "unknown noun 'hosts'" hosts
ends "2: no such command" 2 2 "unknown verb 'dance' of 'host'; expected one of: list, " host dance
ends "2: a noun with a typing mistake" 2 2 "did you mean 'host'" hsot
ends "2: a command with a typing mistake" 2 2 "did you mean 'host list'" hots list
ends "2: help for nothing" 2 2 "unknown noun 'hosts'" help hosts
ends "2: an unknown option" 2 2 '^usage: slipway host list' host list --colour
ends "2: it is named" 2 2 "unknown option: '--colour'" host list --colour
ends "2: checks cannot be left out" 2 2 "unknown option: '--no-check'" image install --no-check x
ends "2: an option without its value" 2 2 "option '--sort' needs a value" host list --sort
ends "2: a value that is not one" 2 2 "invalid value for --limit: 'many'; expected a number" host list --limit many
ends "2: a value of a list" 2 2 "invalid value for --arch: 'sparc'; expected x86_64 or aarch64" image build --arch sparc x
ends "2: wrong usage as JSON" 2 2 '"code": "cli.usage"' host show --json
ends "2: an unknown verb as JSON" 2 2 '"code": "cli.usage"' host dance --json
ends "5: an error as JSON" 5 2 '"code": "cli.no_daemon".*"exit_code": 5' host list --json
ends "5: --json before the noun" 5 2 '"code": "cli.no_daemon"' --json host list
ends "2: --json before a noun without that option" 2 2 "unknown option: '--json'" --json completion bash
ends "2: --json alone" 2 2 "unknown option '--json'" --json
"$build/bin/slipway" host list --json 2>"$dir/2"
jq -e . "$dir/2" >/dev/null
ok "which is one JSON document" $?
for words in "lifecycle show" help "help host" version "completion bash"; do
	# shellcheck disable=SC2086 # words are split
	"$build/bin/slipway" $words >/dev/full 2>"$dir/2"
	status=$?
	[ $status = 7 ] && grep -q '\[cli.output\]' "$dir/2"
	ok "7: standard output is full: $words" $?
done
ends "2: a missing argument" 2 2 '^usage: slipway host show' host show
ends "2: a superfluous one" 2 2 '^usage: slipway lifecycle show' lifecycle show all
ends "2: not NAME=VALUE" 2 2 "'unit' is not NAME=VALUE" host set SN-1 unit
ends "1: a file that is not an image" 1 2 '\[' image show tests/README.md

# A receipt made with nothing but openssl: whoever knows the format can make one, and check one.
receipt_type=application/vnd.slipway.receipt.v1+json
receipt() { # receipt KEY PAYLOAD
	spki=$(openssl pkey -in "$1" -pubout -outform DER | base64 -w 0)
	sig=$(printf 'DSSEv1 %s %s %s %s' ${#receipt_type} $receipt_type ${#2} "$2" | openssl dgst -sha256 -sign "$1" | base64 -w 0)
	jq -n --arg t $receipt_type --arg p "$(printf %s "$2" | base64 -w 0)" --arg k "$spki" --arg s "$sig" --arg i "$(fingerprint "$1")" \
		'{payload_type: $t, payload: $p, public_key: $k, signatures: [{keyid: $i, sig: $s}]}'
}
fingerprint() {
	openssl pkey -in "$1" -pubout -outform DER | sha256sum | cut -d ' ' -f 1
}
for key in own other; do
	openssl ecparam -name prime256v1 -genkey -noout -out "$dir/$key.pem"
done
payload='{"type":"slipway-receipt/v1","host_id":"h","session_id":"s","plan_id":"p","arm_id":"a","disk":{"wwn":"","serial":"SN-7","size_bytes":4096},"work":"image","report":{"manifest_sha256":"00ff"}}'
receipt "$dir/own.pem" "$payload" >"$dir/receipt.json"
jq '.payload |= (@base64d | sub("SN-7"; "SN-8") | @base64)' "$dir/receipt.json" >"$dir/changed.json"
ends "0: a receipt" 0 1 'disk SN-7' receipt verify "$dir/receipt.json"
ends "0: a receipt of a known key" 0 1 00ff receipt verify --key "$(fingerprint "$dir/own.pem")" "$dir/receipt.json"
ends "0: a receipt for programs" 0 1 '"serial": "SN-7"' receipt verify --json "$dir/receipt.json"
ends "0: the same, asked before the noun" 0 1 '"serial": "SN-7"' --json receipt verify "$dir/receipt.json"
ends "1: a receipt of another key" 1 2 '\[receipt.key\]' receipt verify --key "$(fingerprint "$dir/other.pem")" "$dir/receipt.json"
ends "1: a changed receipt" 1 2 '\[receipt.signature\]' receipt verify "$dir/changed.json"
ends "1: no receipt" 1 2 '\[input' receipt verify "$dir/own.pem"
ends "2: not a fingerprint" 2 2 'not a SHA-256' receipt verify --key 00ff "$dir/receipt.json"

# ---- with one --------------------------------------------------------------------------------------
flow_start
# A cell that a spreadsheet would run.
jq -n '{name: "d1", vendor: "Acme", hosts: [{serial: "SN-1"}, {serial: "SN-2", name: "Acme"}, {serial: "=cmd|A1"}]}' >"$dir/delivery.json"
printf "serial,mac\nNEW-1,52:54:00:ff:00:01\nNEW-2,nonsense\n" >"$dir/bad.csv"
curl -s --unix-socket "$SLIPWAY_SOCKET" -d @"$dir/delivery.json" http://x/api/v1/deliveries >"$dir/answer"
ends "0: a list" 0 1 SN-1 host list
ends "0: an empty list" 0 1 '^HOST' host list state=ready
ends "0: an edit" 0 1 SN-1 host set SN-1 name=web-1
ends "3: no such host" 3 2 '\[host.unknown\]' host show nobody
ends "3: no such part" 3 2 '\[system.not_found\]' part show nothing
ends "3: a hostile name of a host" 3 2 'not_found' host show '../tokens'
ends "3: no signed receipt" 3 2 '\[system.not_found\]' receipt envelope SN-1
ends "0: no receipts yet" 0 1 '^ID' receipt list
ends "4: a step that the state does not allow" 4 2 '\[' host serve SN-1
ends "4: an arm for a host that never came" 4 2 '\[state.conflict\]' host arm SN-1 image=x@1 disk.serial=123 ttl_s=600 new_disk=true dry_run=true
ends "1: a word of the wrong kind" 1 2 '\[input.field.type\]' host arm SN-1 image=x@1 disk.serial=1 dry_run=perhaps
ends "4: rows that are refused" 4 1 '1 refused' delivery import "$dir/bad.csv" d2
ends "1: an unknown filter" 1 2 '\[input.field.unknown\]' host list colour=red
ends "and a hint" 1 2 '^  hint: ' host list colour=red
ends "0: fields that exist from the start" 0 1 purchase_order field list
ends "0: a field of one's own" 0 1 'custom.level of hosts' field add hosts level choice choices=gold,silver
ends "0: values, each of its type" 0 1 '^stored' field set hosts SN-1 level=gold price=1200 tags=a,b owner=blue
ends "0: which filters find" 0 1 SN-1 host list 'custom.price>1000' custom.tags=b custom.level=gold
ends "1: a value of another type" 1 2 'a whole number' field set hosts SN-1 price=much
ends "4: a field that something has a value of" 4 2 '\[' field remove hosts level
ends "0: a value goes" 0 1 '^stored' field set hosts SN-1 level=
ends "0: then the field may go" 0 1 '^removed' field remove hosts level
ends "2: an object without fields" 2 2 'not one of: hosts' field set racks R1 a=b
ends "0: a rack unit" 0 1 '^stored' location set rack=R1 unit=1
unit=$("$build/bin/slipway" location list --json | jq -r '.[0].id')
ends "0: and what power it has" 0 1 '^stored' field set locations "$unit" watts_budget=400
ends "0: of which all is left" 0 1 '"watts_left": 400' --json space show by=rack
ends "2: a spare without words" 2 2 '^usage: slipway spare add' spare add drive
ends "2: a word that is not NAME=VALUE" 2 2 'is not NAME=VALUE' spare add drive S-9
ends "0: a spare" 0 1 '^stored: part [1-9]' spare add drive Manufacturer=INTEL Model=P4510 SerialNumber=SPARE-1 CapacityBytes=1000 shelf=S4 custom.purchase_order=ops
ends "0: another, for programs" 0 1 '"shelf": "S5"' spare add memory Manufacturer=Acme SerialNumber=SPARE-2 CapacityMiB=1024 custom.shelf=S5 --json
ends "4: the same again" 4 2 '\[' spare add drive Manufacturer=INTEL Model=P4510 SerialNumber=SPARE-1
ends "1: a type that does not exist" 1 2 'is one of processor' spare add disk Model=P4510 SerialNumber=SPARE-3
ends "1: a member that does not exist" 1 2 '\[input.field.unknown\]' spare add drive Model=P4510 SerialNumber=SPARE-3 colour=red
ends "1: a size that is not a number" 1 2 '\[input.field.type\]' spare add drive Model=P4510 SerialNumber=SPARE-3 CapacityBytes=big
ends "0: spares with their shelves" 0 1 'SPARE-1 .*S4' spare list
ends "0: of one type" 0 1 SPARE-2 spare list type=memory
! grep -q SPARE-1 "$dir/1"
ok "and of no other" $?
spare=$("$build/bin/slipway" spare list --json SerialNumber=SPARE-1 | jq -r '.[0] | select(.CapacityBytes == 1000 and .custom.purchase_order == "ops").id')
ends "0: a spare on another shelf" 0 1 '^stored' spare move "$spare" 'S 6'
ends "0: where it is found" 0 1 SPARE-1 spare list 'custom.shelf=S 6'
ends "0: a spare goes" 0 1 '^removed' spare remove "$spare"
ends "3: and is not there any more" 3 2 '\[' spare move "$spare" S7
ends "2: two at once" 2 2 '^usage: slipway spare remove' spare remove 1 2
# The server takes no such name from people; a store of an older version may hold one.
sqlite3 "$dir/state/slipway.db" "UPDATE host SET name = 'Ac' || char(27) || '[2Jme' WHERE serial = 'SN-2'"
ends "0: a host whose name is hostile" 0 1 'Ac.*me' host list
! grep -q "$(printf '\033')" "$dir/1"
ok "no control byte reaches the terminal" $?
ends "0: hosts as CSV" 0 1 "'=cmd" host list --csv
! grep -qE '(^|,)"?=cmd' "$dir/1"
ok "no cell is a formula" $?

# ---- profiles: all that is wrong at once, and what is odd ---------------------------------------------
cat >"$dir/p.json" <<'JSON'
{"name": "p", "colour": 1, "match": {"serial": "SN-*"}, "burnin": {"tier": "hard"}, "image": {"line": "nowhere", "version": "3"},
 "host": {"hostname": "{serail}", "ssh_authorized_keys": ["ssh-ed25519 AAAA... you"]}}
JSON
ends "1: four problems of a profile, all at once" 1 2 '\[input' profile add "$dir/p.json"
same "each with its place" "$(grep -cE '^slipway: /(colour|burnin/tier|host/hostname|host/ssh_authorized_keys/0): ' "$dir/2") $(grep -c '4 problems; the profile was not stored' "$dir/2")" "4 1"
ends "1: the same for programs" 1 1 '"problems"' profile check --json "$dir/p.json"
same "as one document, and one error" "$(jq '.problems | length' "$dir/1") $(jq -r .exit_code "$dir/2")" "4 1"
ends "3: none was stored" 3 2 'not_found' profile show p
jq 'del(.colour, .burnin, .host)' "$dir/p.json" >"$dir/q.json"
ends "0: one that may come to something later" 0 1 "no problem found: it fits [0-9]* of [0-9]* hosts" profile check "$dir/q.json"
same "with what is odd" "$(grep -c 'warning: there is no image nowhere@3 yet' "$dir/2")" 1
jq '.match.serial = "X*"' "$dir/q.json" >"$dir/r.json"
ends "0: it is stored" 0 1 "profile 'p' stored: it fits 0 of" profile add "$dir/r.json"
same "and fits no host" "$(grep -cE 'warning: it fits 0 of [0-9]+ hosts' "$dir/2")" 1
"$build/bin/slipway" profile remove p
same "the server alone refuses a bad one, too" \
	"$(call POST /api/v1/profiles -H 'Content-Type: application/json' -d '{"name":"p","match":{"serial":"*"},"host":{"hostname":"{x}"}}') $(jq -r .pointer "$dir/body")" "400 /host/hostname"

# ---- checkpoints of the audit log, kept elsewhere ---------------------------------------------------
key=$dir/state/keys/plan-key.pem
ends "0: a checkpoint" 0 1 audit-checkpoint audit checkpoint
cp "$dir/1" "$dir/kept.json"
ends "0: the log is what was signed" 0 1 'unchanged' audit verify --key "$key" "$dir/kept.json"
openssl pkey -in "$dir/own.pem" -pubout >"$dir/own.pub"
openssl genpkey -algorithm ED25519 2>/dev/null | openssl pkey -pubout >"$dir/other.pub"
ends "1: signed by another appliance" 1 2 '\[audit.checkpoint\]' audit verify --key "$dir/other.pub" "$dir/kept.json"
ends "1: no such key" 1 2 '\[crypto.failed\]' audit verify --key "$dir/own.pub" "$dir/kept.json"
flow_stop
sqlite3 "$dir/state/slipway.db" "DELETE FROM audit; UPDATE audit_head SET n_rows = 0, hash = printf('%064d', 0)"
rm -r "$dir/state/audit"
flow_start
ends "0: an emptied log, and no checkpoint here" 0 1 '0 signed\|0 of them' audit verify
ends "1: but one elsewhere" 1 2 '\[audit.broken\]' audit verify --key "$key" "$dir/kept.json"
echo "1..$n"
exit $bad
