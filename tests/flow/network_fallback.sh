#!/bin/sh
# An installed host whose own network does not reach the provisioning server falls back to DHCP once and reports
# why: the real first-boot program, the agent's writers and a real dnsmasq, for each network program that this
# machine has. NETWORK_PROGRAMS=FOLDER: a tree with further programs (packages unpacked by dpkg -x).
# usage: network_fallback.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
server=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/network_fallback.py
flow_namespace "$@"
flow_dir fallback
flow_wire
programs=$build/obj/gcc/tests/harness

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test -days 1 \
	-keyout "$dir/tls.key" -out "$dir/tls.pem" 2>/dev/null
pin=$(openssl x509 -in "$dir/tls.pem" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64)
ssh-keygen -q -t ed25519 -N "" -f "$dir/host"
python3 "$server" "$dir" 10.99.0.1 8443 2>"$dir/server.log" &
dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=sw0 --bind-interfaces --dhcp-leasefile="$dir/leases" \
	--dhcp-range=10.99.0.100,10.99.0.199,5m --pid-file= 2>"$dir/dnsmasq.log" &

# host NAME: a machine with two cards on sw0, its own file system over this one's, and a systemctl
host() {
	host=$1 root=$dir/$1/root
	mkdir -p "$dir/$1"
	mount -t tmpfs none "$dir/$1"
	mkdir -p "$dir/$1/up" "$dir/$1/work" "$root"
	[ -z "${NETWORK_PROGRAMS:-}" ] || cp -a "$NETWORK_PROGRAMS/." "$dir/$1/up"
	mount -t overlay -o "lowerdir=/,upperdir=$dir/$1/up,workdir=$dir/$1/work" overlay "$root" || return
	unshare --net sleep 1000 &
	station_host=$!
	until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
	i=0
	for card in left right; do
		i=$((i + 1))
		ip link add "v-$host-$i" type veth peer name "$card" address "02:00:00:00:00:0$i" netns "$station_host"
		ip link set "v-$host-$i" master sw0 up
	done
	rm -rf "$root/etc/systemd/system/multi-user.target.wants" "$root/etc/systemd/system/dbus-org.freedesktop.network1.service" "$root"/etc/netplan/*.yaml "$root"/etc/systemd/network/* "$root/etc/network/interfaces" "$root/etc/machine-id"
	echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
	mount -t tmpfs none "$root/run"
	mount -t tmpfs none "$root/tmp"
	mkdir -p "$root/run/network" "$root/run/systemd/netif/links" "$root/run/systemd/netif/leases"
	chown -R systemd-network: "$root/run/systemd/netif" 2>/dev/null # networkd's own user
	mount -t tmpfs none "$root/dev" # its own: never the machine's
	for node in null:1:3 zero:1:5 random:1:8 urandom:1:9; do
		IFS=: read -r file major minor <<-END
			$node
		END
		mknod -m 666 "$root/dev/$file" c "$major" "$minor"
	done
	mount -t proc proc "$root/proc"
	on host mount -t sysfs -o ro sysfs "$root/sys" # read-only: there is no udev, says networkd
	cat >"$root/usr/bin/systemctl" <<-'END'
		#!/bin/sh
		echo "systemctl $*" >>/systemctl.log
		[ "$*" != "stop NetworkManager" ] || [ ! -e /run/nm ] || kill "$(cat /run/nm)"
		[ "$1" = restart ] || [ "$1" = start ] || exit 0
		case $2 in
		systemd-networkd*) [ ! -e /run/pid ] || kill "$(cat /run/pid)"
			setsid /usr/lib/systemd/systemd-networkd >>/network.log 2>&1 & echo $! >/run/pid ;;
		NetworkManager) [ ! -e /run/nm ] || kill "$(cat /run/nm)"
			[ -e /run/dbus/pid ] || { mkdir -p /run/dbus; dbus-daemon --system --fork >>/network.log 2>&1; }
			setsid /usr/sbin/NetworkManager --no-daemon >>/network.log 2>&1 & echo $! >/run/nm ;;
		networking) ifdown -a --force >>/network.log 2>&1; ifup -a >>/network.log 2>&1 ;;
		esac
	END
	printf '#!/bin/sh\nexec systemctl restart systemd-networkd\n' >"$root/usr/bin/networkctl" # which needs D-Bus
	printf '#!/bin/sh\n' >"$root/usr/bin/udevadm"
	chmod 755 "$root/usr/bin/systemctl" "$root/usr/bin/networkctl" "$root/usr/bin/udevadm"
	in_host ldconfig
}
in_host() { on host chroot "$root" "$@"; }

# The first network is one that has no way to the server. Some kernels have no bonds, and no VLANs.
over='"kind":"bond","mode":"active-backup","links":["left","right"]'
ip link add probe type bond 2>/dev/null || over='"kind":"bridge","links":["left"]'
address='"addresses":["10.98.0.50/24"],"dns":["10.98.0.53"]'
top='{"name":"prod","kind":"vlan","link":"both","id":10,'$address'},{"name":"both",'$over'}'
ip link add link sw0 name probe10 type vlan id 10 2>/dev/null || top='{"name":"both",'$address,$over'}'
network='{"links":['$top',
 {"name":"left","kind":"port","match":{"mac":"02:00:00:00:00:01"}},
 {"name":"right","kind":"port","match":{"mac":"02:00:00:00:00:02"}}]}'

reporter() { # SECONDS: its parts as the agent leaves them
	mkdir -p "$root/etc/slipway" "$root/usr/lib/slipway" "$root/etc/ssh"
	# it waits for the host's keys
	cp "$dir/host.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
	cp "$programs/first_boot" "$root/usr/lib/slipway/first-boot"
	printf 'url=https://10.99.0.1:8443/agent/v1/first-boot\npin=sha256//%s\ntoken=%064d\nimage_digest=%064d\nfallback_s=%s\n' \
		"$pin" 0 0 "$1" >"$root/etc/slipway/first-boot.conf"
}

has_address() { in_host ip -4 -o address show | grep -q " $1"; }
until_address() { # ADDRESS
	for _ in $(seq 100); do
		has_address "$1" && return 0
		sleep 0.1
	done
	return 1
}

# stack NAME SERVICE PROGRAM HIDDEN...: HIDDEN are programs that the writer would choose before it
stack() {
	name=$1 service=$2 program=$3
	shift 3
	if [ ! -e "$program" ] && [ ! -e "${NETWORK_PROGRAMS:-/nowhere}$program" ]; then
		echo "# $name is not on this machine: left out"
		return
	fi
	host "$name" || {
		umount "$dir/$name"
		ok "$name: a machine of its own" 1
		return
	}
	for hidden in "$@"; do rm -f "$root$hidden"; done
	reports=$(find "$dir" -maxdepth 1 -name 'report-*' | wc -l)
	echo "$network" | "$programs/put_network" "$root" 2>"$dir/put.log"
	ok "$name: the network is written" $? "$dir/put.log"
	# a veth has no permanent MAC
	sed -i s/PermanentMACAddress/MACAddress/ "$root"/etc/systemd/network/*.network 2>/dev/null
	[ "$name" != netplan ] || in_host /usr/lib/netplan/generate
	sed -i s/PermanentMACAddress/MACAddress/ "$root"/run/systemd/network/*.network 2>/dev/null
	in_host systemctl restart "$service"
	until_address 10.98.0.50/
	ok "$name: and works, links on ports" $? "$root/network.log"
	reporter 1
	in_host timeout 60 /usr/lib/slipway/first-boot >"$root/report.log" 2>&1
	ok "$name: the report comes" $? "$root/report.log"
	same "$name: once" "$(find "$dir" -maxdepth 1 -name 'report-*' | wc -l)" $((reports + 1))
	grep -q '"network_failure":"[^"]*10.99.0.1' "$dir/report-$((reports + 1))"
	ok "$name: with what failed" $? "$dir/report-$((reports + 1))"
	has_address 10.99.0.1[0-9][0-9]/
	ok "$name: by an address of DHCP" $? "$root/network.log"
	! has_address 10.98.0.50/
	ok "$name: the one that did not work is gone" $?
	[ ! -e "$root/etc/slipway" ] && [ ! -e "$root/usr/lib/slipway" ]
	ok "$name: nothing of the reporter is left" $?
	kill "$(cat "$root/run/pid" 2>/dev/null)" "$station_host" 2>/dev/null
	umount -R -l "$dir/$host"
}

stack networkd systemd-networkd /usr/lib/systemd/systemd-networkd /usr/sbin/netplan /usr/sbin/NetworkManager /usr/sbin/ifup
stack ifupdown networking /usr/sbin/ifup /usr/sbin/netplan /usr/sbin/NetworkManager
stack netplan systemd-networkd /usr/sbin/netplan
stack manager NetworkManager /usr/sbin/NetworkManager /usr/sbin/netplan
echo "1..$n"
exit "$bad"
