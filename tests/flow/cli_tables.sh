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
	rack: "Halle Süd", unit: (. + 1)}] + [{serial: "EVIL", rack: "東京"}])}' >"$dir/d.json"
same "hosts are announced" "$(call POST /api/v1/deliveries -d @"$dir/d.json" -H 'Content-Type: application/json')" 201

# The server takes no such name from people; a store of an older version may hold one.
flow_stop
sqlite3 "$dir/state/slipway.db" "UPDATE host SET name = 'a' || char(27) || '[2Jb' || char(8238) || 'c' || char(155) || 'd' || char(8294) || 'e' WHERE serial = 'EVIL'"
flow_start
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

# ---- filters with a fixed set of words -------------------------------------------------------------------
"$slipway" host list state=redy >"$dir/1" 2>"$dir/2"
same "an unknown state is refused" "$? $(grep -c "unknown state 'redy'; expected one of: expected, discovered, .*, maintenance" "$dir/2")" "2 1"
"$slipway" host list 'state!=ready,redy' >"$dir/1" 2>"$dir/2"
same "also among others, and when it is not wanted" $? 2
"$slipway" fault list state=opened >"$dir/1" 2>"$dir/2"
same "an unknown state of a repair order" "$? $(grep -c 'expected one of: open, closed' "$dir/2")" "2 1"
same "known ones are not" "$("$slipway" host list state=expected,ready 'turn!=server' 'firmware=' --json | jq length)" 31

# ---- images ----------------------------------------------------------------------------------------------
"$slipway" image list >"$dir/body"
same "images of the server" "$? $(head -1 "$dir/body" | tr -s ' ')" "0 LINE VERSION ARCH SEQ DIGEST"
same "as JSON" "$("$slipway" image list --json | jq -c .)" "[]"
for words in list "remove x@1" gc fsck; do
	# shellcheck disable=SC2086 # words are split
	"$slipway" image $words --store "$dir/nothing" >"$dir/1" 2>"$dir/2"
	same "image $words: a store that is not there" "$? $(grep -c system.not_found "$dir/2") $(ls "$dir/nothing" 2>/dev/null)" "3 1 "
done
"$slipway" --server https://10.99.0.1 image gc >"$dir/1" 2>"$dir/2"
same "gc of a server is refused" "$? $(grep -c 'run it on the appliance' "$dir/2")" "1 1"
"$slipway" --server https://127.0.0.1:9 image list >"$dir/1" 2>"$dir/2"
same "a list of a server that is away" $? 5

# ---- questions -------------------------------------------------------------------------------------------
"$slipway" host retire SN-9 >"$dir/1" 2>"$dir/2" </dev/null
same "retire asks: not without a terminal" "$? $(grep -c -e '--yes' "$dir/2")" "2 2"
screen 100 "echo n | $slipway host retire SN-9" >"$dir/body"
same "still there" "$("$slipway" host show SN-9 --json | jq -r .state)" expected
script -qec "$slipway host retire SN-9" /dev/null >"$dir/body" <<-'END'
	n
END
same "no is no" "$("$slipway" host show SN-9 --json | jq -r .state) $(grep -c "serial 'SN-9'" "$dir/body")" "expected 1"
script -qec "$slipway host retire SN-9" /dev/null >"$dir/body" <<-'END'
	y
END
same "yes is yes" "$("$slipway" host show SN-9 --json | jq -r .state)" retired
"$slipway" host retire --yes SN-8 reason=old >"$dir/body"
same "scripts give --yes" "$("$slipway" host show SN-8 --json | jq -r .state)" retired

