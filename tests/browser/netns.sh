#!/bin/sh
# Run a command where the only network is one address on a link that leads nowhere: inside a network
# namespace that unshare(1) made, which goes when the command ends. usage: unshare -n sh netns.sh COMMAND...
set -eu
SLIPWAY_ADDRESS=192.0.2.1
export SLIPWAY_ADDRESS
ip link set lo up
ip link add slip0 type veth peer name slip1
ip address add $SLIPWAY_ADDRESS/24 dev slip0
ip link set slip0 up
ip link set slip1 up
exec "$@"
