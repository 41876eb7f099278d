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

echo 1..11
flow_config
mkdir -p "$dir/boot/ipxe"
sed -i "s|^mode=off|mode=full\n[boot]\nfiles_dir=$dir/boot|" "$dir/slipway.conf"
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