# ---- tokens ----------------------------------------------------------------------------------------------
"$slipway" token create --expires 2h ci read >"$dir/body" 2>"$dir/2"
same "a token that lives two hours" "$? $("$slipway" token list | grep -cE 'ci .* in 1 h 59 min')" "0 1"
token=$(cat "$dir/body") pin=$("$slipway" doctor --json --config "$dir/slipway.conf" | jq -r '.[] | select(.name == "certificate").found' | sed 's/.*--pin //')
remote() { SLIPWAY_TOKEN=$token "$slipway" --server https://10.99.0.1 --pin "$pin" host list >"$dir/1" 2>"$dir/2"; }
remote
same "it opens the API" $? 0
SLIPWAY_TOKEN=$token "$slipway" --server https://10.99.0.1 --pin "$pin" image list --json >"$dir/1" 2>"$dir/2"
same "and the list of images, which makes no store here" "$? $(jq -c . "$dir/1") $(ls -d "$dir/nothing" /var/lib/slipway/objects 2>/dev/null)" "0 [] "
SLIPWAY_TOKEN=$token "$slipway" --server https://10.99.0.1 host list >"$dir/1" 2>"$dir/2"
same "without the pin it is said where it stands" "$? $(grep -c -e '--pin' "$dir/2")" "5 1"
for words in "host list" "host list --csv" "host list --json" "host show SN-1" "token list"; do
	# shellcheck disable=SC2086 # words are split
	"$slipway" $words >/dev/full 2>"$dir/2"
	same "standard output is full: $words" "$? $(grep -c 'cli.output' "$dir/2")" "7 1"
done
sqlite3 "$dir/state/slipway.db" "UPDATE token SET expires_us = 1700000000000000 WHERE name = 'ci'"
remote
same "an expired token is told since when" "$? $(grep -c "the token 'ci' expired on 2023-11-14T22:13:20Z.*auth.token" "$dir/2")" "1 1"
sqlite3 "$dir/state/slipway.db" "UPDATE token SET revoked_us = 1700000000000000 WHERE name = 'ci'"
remote
same "a revoked one, too" "$(grep -c "was revoked on 2023-11-14" "$dir/2")" 1
token=slipway_0123456789012345678901234567890123456789
remote
same "an unknown one learns nothing" "$(grep -c "the token is not known" "$dir/2")" 1
"$slipway" token create --expires tomorrow ci2 read >"$dir/1" 2>"$dir/2"
same "what is not a time" "$? $(grep -c 'expected a duration' "$dir/2")" "2 1"

# ---- people ----------------------------------------------------------------------------------------------
echo "correct horse battery" | "$slipway" user create Anna operator >"$dir/1" 2>"$dir/2"
same "an account, its password from standard input" "$? $(cat "$dir/1")" "0 created; sign in at the page as anna"
echo short | "$slipway" user create ben viewer >"$dir/1" 2>"$dir/2"
same "a short password" "$? $(grep -c 'a password has 12 to 256 bytes, this one has 5' "$dir/2")" "1 1"
"$slipway" user create --links-only ben king >"$dir/1" 2>"$dir/2"
same "no such role" "$? $(grep -c 'there are viewer, technician, operator, admin' "$dir/2")" "1 1"
browser() { # browser PATH [CURL-ARGUMENT]...: as the page calls, with the cookies of anna's browser; prints the status
	path=$1
	shift
	curl -sk -o "$dir/body" -w '%{http_code}' --max-time 20 -b "$dir/jar" -c "$dir/jar" -H 'X-Slipway-Page: 1' "$@" "https://10.99.0.1/api/v1$path"
}
same "a wrong password, by nginx and a reader" "$(browser /sign-in --json '{"name":"anna","password":"wrong horse battery"}') $(jq -r .code "$dir/body")" "401 auth.password"
same "the right one" "$(browser /sign-in --json '{"name":"anna","password":"correct horse battery"}') $(jq -r .role "$dir/body")" "201 operator"
same "the cookie opens the API" "$(browser /hosts) $(browser /users)" "200 403"
# A sign-in that waits for a busy disk is slow, too; with scrypt on the loop each of them would be.
for _ in 1 2 3; do browser /sign-in --json '{"name":"anna","password":"wrong horse battery"}' >/dev/null; done
[ "$(grep -c 'loop.slow.*sign-in' "$dir/log")" -lt 5 ]
ok "scrypt does not run on the loop" $?
same "the list of people" "$("$slipway" user list | grep -cE '^anna +operator +')" 1
"$slipway" user link anna >"$dir/link" 2>"$dir/2"
same "a link" "$? $(grep -cE '^https://10.99.0.1/#/link/sll_[0-9a-f]{64}$' "$dir/link") $(grep -c "signs 'anna' in once" "$dir/2")" "0 1 1"
screen 80 "$slipway user link anna" >"$dir/body"
same "with a QR code on a terminal" "$(grep -c '30;47m.*0m' "$dir/body")" 21
echo "other horse battery" | "$slipway" user password anna >"$dir/1"
same "another password signs out everywhere" "$? $(browser /hosts)" "0 401"
same "the audit log names the person" "$(sqlite3 "$dir/state/slipway.db" "SELECT method, path FROM audit WHERE who = 'user:anna' AND status = 201")" "POST|/api/v1/sign-in"
"$slipway" user disable anna >"$dir/1"
same "disabled" "$? $("$slipway" user list --json | jq -r '.items[0].disabled | type')" "0 string"

# ---- names for completion: only those that a shell cannot run -------------------------------------------
# shellcheck disable=SC2016 # a name that is a command
"$slipway" host set SN-2 'name=$(touch /tmp/ran)' >/dev/null
"$slipway" completion hosts >"$dir/body"
same "codes, names and serials of hosts" "$(grep -cxE 'SN-2|EVIL|renamed' "$dir/body")" 3
grep -qvE '^[A-Za-z0-9._:-]+$' "$dir/body"
same "none that a shell would run" $? 1
echo "1..$n"
exit $bad
