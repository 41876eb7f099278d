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
same "it is the same process as before" "$(cut -d' ' -f22 "/proc/$daemon/stat")" "$alive"
same "the admin socket answers" "$(call GET /healthz)" 200
same "every event can be read" "$(call GET '/api/v1/events?limit=1000')" 200
echo "1..$n"
exit $bad
