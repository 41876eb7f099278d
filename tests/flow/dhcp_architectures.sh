#!/bin/sh
# Firmware of every architecture that IANA lists gets an answer from a real dnsmasq with the configuration that slipwayd
# writes; where there is no loader, one event a machine says what to do. usage: dhcp_architectures.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
client=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/dhcp_architectures.py
flow_namespace "$@"
flow_dir architectures
flow_wire

echo 1..20
flow_config
mkdir -p "$dir/boot/ipxe"
sed -i "s|^mode=off|mode=full\nrelayed=10.98.0.10-10.98.0.20/24@10.98.0.1 10.97.0.10-10.97.0.20/24\n[boot]\nfiles_dir=$dir/boot|" "$dir/slipway.conf"
if ! flow_start; then
	sed 's/^/# /' "$dir/log"
	echo "Bail out! slipwayd does not start"
	exit 1
fi
flow_station card 169.254.9.9
on card ip route add default dev eth0
with_loader='0 7 9 11 16 19'
# shellcheck disable=SC2046 # words
on card python3 "$client" eth0 $(seq 0 41) 4711 ipxe:27 ipxe:6 27 27 >"$dir/offers"
# N-05: architectures of every number
ok "all get an answer" $? "$dir/offers"
same "each has an address" "$(cut -f 2 "$dir/offers" | grep -c '^[0-9.]*$')" 47
for arch in $with_loader; do printf '%s ' "$(awk -v a="$arch" -F '\t' '$1 == a {print $3; exit}' "$dir/offers" | sed 's|.*/||')"; done >"$dir/files"
same "six have their loader" "$(cat "$dir/files")" \
	"undionly.kpxe snponly-x86_64.efi snponly-x86_64.efi snponly-arm64.efi snponly-x86_64.efi snponly-arm64.efi "
same "the others read on their screen that there is none" "$(grep -c no-loader-for-architecture- "$dir/offers")" 38
same "RISC-V reads its number" "$(awk -F '\t' '$1 == 27 {print $3; exit}' "$dir/offers")" no-loader-for-architecture-27
same "LoongArch over HTTP gets an address of a page" "$(awk -F '\t' '$1 == 40 {print $3; exit}' "$dir/offers" | grep -c '^http://')" 1
same "iPXE gets its script on any of them" "$(grep -c '^ipxe:.*/boot/v1/ipxe$' "$dir/offers")" 2
sleep 1
call GET '/api/v1/events?kind=dhcp.no_loader&limit=100' >/dev/null
same "an event for each, once, and for the number that no list has" "$(jq '.items | length' "$dir/body")" 37
same "it says what to do" "$(jq -r '.items[] | select(.detail.client_arch == 6) | .detail.hint' "$dir/body")" \
	"use the firmware for 64 bits if the board has one; 32 bits are not supported"
same "and names what it is" "$(jq -r '.items[] | select(.detail.client_arch == 39) | .detail.architecture' "$dir/body")" \
	"UEFI LoongArch, 64 bits"
# N-12: Secure Boot refuses the loader: firmware asks again and again, the loader never does. It is offered nothing else.
on card python3 "$client" eth0 card:1 7 7 7 7 card:2 7 ipxe:7 7 7 ipxe:7 7 7 card:3 11 card:4 0 0 0 0 >"$dir/refused"
sleep 1
call GET '/api/v1/events?kind=boot.loader_silent&limit=100' >/dev/null
same "N-12 an event for the machine whose loader never starts, once, and for no other" \
	"$(jq -r '.items[].detail.mac | select(startswith("02:00:00:0c:0c"))' "$dir/body")" 02:00:00:0c:0c:01
jq -r '.items[0].detail.hint' "$dir/body" | grep -q 'Secure Boot'
ok "N-12 it says what to look at" $? "$dir/body"
same "N-12 the same loader each time: nothing that is less secure" "$(head -n 4 "$dir/refused" | cut -f 3 | sort -u | sed 's|.*/||')" snponly-x86_64.efi
# Hosts of two networks behind relays; the second network has no router that they should be told.
call POST /api/v1/deliveries -H 'Content-Type: application/json' \
	-d '{"name": "d1", "hosts": [{"serial": "SN-1", "macs": ["02:00:00:00:10:c8"]}]}' >/dev/null
call GET '/api/v1/hosts?limit=2' >/dev/null
host=$(jq -r '.items[0].id' "$dir/body")
for net in 10.98.0 10.97.0; do
	on card ip address add "$net.1/24" dev eth0
	ip route add "$net.0/24" dev sw0
done
same "a host behind a relay has an address, the router and the loader of its network" \
	"$(on card python3 "$(dirname "$client")/dhcp_relayed.py" 10.98.0.1 10.99.0.1 | sed 's/^10\.98\.0\.[12][0-9] /ADDRESS /')" \
	"ADDRESS 10.98.0.1 snponly-x86_64.efi told"
same "in a network without a router it is told none" \
	"$(on card python3 "$(dirname "$client")/dhcp_relayed.py" 10.97.0.1 10.99.0.1 | sed 's/^10\.97\.0\.[12][0-9] /ADDRESS /')" \
	"ADDRESS 0.0.0.0 snponly-x86_64.efi told"
for _ in $(seq 50); do
	call GET '/api/v1/events?kind=dhcp.relayed&limit=10' >/dev/null
	[ "$(jq '.items | length' "$dir/body")" = 1 ] && break
	sleep 0.1
done
same "what a relay says of the port is in the host's timeline" \
	"$(jq -r --arg h "$host" '.items[] | select(.host_id == $h) | "\(.detail.relay) \(.detail.circuit_id) \(.detail.remote_id)"' "$dir/body" | sort | tr '\n' ';')" \
	"10.98.0.1 Et17 00:1c:73:aa:bb:00;"
sleep 0.7
call GET '/api/v1/events?kind=dhcp.relayed&limit=10' >/dev/null
same "a flood of them is one event in a minute" "$(jq '.items | length' "$dir/body")" 1
call GET '/api/v1/hosts?limit=5' >/dev/null
same "and it makes no host" "$(jq '.items | length' "$dir/body")" 1
refused() { # WORDS SED: the configuration, changed, is refused with these words
	sed "$2" "$dir/slipway.conf" >"$dir/wrong.conf"
	timeout 20 "$build/bin/slipwayd" --config "$dir/wrong.conf" 2>&1 | grep -q "$1" && printf 'refused '
}
same "a network behind a relay is none of ours, none twice, and needs a DHCP server" \
	"$(refused "overlaps the server's own" 's|^relayed=.*|relayed=10.99.0.10-10.99.0.20/24|')$(
		refused 'overlaps one before' 's|^relayed=.*|relayed=10.98.0.10-10.98.0.20/24 10.98.0.30-10.98.0.40/24|')$(
		refused 'needs mode = full' 's|^mode=full|mode=proxy|')" "refused refused refused "
cat >"$dir/tftp.py" <<'PY'
import socket, sys
for name in sys.argv[1:]:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.sendto(b"\0\1" + name.encode() + b"\0octet\0", ("10.99.0.1", 69))
    answer = s.recv(2048)
    print(name, "error" if answer[1] == 5 else "data %d" % len(answer))
PY
python3 "$dir/tftp.py" ../../../../../../etc/passwd /etc/passwd ..//..//etc/passwd ipxe/../../../../../etc/passwd /../etc/passwd >"$dir/tftp" 2>&1
same "N-06 no file from outside of the folder goes out by TFTP" "$(grep -c ' error$' "$dir/tftp") $(wc -l <"$dir/tftp")" "5 5"
exit "$bad"
