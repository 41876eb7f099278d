#!/bin/sh
# field-35: one card gets one address, however the programs that use it name themselves. A real dnsmasq with the
# configuration that slipwayd writes. usage: one_lease_a_mac.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
client=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/one_lease_a_mac.py
flow_namespace "$@"
flow_dir one-lease
flow_wire

echo 1..3
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
on card python3 "$client" eth0 >"$dir/leases"
ok "five programs ask one after the other" $? "$dir/leases"
same "each got an address" "$(wc -l <"$dir/leases")" 5
same "field-35 it is the same one" "$(cut -f 1 "$dir/leases" | sort -u | wc -l)" 1
exit "$bad"
