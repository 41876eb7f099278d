#!/bin/sh
# One appliance on four networks: a bridge and a VLAN interface with addresses of its own, a network where another
# server gives them, and one without DHCP where TFTP is served all the same. usage: dhcp_interfaces.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
client=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/dhcp_architectures.py
flow_namespace "$@"
flow_dir interfaces
flow_wire

wire() { # NAME INTERFACE ADDRESS: a machine with eth0 at the other end of INTERFACE
	unshare --net sleep 100000 &
	eval "station_$1=$!"
	until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
	ip link add "$2" type veth peer name eth0 netns "$!"
	ip link set "$2" up
	on "$1" ip link set eth0 up
	[ "$3" = - ] || ip address add "$3/24" dev "$2"
}

echo 1..19
flow_station first 169.254.9.9
# Where the kernel has no VLANs, a link with the name of one: to slipwayd and dnsmasq they are the same.
wire tagged trunk -
card=eth0.20
if ip link add link trunk name trunk.20 type vlan id 20 2>/dev/null; then
	on tagged ip link add link eth0 name eth0.20 type vlan id 20
else
	echo "# this kernel has no VLANs"
	ip link set trunk down
	ip link set trunk name trunk.20
	card=eth0
fi
ip address add 10.97.0.1/24 dev trunk.20
ip link set trunk.20 up
on tagged ip address add 169.254.9.9/16 dev "$card"
on tagged ip link set "$card" up
wire beside dock2 10.96.0.1
on beside ip address add 10.96.0.9/24 dev eth0
wire none dock3 10.95.0.1
on none ip address add 10.95.0.9/24 dev eth0
for name in first beside none; do on "$name" ip route replace default dev eth0; done
on tagged ip route add default dev "$card"

flow_config
mkdir -p "$dir/boot/ipxe" "$dir/boot/x86_64"
for file in ipxe/snponly-x86_64.efi ipxe/undionly.kpxe x86_64/vmlinuz x86_64/ramdisk.img; do
	head -c 3000 /dev/urandom >"$dir/boot/$file"
done
cat >>"$dir/slipway.conf" <<EOF
router=10.99.0.254
[dhcp trunk.20]
range_start=10.97.0.50
range_end=10.97.0.59
[dhcp dock2]
mode=proxy
[dhcp dock3]
mode=off
[boot]
files_dir=$dir/boot
tftp=on
EOF
sed -i 's/^interface=.*/interface=sw0 trunk.20 dock2 dock3/; s/^mode=off$/mode=full/' "$dir/slipway.conf"
sed -i '/^\[dhcp dock3\]/,/^\[boot\]/s/^mode=full/mode=off/' "$dir/slipway.conf"
"$build/bin/slipwayd" --config "$dir/slipway.conf" --check-config >"$dir/check"
grep -q 'interface .*sw0 has 10.99.0.1, trunk.20 has 10.97.0.1, dock2 has 10.96.0.1, dock3 has 10.95.0.1' "$dir/check"
ok "the check names each interface with its address" $? "$dir/check"
same "and each one's DHCP" "$(sed -n 's/^ok *DHCP range *//p' "$dir/check" | tr '\n' ';')" \
	"sw0: 10.99.0.128 to 10.99.0.254, netmask 255.255.255.0;trunk.20: 10.97.0.50 to 10.97.0.59, netmask 255.255.255.0;dock2: DHCP mode is proxy: no addresses are given out;dock3: DHCP mode is off: no addresses are given out;"
if ! flow_start; then
	sed 's/^/# /' "$dir/log"
	echo "Bail out! slipwayd does not start"
	exit 1
fi
for _ in $(seq 100); do
	grep -q 'ev=server.ready' "$dir/log" && break
	sleep 0.1
done
"$build/bin/slipway" doctor --json --config "$dir/slipway.conf" >"$dir/body"
same "the doctor finds nothing wrong" "$(jq -r '[.[] | select(.status == "error") | .name] | join(" ")' "$dir/body")" ""

