#!/bin/sh
# A stranger with a certificate of its own sends text of every kind to a real slipwayd behind nginx and TLS, as
# details of failures, log lines, codes and serials: the daemon lives, each of its steps can be read, and what is
# not UTF-8 is refused. usage: hostile_text.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir text
flow_wire
SOURCES="10.99.0.66 10.99.0.67 10.99.0.68 10.99.0.69"
export SOURCES
# shellcheck disable=SC2086
flow_station stranger $SOURCES
flow_station words 10.99.0.80
flow_config
flow_start
ok "slipwayd starts behind nginx" $? "$dir/log"
same "a profile lets every host in" "$(call POST /api/v1/profiles -H 'Content-Type: application/json' \
	-d '{"name":"p","priority":10,"match":{"serial":"*"},"enrol":true}')" 201
alive=$(cut -d' ' -f22 "/proc/$daemon/stat")
on stranger timeout 120 python3 tests/harness/hostile_agent.py text "$dir" 10.99.0.1 >"$dir/rows" 2>"$dir/2"
while read -r verdict name; do
	case $verdict in
	ok) ok "field-F1 $name" 0 ;;
	*) ok "field-F1 ${name#ok }" 1 ;;
	esac
done <"$dir/rows"
[ "$(wc -l <"$dir/rows")" -ge 38 ]
ok "all rows ran" $? "$dir/2"

# ---- in everything that is read: spreadsheets, terminals, pages, the boot script, the log ---------------------------
SOURCES='' on words timeout 60 python3 tests/flow/hostile_words.py say "$dir" 10.99.0.1 >"$dir/said" 2>"$dir/2"
same "hosts whose every text is hostile" "$(cat "$dir/said")" 4
same "and their parts are in the store" "$(call GET '/api/v1/parts?limit=100' >/dev/null && jq '.items | length > 30' "$dir/body")" true
slipway=$build/bin/slipway
mkdir "$dir/csv" "$dir/tty"
for of in hosts parts placements events faults differences locations; do
	"$slipway" export csv "of=$of" >"$dir/csv/$of.csv" 2>"$dir/2" || echo "# $of: $(head -n 1 "$dir/2")"
done
"$slipway" export netbox >"$dir/csv/netbox.csv" 2>"$dir/2"
"$slipway" host list --csv >"$dir/csv/list.csv" 2>"$dir/2"
same "no cell of a table is a formula" "$(python3 tests/flow/hostile_words.py cells "$dir"/csv/*.csv)" "of many cells"
"$slipway" host list >"$dir/tty/hosts"
"$slipway" host seen >"$dir/tty/seen"
"$slipway" part list >"$dir/tty/parts"
"$slipway" fault list >"$dir/tty/faults"
"$slipway" event list >"$dir/tty/events" 2>"$dir/2"
first=$(call GET /api/v1/hosts >/dev/null && jq -r '.items[-1].id' "$dir/body")
for verb in show why parts events evidence; do "$slipway" host $verb "$first" >"$dir/tty/host-$verb" 2>&1; done
cp "$dir/log" "$dir/tty/log"
same "no terminal gets a character to act on" "$(python3 tests/flow/hostile_words.py bytes "$dir"/tty/* | grep -v ' holds$')" ""
same "it is the same process as before" "$(cut -d' ' -f22 "/proc/$daemon/stat")" "$alive"
same "the admin socket answers" "$(call GET /healthz)" 200
same "every event can be read" "$(call GET '/api/v1/events?limit=1000')" 200
echo "1..$n"
exit $bad
