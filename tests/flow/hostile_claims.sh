#!/bin/sh
# Strangers who say that they are a host (its MAC, its papers), a token that may approve and not arm, one person alone with
# a host in service: from the provisioning network, against a real slipwayd behind nginx and TLS; nothing changes by any of
# them. usage: hostile_claims.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir claims
flow_wire
SOURCES=$(seq -f 10.99.0.%g 100 119 | paste -sd' ')
export SOURCES
# shellcheck disable=SC2086
flow_station stranger $SOURCES
flow_station honest 10.99.0.77
flow_config '[orders]' second_person_above=100
flow_start
ok "slipwayd starts behind nginx" $? "$dir/log"
flow_image
same "a profile images hosts by itself" "$(call POST /api/v1/profiles -d '{"name":"p","priority":10,"match":{"serial":"H-*"},
	"enrol":true,"auto_approve":true,"burnin":{"tier":"quick","limits":{"cpu_s":1}},"image":{"line":"debian12"},
	"host":{"hostname":"h-{short_code}","user_data":"MARKERclaims"}}')" 201
same "another lets hosts in that wait" "$(call POST /api/v1/profiles -d '{"name":"w","priority":9,"match":{"serial":"*"},
	"enrol":true,"image":{"line":"debian12"},"host":{"user_data":"MARKERclaims"}}')" 201
token() { # NAME SCOPES
	call POST /api/v1/tokens -d "{\"name\":\"$1\",\"owner\":\"ann\",\"scopes\":[$2]}" >/dev/null
	jq -r .token "$dir/body" >"$dir/token.$1"
}
token approve '"read","approve"'
token all '"read","approve","arm","erase","inventory","admin"'
SOURCES='' on honest timeout 60 python3 tests/harness/hostile_agent.py honest "$dir" 10.99.0.1 H-1 40 >"$dir/host" 2>"$dir/2"
same "a host is ready" "$(cut -d' ' -f1 "$dir/host")" ready
alive=$(cut -d' ' -f22 "/proc/$daemon/stat")
on stranger timeout 100 python3 tests/flow/hostile_claims.py "$dir" 10.99.0.1 >"$dir/claims" 2>"$dir/2"
ok "every claim was made" $? "$dir/2"
while read -r verdict name; do
	case $verdict in
	ok) ok "$name" 0 ;;
	*) ok "${name#ok }" 1 ;;
	esac
done <"$dir/claims"
same "it is the same process as before" "$(cut -d' ' -f22 "/proc/$daemon/stat")" "$alive"
echo "1..$n"
exit $bad
