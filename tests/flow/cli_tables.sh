#!/bin/sh
# Tables for people: within the terminal, UTF-8 as it is, hostile text inert, colour on terminals only; --watch stays within
# the screen and goes on when the server restarts. usage: cli_tables.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir tables
flow_wire
flow_config
slipway=$build/bin/slipway
flow_start
screen() { # screen COLUMNS COMMAND: what a terminal of this width gets
	script -qec "stty cols $1 rows 12; $2" /dev/null </dev/null | tr -d '\r'
}
widest() { # the longest line of standard input, in characters, without colours
	sed 's/\x1b\[[0-9;]*m//g' | LC_ALL=C.UTF-8 wc -L
}

jq -n '{name: "d1", vendor: "Acme", hosts: ([range(30) | {serial: "SN-\(.)", name: "host-\(.) of the department with the long name", 
	rack: "Halle Süd", unit: (. + 1)}] + [{serial: "EVIL", name: "a\u001b[2Jb\u202ec\u009bd\u2066e", rack: "東京"}])}' >"$dir/d.json"
same "hosts are announced" "$(call POST /api/v1/deliveries -d @"$dir/d.json" -H 'Content-Type: application/json')" 201

"$slipway" host list serial=SN-1 >"$dir/body"
grep -q 'Halle Süd' "$dir/body"
ok "a rack with an umlaut is printed as such" $?
LC_ALL=C "$slipway" host list serial=SN-1 | grep -q 'Halle Süd'
ok "in any locale" $?
"$slipway" host show SN-1 | grep -q 'rack .*Halle Süd'
ok "and on the page of the host" $?
"$slipway" host list serial=SN-1 --csv | grep -q 'Halle Süd'
ok "and as CSV" $?
"$slipway" host list serial=EVIL >"$dir/body"
grep -qF 'a\u001b[2Jb\u202ec\u009bd\u2066e' "$dir/body"
ok "hostile characters are visible" $?
"$slipway" host show EVIL >>"$dir/body"
"$slipway" host list serial=EVIL --csv >>"$dir/body"
"$slipway" delivery show d1 >>"$dir/body"
screen 200 "$slipway host list serial=EVIL --json" >>"$dir/body"
LC_ALL=C grep -qP '\x1b\[2J|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]' "$dir/body"
same "none of them reaches the terminal" $? 1

for columns in 60 80 132; do
	screen $columns "$slipway host list" >"$dir/body"
	[ "$(widest <"$dir/body")" -le $columns ]
	ok "a list fits $columns columns" $? "$dir/body"
	same "with every host" "$(grep -c expected "$dir/body")" 31
	[ $columns = 60 ] || grep -q 'Halle Süd  ' "$dir/body"
	ok "and its rack, where there is room" $?
done
"$slipway" host list | head -2 >"$dir/body"
grep -q 'host-0 of the department with the long name' "$dir/body"
ok "nothing is cut in a pipe" $?
grep -qE '^HOST +NAME +STATE +SINCE ' "$dir/body"
ok "the time in the state is a column" $?
grep -qE ' expected +[0-9]+ (s|min) ' "$dir/body"
ok "in words" $?

colour=$(printf '\033\\[')
screen 132 "TERM=xterm $slipway host list" | grep -q "$colour"
ok "colour on a terminal" $?
screen 132 "TERM=xterm NO_COLOR=1 $slipway host list" | grep -q "$colour"
same "none with NO_COLOR" $? 1
"$slipway" host list | grep -q "$colour"
same "none in a pipe" $? 1

# ---- --watch -----------------------------------------------------------------------------------------
timeout 20 script -qec "stty cols 100 rows 12; $slipway host list --watch" "$dir/typescript" >/dev/null 2>&1 </dev/null &
watch=$!
sleep 3
flow_kill
sleep 3
flow_start
sleep 5
"$slipway" host set SN-0 name=renamed >/dev/null
for _ in $(seq 60); do
	grep -q renamed "$dir/typescript" && break
	sleep 0.1
done
kill "$watch" 2>/dev/null
grep -q renamed "$dir/typescript"
ok "--watch goes on through a restart of the server" $?
grep -q 'server unreachable, trying again' "$dir/typescript"
ok "and shows that it was away" $?
tr -d '\r' <"$dir/typescript" | awk -v RS='\033\\[H' 'NR > 1 { n = gsub(/\n/, ""); if (n > most) most = n } END { exit !(most > 5 && most <= 11) }'
ok "within the screen" $?
grep -q 'more lines' "$dir/typescript"
ok "and counts what did not fit" $?
"$slipway" host list --watch colour=red >"$dir/1" 2>"$dir/2"
same "a wrong filter ends it at once" $? 1

# ---- hosts by the beginning of their code -------------------------------------------------------------
code=$("$slipway" host list serial=SN-7 --json | jq -r '.[0].short_code')
for letters in 7 5 4; do
	short=$(printf %s "$code" | cut -c "1-$letters")
	[ "$("$slipway" host list "short_code=$short*" --json | jq length)" = 1 ] || continue
	same "$letters letters of a code name the host" "$("$slipway" host show "$short" --json | jq -r .serial)" SN-7
	same "in lower case, too" "$("$slipway" host show "$(echo "$short" | tr A-Z a-z)" --json | jq -r .serial)" SN-7
	"$slipway" host set "$short" note=x name=seven >/dev/null 2>&1
done
"$slipway" host show QQQQ >"$dir/1" 2>"$dir/2"
same "of no host" "$? $(grep -c host.unknown "$dir/2")" "3 1"
"$slipway" host set SN-1 name=ABCD >/dev/null
same "a name that looks like one stays a name" "$("$slipway" host show ABCD --json | jq -r .serial)" SN-1

# ---- names for completion: only those that a shell cannot run -------------------------------------------
# shellcheck disable=SC2016 # a name that is a command
"$slipway" host set SN-2 'name=$(touch /tmp/ran)' >/dev/null
"$slipway" completion hosts >"$dir/body"
same "codes, names and serials of hosts" "$(grep -cxE 'SN-2|EVIL|renamed' "$dir/body")" 3
grep -qvE '^[A-Za-z0-9._:-]+$' "$dir/body"
same "none that a shell would run" $? 1
echo "1..$n"
exit $bad
