#!/bin/sh
# A stranger does everything at random (seeded): all routes, all orders of protocol steps, any text, replays, and what other
# hosts say; beside it three honest hosts live one life after another. Nothing dies, no honest host is delayed beyond 10 s,
# no secret gets out, no state changes without a right. HOSTILE_SECONDS (30) and HOSTILE_SEED are of the environment.
# usage: hostile_random.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
seconds=${HOSTILE_SECONDS:-30} seed=${HOSTILE_SEED:-1}
echo "# HOSTILE_SECONDS=$seconds HOSTILE_SEED=$seed"
flow_dir random
flow_wire
SOURCES="10.99.0.66 10.99.0.67 10.99.0.68 10.99.0.69"
# shellcheck disable=SC2086
flow_station stranger $SOURCES
# each life is another machine: from one address alone new hosts come at two a minute
honest_a=$(seq -f 10.99.0.%g 100 139) honest_b=$(seq -f 10.99.0.%g 140 179) honest_c=$(seq -f 10.99.0.%g 180 219)
# shellcheck disable=SC2086
flow_station a $honest_a
# shellcheck disable=SC2086
flow_station b $honest_b
# shellcheck disable=SC2086
flow_station c $honest_c
flow_config '[orders]' 'second_person=off'
flow_start
ok "slipwayd starts behind nginx" $? "$dir/log"
marker=MARKERrandomABCDEFGHIJKLMNOP
flow_image
same "a profile images hosts that begin with H-" "$(call POST /api/v1/profiles -H 'Content-Type: application/json' -d '{"name":"p",
	"priority":10,"match":{"serial":"H-*"},"enrol":true,"auto_approve":true,"burnin":{"tier":"quick","limits":{"cpu_s":1}},
	"image":{"line":"debian12","version":"latest"},"host":{"hostname":"h-{short_code}","user_data":"'$marker'"}}')" 201
call POST /api/v1/tokens -d '{"name":"ann","owner":"ann","scopes":["read","approve","arm","admin"]}' >/dev/null
jq -r .token "$dir/body" >"$dir/secrets"
echo $marker >>"$dir/secrets"
mkdir -p "$dir/known"
: >"$dir/opened"
call GET /api/v1/openapi.json >/dev/null
cp "$dir/body" "$dir/openapi.json"
born=$(cut -d' ' -f22 "/proc/$daemon/stat")
# Everything that only people change, in one text.
people() {
	for list in profiles tokens webhooks images orders skus locations deliveries expected; do
		call GET "/api/v1/$list" >/dev/null
		jq -cS 'del(.as_of)' "$dir/body"
	done
}
people >"$dir/people"

for name in a b c; do
	addresses=$(eval "echo \$honest_$name")
	on $name timeout $((seconds + 120)) env SOURCES="$addresses" python3 tests/harness/hostile_random.py honest "$dir" 10.99.0.1 $name "$seconds" \
		>"$dir/honest.$name" 2>&1 &
	eval "honest_$name=$!"
done
# another machine: it gets the time that nobody else wants
on stranger env SOURCES="$SOURCES" timeout $((seconds + 60)) chrt --idle 0 python3 tests/harness/hostile_random.py attack \
	"$dir" 10.99.0.1 "$seed" "$seconds" >"$dir/attack" 2>"$dir/attack.err" &
wait $!
ok "the stranger did what it could" $? "$dir/attack.err"
# shellcheck disable=SC2154
wait "$honest_a" "$honest_b" "$honest_c"
echo "# $(head -c 600 "$dir/attack")"
cat "$dir"/lives.? >"$dir/lives"
echo "# $(wc -l <"$dir/lives") lives, the longest of $(jq -s 'max_by(.took).took' "$dir/lives") s"

same "it is the same process as before" "$(cut -d' ' -f22 "/proc/$daemon/stat")" "$born"
[ "$(jq '.answers | to_entries | map(select(.key != "0").value) | add' "$dir/attack")" -gt $((seconds * 3)) ]
ok "it was answered" $? "$dir/attack"
[ "$(wc -l <"$dir/lives")" -ge 3 ]
ok "honest hosts lived" $? "$dir/honest.a"
same "each became ready" "$(jq -r .state "$dir/lives" | sort -u)" ready
# a life alone takes about three seconds
same "none was delayed beyond 10 s" "$(jq -c 'select(.took > 14 or .slowest_ms > 10000)' "$dir/lives")" ""
same "no secret got out, and no route answered without a right" "$(jq -c .leaks "$dir/attack")" "[]"
same "the stranger opened no session" "$(cat "$dir/opened")" ""
people >"$dir/people.after"
cmp -s "$dir/people" "$dir/people.after"
ok "nothing that people decide has changed" $? "$dir/people.after"
call GET '/api/v1/hosts?limit=1000' >/dev/null
cp "$dir/body" "$dir/hosts"
same "the honest hosts are ready, once each" "$(jq -r '.items[] | select(.state == "ready").serial' "$dir/hosts" | sort)" \
	"$(jq -r .serial "$dir/lives" | sort)"
# who shows a host's papers beside cards of its own is a clone (I-02): it waits alone, for a person
same "what else there is waits alone" "$(jq -r '.items[] | select(.state != "ready").state' "$dir/hosts" | sort -u | grep -vx quarantined)" ""
[ "$(jq '[.items[] | select(.state != "ready")] | length' "$dir/hosts")" -le $((2 + seconds / 15)) ]
ok "and it is little" $? "$dir/hosts"
call GET '/api/v1/events?kind=permit.granted&limit=1000' >/dev/null
same "each got one permit" "$(jq '.items | length' "$dir/body")" "$(wc -l <"$dir/lives")"
call GET '/api/v1/events?kind=host.state&limit=1000' >/dev/null
same "no honest host failed or was in quarantine" "$(jq -c --slurpfile hosts "$dir/hosts" \
	'[$hosts[].items[] | select(.state == "ready").id] as $ready | .items[] |
	select(.host_id | IN($ready[])) | select(.detail.to == "failed" or .detail.to == "quarantined")' "$dir/body")" ""
echo "1..$n"
exit $bad