on first python3 "$client" eth0 7 ipxe:7 16 6 >"$dir/first"
on tagged python3 "$client" "$card" 7 ipxe:7 16 6 >"$dir/tagged"
same "the bridge's network: its range and its URLs" "$(sed 's/\t10\.99\.0\.[0-9]*\t/ LEASE /' "$dir/first" | tr '\n' ';')" \
	"7 LEASE snponly-x86_64.efi;ipxe:7 LEASE http://10.99.0.1/boot/v1/ipxe;16 LEASE http://10.99.0.1/boot/files/ipxe/snponly-x86_64.efi;6 LEASE no-loader-for-architecture-6;"
same "the VLAN's network: its own" "$(sed 's/\t10\.97\.0\.5[0-9]\t/ LEASE /' "$dir/tagged" | tr '\n' ';')" \
	"7 LEASE snponly-x86_64.efi;ipxe:7 LEASE http://10.97.0.1/boot/v1/ipxe;16 LEASE http://10.97.0.1/boot/files/ipxe/snponly-x86_64.efi;6 LEASE no-loader-for-architecture-6;"
cat >"$dir/router.py" <<'PY'
import socket, sys
sys.path.insert(0, sys.argv[2])
from one_lease_a_mac import exchange, options_of, wire_on
answer = exchange(wire_on(sys.argv[1]), 1, [(55, bytes([1, 3]))])
told = options_of(answer)
print(socket.inet_ntoa(told.get(3, bytes(4))), socket.inet_ntoa(told.get(54, bytes(4))))
PY
same "the router of the first is told there" "$(on first python3 "$dir/router.py" eth0 "${client%/*}")" "10.99.0.254 10.99.0.1"
same "and not in the VLAN, which has none" "$(on tagged python3 "$dir/router.py" "$card" "${client%/*}")" "0.0.0.0 10.97.0.1"
same "beside another server iPXE is told where to boot, without an address" "$(on beside python3 "$client" eth0 ipxe:7 | tr '\t' ' ')" \
	"ipxe:7 0.0.0.0 http://10.96.0.1/boot/v1/ipxe"
same "firmware, too" "$(on beside python3 "$client" eth0 7 | cut -f 1,2 | tr '\t' ' ')" "7 0.0.0.0"
on none timeout 2 python3 "$client" eth0 7 >"$dir/none" 2>&1
same "where DHCP is off nobody is answered" "$(grep -c snponly "$dir/none")" 0

fetch_all() { # NAME ADDRESS: the loader by TFTP, and the boot script's own address by HTTP
	on "$1" curl -s --max-time 5 -o "$dir/got" "tftp://$2/snponly-x86_64.efi"
	cmp -s "$dir/got" "$dir/boot/ipxe/snponly-x86_64.efi"
	ok "$1: the loader by TFTP" $? "$dir/slipway.conf"
	on "$1" curl -s --max-time 5 "http://$2/boot/v1/ipxe" >"$dir/got"
	same "$1: the bootstrap asks there again" "$(grep -o 'http://[0-9.]*' "$dir/got" | sort -u)" "http://$2"
}
fetch_all none 10.95.0.1
fetch_all beside 10.96.0.1
on tagged ip address add 10.97.0.9/24 dev "$card"
fetch_all tagged 10.97.0.1

call POST /api/v1/profiles -d '{"name": "all", "priority": 1, "match": {"serial": "*"}, "enrol": true}' -H 'Content-Type: application/json' >/dev/null
script='/boot/v1/script?mac=02-00-00-00-10-c9&uuid=&serial=S1&manufacturer=M&product=P&arch=x86_64&platform=efi'
for row in first:10.99.0.1 tagged:10.97.0.1; do
	[ "${row%:*}" != first ] || on first ip address add 10.99.0.9/24 dev eth0
	same "${row%:*}: the agent is sent to the address that its network has" \
		"$(on "${row%:*}" curl -s --max-time 5 -H 'X-Slipway-Address: 10.95.0.1' "http://${row#*:}$script" | tr ' ' '\n' | grep -o '^slipway\.[sp][a-z]*=http.*' | tr '\n' ' ')" \
		"slipway.server=https://${row#*:} slipway.plain=http://${row#*:} "
done
cert=$(on tagged openssl s_client -connect 10.97.0.1:443 </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName | tr -d ' \n')
same "the certificate is for all of them" "${cert#*:}" "IPAddress:10.99.0.1,IPAddress:10.97.0.1,IPAddress:10.96.0.1,IPAddress:10.95.0.1"
exit "$bad"
