#!/bin/sh
# Run a command where the only network is one address on a link that leads nowhere: inside a network
# namespace that unshare(1) made, which goes when the command ends. usage: unshare -n sh netns.sh COMMAND...
set -eu
SLIPWAY_ADDRESS=192.0.2.1
export SLIPWAY_ADDRESS
# An IPv6 address that is found to be free late is a change of the network, on which Chromium drops its calls.
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up
ip link add slip0 type veth peer name slip1
ip address add $SLIPWAY_ADDRESS/24 dev slip0
for last in $(seq 101 140); do # simulated hosts call from these
	ip address add 192.0.2.$last/24 dev slip0
done
ip link set slip0 up
ip link set slip1 up
exec "$@"
