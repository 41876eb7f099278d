#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every system whose loader is recognised, and every layout, written to a disk and started in QEMU: see
# images_boot.py. Takes half an hour where processors are emulated, so it is a part of check-all. Needs the root
# file system of `make rootfs`, and packages from the mirror (GRUB's modules, systemd-boot).
#
# usage: images_boot.sh [BUILD [WORD]]
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
build=$(realpath "${1:-${BUILD:-$here/build}}")
for program in python3 qemu-system-x86_64 objcopy dpkg-deb mkfs.xfs losetup; do
	command -v "$program" >/dev/null || { echo "1..0 # SKIP no $program"; exit 0; }
done
if [ "$(id -u)" != 0 ] || [ ! -e "$build/images/rootfs-amd64.tar" ] || [ ! -e /usr/share/OVMF/OVMF_CODE_4M.fd ]; then
	echo "1..0 # SKIP needs root, OVMF and $build/images/rootfs-amd64.tar"
	exit 0
fi
work=$(mktemp -d /tmp/slipway-boot.XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debs"
sh "$here/pxe/sysroot/debian_closure.sh" --no-deps "$build/cache/debian" bookworm amd64 \
	systemd-boot-efi grub-efi-amd64-bin >"$work/list"
while read -r deb; do
	dpkg-deb -x "$deb" "$work/debs"
done <"$work/list"
python3 "$here/tests/flow/images_boot.py" "$build/bin/slipway" "$build/images/rootfs-amd64.tar" "$work/debs" "$work" --only "${2-}"
