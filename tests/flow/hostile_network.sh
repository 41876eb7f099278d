#!/bin/sh
# N-04, W-01, W-08: strangers take every address of a real dnsmasq, the wire loses, doubles and delays frames, a fleet powers
# on at once. Hosts that had an address keep it, a host on the bad wire becomes ready, every boot question is answered.
# usage: hostile_network.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
client=$PWD/tests/flow/hostile_network.py
flow_namespace "$@"
flow_dir network
flow_wire

echo 1..15
flow_config '[orders]' second_person_above=100
mkdir -p "$dir/boot/ipxe"
sed -i "s|^mode=off|mode=full\nrange_start=10.99.0.200\nrange_end=10.99.0.205\n[boot]\nfiles_dir=$dir/boot|" "$dir/slipway.conf"
flow_start
ok "slipwayd starts with six addresses to give" $? "$dir/log"
flow_image
same "a profile images hosts by itself" "$(call POST /api/v1/profiles -d '{"name":"p","priority":10,"match":{"serial":"*"},
	"enrol":true,"auto_approve":true,"burnin":{"tier":"quick","limits":{"cpu_s":1}},"image":{"line":"debian12"},
	"host":{"hostname":"h-{short_code}"}}')" 201

# ---- N-04 strangers take every address -----------------------------------------------------------
flow_station card 169.254.9.9
on card ip route add default dev eth0
on card python3 "$client" lease eth0 02:00:00:00:10:01 >"$dir/first" 2>"$dir/2"
ok "N-04 a host gets an address" $? "$dir/2"
on card timeout 60 python3 "$client" take eth0 9 >"$dir/taken" 2>"$dir/2"
ok "N-04 strangers ask for all that there are" $? "$dir/2"
same "N-04 they get what is left, and no more" "$(cat "$dir/taken")" 5
on card python3 "$client" lease eth0 02:00:00:00:10:01 >"$dir/again" 2>"$dir/2"
same "N-04 the host gets its own address again" "$(cat "$dir/again")" "$(cat "$dir/first")"
sleep 0.5
call GET '/api/v1/events?kind=dhcp.pool_empty&limit=100' >/dev/null
same "N-04 people are told, once" "$(jq '.items | length' "$dir/body")" 1

# ---- W-08 a fleet powers on at once --------------------------------------------------------------
# shellcheck disable=SC2046 # words
flow_station fleet $(seq -f 10.99.0.%g 101 150)
on fleet timeout 60 python3 "$client" fleet 10.99.0.1 50 101 >"$dir/fleet" 2>"$dir/2"
ok "W-08 fifty hosts ask at once what to boot" $? "$dir/2"
read -r good slowest <"$dir/fleet"
same "W-08 each is answered" "$good" 50
[ "$slowest" -lt 5000 ]
ok "W-08 within 5 s: $slowest ms" $? "$dir/fleet"

# ---- W-01 a wire that loses, doubles and delays ----------------------------------------------------
flow_station lossy
python3 "$client" sums v-lossy
on lossy python3 "$client" wire eth0 10.99.0.78 "$dir/wire" 2>"$dir/wire.err" &
for _ in $(seq 50); do
	on lossy ip address show bad0 2>/dev/null | grep -q 10.99.0.78 && break
	sleep 0.1
done
on lossy env SOURCES=10.99.0.78 timeout 60 python3 "$client" life "$dir" 10.99.0.1 >"$dir/honest" 2>"$dir/2"
ok "W-01 a host lives on a wire that loses one frame in twenty" $? "$dir/wire.err"
same "W-01 it becomes ready" "$(cat "$dir/honest")" ready
read -r lost doubled late <"$dir/wire"
[ "${lost:-0}" -gt 0 ] && [ "${doubled:-0}" -gt 0 ] && [ "${late:-0}" -gt 0 ]
ok "W-01 frames were lost ($lost), doubled ($doubled) and late ($late)" $? "$dir/wire.err"
call GET '/api/v1/events?kind=permit.granted&limit=100' >/dev/null
same "W-01 its disk was permitted once" "$(jq '.items | length' "$dir/body")" 1
exit "$bad"
