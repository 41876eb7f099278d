#!/bin/sh
# Another DHCP server on the provisioning network is noticed within a minute and told as an event, one
# that answers boot questions only as well; the process that looks for them may do nothing else.
# usage: second_dhcp_server.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir second-dhcp
flow_wire

stranger() { # stranger NAME ADDRESS MAC DNSMASQ-OPTION...: a machine on the wire, in a namespace of its own
	unshare --net sleep 300 &
	machine=$!
	while [ "$(readlink "/proc/$machine/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
	ip link add "$1" type veth peer name eth0 netns "$machine" address "$3"
	ip link set "$1" master sw0 up
	in_machine="nsenter --net=/proc/$machine/ns/net"
	$in_machine ip address add "$2/24" dev eth0
	$in_machine ip link set eth0 up
	shift 3
	$in_machine dnsmasq --keep-in-foreground --port=0 --conf-file=/dev/null --interface=eth0 --no-ping \
		--dhcp-leasefile="$dir/leases" --pid-file="$dir/stranger.pid" --log-facility=- "$@" 2>>"$dir/log" &
}
foreign() { # the events so far: "KIND ADDRESS MAC"
	call GET '/api/v1/events?kind=dhcp.foreign*&limit=100' >/dev/null
	jq -r '.items[] | "\(.kind) \(.detail.address) \(.detail.mac)"' "$dir/body"
}
until_foreign() { # until_foreign SECONDS WANTED-LINE
	for _ in $(seq "$1"); do
		foreign | grep -qxF "$2" && return 0
		sleep 1
	done
	return 1
}
prober() { pgrep -P "$(pgrep -P "$daemon" -x slipwayd-super)" -x dhcp-prober; }
status_of() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$(prober)/status"; }

echo 1..11
flow_config
mkdir -p "$dir/boot/ipxe"
sed -i "s|^mode=off|mode=full\n[boot]\nfiles_dir=$dir/boot|" "$dir/slipway.conf"
if ! flow_start; then
	sed 's/^/# /' "$dir/log"
	echo "Bail out! slipwayd does not start"
	exit 1
fi
ok "starts as the network's DHCP server" 0
sleep 2
same "alone on the network: no alarm" "$(foreign)" ""
same "the prober is not root" "$(status_of Uid)" "$(id -u slipway-dhcp)"
same "it has no privileges" "$(status_of CapEff)" 0000000000000000
same "it cannot get any" "$(status_of NoNewPrivs)" 1
same "its system calls are filtered" "$(status_of Seccomp)" 2

stranger sw1 10.99.0.9 52:54:00:99:00:09 --dhcp-range=10.99.0.50,10.99.0.60
begun=$(date +%s)
until_foreign 60 "dhcp.foreign 10.99.0.9 52:54:00:99:00:09"
# N-01: a second DHCP server
ok "another server is told within a minute" $?
echo "# after $(($(date +%s) - begun)) s"
call GET /metrics >/dev/null
grep -qx 'slipway_dhcp_foreign_servers 1' "$dir/body"
ok "and counted" $?

stranger sw2 10.99.0.10 52:54:00:99:00:10 --dhcp-range=10.99.0.0,proxy --pxe-service=X86-64_EFI,Stranger,strange.efi
sleep 1
kill -9 "$(prober)"
until_foreign 20 "dhcp.foreign 10.99.0.10 52:54:00:99:00:10"
ok "a server of boot answers only is told; a prober that died asks again" $?
same "each is told once" "$(foreign | wc -l)" 2
watched=$(prober)
flow_kill
sleep 1
! [ -e "/proc/$watched" ]
ok "the prober ends with slipwayd, however that ends" $?
exit $bad
