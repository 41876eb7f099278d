#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Make the kernel and ramdisk that a host of one architecture boots: the base of build_base.sh, then
# a second cpio with the agent, the first-boot reporter that it installs, and the libraries that the
# base lacks. The kernel unpacks one after the other, so a new agent does not repack the base.
# Fails when both files together are over the limit. Libraries come from the base's or the sysroot's
# packages, never from this machine.
#
# usage: pack.sh BASE SYSROOT AGENT FIRST_BOOT OUT      (FIRST_BOOT '-': none, for tests of init)
# makes  OUT/vmlinuz, OUT/ramdisk.img, OUT/packages
set -eu
export LC_ALL=C
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
limit_bytes=60000000
unpacked_limit_mib=250
base=$1
sysroot=$2
agent=$3
first_boot=$4
out=$5

fail() {
	echo "ramdisk: $*" >&2
	exit 1
}

mkdir -p "$out"
exec 8>"$out/.lock"
flock 8
work=$out/.work
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/usr/bin" "$work/root/usr/sbin" "$work/root/usr/lib/slipway"
# Debugging symbols stay behind, in the files that were linked.
add_program() {
	install -m 0755 "$1" "$2"
	machine=$(readelf -hW "$1" 2>/dev/null | sed -n 's/^ *Machine: *//p')
	case $machine in
	*X86-64) x86_64-linux-gnu-strip --strip-unneeded "$2" ;;
	AArch64) aarch64-linux-gnu-strip --strip-unneeded "$2" ;;
	*) [ "$first_boot" = - ] || fail "'$1' is not a program of an architecture that boots" ;;
	esac
}
add_program "$agent" "$work/root/usr/bin/slipway-agent"
[ "$first_boot" = - ] || add_program "$first_boot" "$work/root/usr/lib/slipway/first-boot"

# The base's libraries count as there; only what it lacks is copied.
sh "$here/add_libraries.sh" --have "$base/root" "$work/root" "$sysroot"
sh "$here/pack_cpio.sh" "$work/root" "$work/agent.cpio.zst" agent

cat "$base/base.cpio.zst" "$work/agent.cpio.zst" >"$work/ramdisk.img"
kernel_bytes=$(stat -c %s "$base/vmlinuz")
ramdisk_bytes=$(stat -c %s "$work/ramdisk.img")
total=$((kernel_bytes + ramdisk_bytes))
unpacked=$(du -sm "$base/root" "$work/root" | awk '{ t += $1 } END { print t }')
[ $total -le $limit_bytes ] ||
	fail "kernel ($kernel_bytes) and ramdisk ($ramdisk_bytes) are over $limit_bytes bytes together"
[ "$unpacked" -le $unpacked_limit_mib ] || fail "$unpacked MiB unpacked, over $unpacked_limit_mib"

install -m 0644 "$base/vmlinuz" "$work/kernel"
cp "$base/packages" "$work/packages"
for file in packages ramdisk.img; do
	mv "$work/$file" "$out/$file"
done
mv "$work/kernel" "$out/vmlinuz"
printf '  %-7s %s: %d.%d MB, %d MiB unpacked\n' SIZE "$out" $((total / 1000000)) \
	$((total / 100000 % 10)) "$unpacked"
