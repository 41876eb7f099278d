#!/bin/sh
# The control file of the Debian package: dependencies are what the programs are linked against, as
# dpkg-shlibdeps finds them, and the programs that slipwayd runs. usage: control.sh VERSION ROOT
set -eu
version=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/debian"
printf 'Source: slipway\n\nPackage: slipway\nArchitecture: any\n' >"$work/debian/control"
root=$(CDPATH='' cd -- "$root" && pwd)
libraries=$(cd "$work" && dpkg-shlibdeps -O "$root"/usr/sbin/slipwayd "$root"/usr/bin/slipway* 2>/dev/null |
	sed -n 's/^shlibs:Depends=//p')
cat <<CONTROL
Package: slipway
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: Slipway developers <slipway@localhost>
Section: admin
Priority: optional
Depends: $libraries, nginx-light | nginx, dnsmasq-base
Suggests: postgresql-client, ipmitool, qemu-system-x86, libvirt-daemon-driver-qemu,
 ovmf, ipxe-qemu, swtpm, lldpd, nftables, openssh-client, uidmap
Description: bare-metal fleet provisioning appliance
 PXE-boots new servers, burns them in, writes signed images to them and keeps
 them in an inventory.
CONTROL
