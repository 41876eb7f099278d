#!/bin/sh
# firmware.cpio from packages made here: which files it holds, where the microcode stands, whose terms are
# listed; and what the ramdisk's init reads from the kernel's log and its command line.
# usage: firmware.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_dir firmware
pxe=$(CDPATH='' cd -- "$(dirname -- "$0")/../../pxe/ramdisk" && pwd)

# deb NAME, with the files below $dir/NAME
deb() {
	mkdir -p "$dir/$1/DEBIAN" "$dir/$1/usr/share/doc/$1" "$dir/debs"
	printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.net>\nDescription: x\n' \
		"$1" >"$dir/$1/DEBIAN/control"
	[ "$1" = firmware-bare ] || echo "terms of $1" >"$dir/$1/usr/share/doc/$1/copyright"
	dpkg-deb -Znone -b "$dir/$1" "$dir/debs/$1.deb" >/dev/null
}
file() {
	mkdir -p "$(dirname "$dir/$1")"
	echo "$2" >"$dir/$1"
}
pack() {
	SLIPWAY_FIRMWARE_DEBS=$dir/debs SLIPWAY_ZSTD_LEVEL=1 \
		sh "$pxe/pack_firmware.sh" "$dir/cache" "$dir/base" "$dir/out" "$1" >"$dir/log" 2>&1
}

mkdir -p "$dir/base"
printf '%s\n' bnx2x/e2.fw intel/ice/ddp/ice.pkg qed/zipped.bin nobody/has.bin >"$dir/base/firmware.wanted"
file firmware-one/usr/lib/firmware/bnx2x/e2.fw one
file firmware-one/usr/lib/firmware/bnx2x/unwanted.fw two
file firmware-one/usr/lib/firmware/intel/ice/ddp/ice-1.3.pkg three
ln -s ice-1.3.pkg "$dir/firmware-one/usr/lib/firmware/intel/ice/ddp/ice.pkg"
deb firmware-one
file firmware-two/lib/firmware/qed/zipped.bin four
xz "$dir/firmware-two/lib/firmware/qed/zipped.bin"
deb firmware-two
file intel-microcode/usr/lib/firmware/intel-ucode/06-55-04 INTEL
file intel-microcode/usr/lib/firmware/intel-ucode/06-55-04.initramfs again
file intel-microcode/usr/lib/firmware/amd-ucode/microcode_amd.bin AMD
deb intel-microcode

pack amd64
ok "packages are packed" $? "$dir/log"
sort "$dir/out/firmware.packed" | tr '\n' ' ' >"$dir/got"
[ "$(cat "$dir/got")" = 'bnx2x/e2.fw intel/ice/ddp/ice.pkg qed/zipped.bin ' ]
ok "what is wanted and there, through links and compression, and nothing else" $? "$dir/got"
[ "$(cat "$dir/out/firmware.missing")" = nobody/has.bin ]
ok "what no package has is listed" $? "$dir/out/firmware.missing"
[ "$(cat "$dir/out/firmware.licences/"* | sort | tr '\n' ' ')" = \
	'terms of firmware-one terms of firmware-two terms of intel-microcode ' ]
ok "each package's terms are beside it" $?
(cd "$dir" && mkdir early && cd early && cpio -id --quiet <../out/firmware.cpio 2>/dev/null)
[ "$(cat "$dir/early/kernel/x86/microcode/GenuineIntel.bin")" = INTEL ] &&
	[ "$(cat "$dir/early/kernel/x86/microcode/AuthenticAMD.bin")" = AMD ]
ok "the microcode stands in front, uncompressed" $?
# the second archive begins behind the first one's last block
early=$(grep -abo "$(printf '\050\265\057\375')" "$dir/out/firmware.cpio" | head -n 1 | cut -d: -f1)
mkdir "$dir/files"
tail -c "+$((early + 1))" "$dir/out/firmware.cpio" | zstd -qdc | (cd "$dir/files" && cpio -id --quiet)
[ "$((early % 4))" = 0 ] && [ "$(cat "$dir/files/usr/lib/firmware/intel/ice/ddp/ice.pkg")" = three ] &&
	[ "$(cat "$dir/files/usr/lib/firmware/qed/zipped.bin")" = four ] &&
	grep -q 'usr/lib/firmware/bnx2x/e2.fw' "$dir/files/etc/slipway/checksums.d/firmware"
ok "the files stand behind it, with their checksums" $?

pack arm64
ok "for ARM64, too" $? "$dir/log"
[ "$(head -c 6 "$dir/out/firmware.cpio" | grep -c 07070)" = 0 ]
ok "which has no microcode of x86" $?
rm "$dir"/debs/*
deb firmware-bare
pack amd64
[ $? = 1 ] && grep -q licences "$dir/log"
ok "packages without terms are refused" $? "$dir/log"

# ---- init ----
sed -n '/^missing_firmware() {/,/^}/p' "$pxe/files/init" >"$dir/functions"
# shellcheck disable=SC2317 # called by the functions of init
dmesg() {
	printf '%s\n' '[1] bnx2x 0000:05:00.0: Direct firmware load for bnx2x/e2.fw failed with error -2' \
		'[1] bnx2x 0000:05:00.1: Direct firmware load for bnx2x/e2.fw failed with error -2' \
		'[2] r8169 0000:02:00.0: firmware: failed to load rtl_nic/a.fw (-2)' '[3] eth0: up'
}
# shellcheck source=/dev/null
. "$dir/functions"
[ "$(missing_firmware)" = 'bnx2x/e2.fw rtl_nic/a.fw ' ]
ok "init names the files that drivers asked for in vain" $?
# wanted_vlan VALUE: what is left of it
wanted_vlan() {
	# shellcheck disable=SC2034 # read by the text of init
	vlan=$1 wrong_vlan=
	# shellcheck disable=SC2016 # the text of the script
	eval "$(sed -n '/^case \$vlan in/,/^fi$/p' "$pxe/files/init")"
	echo "$vlan"
}
# shellcheck disable=SC2317 # called by the text of init
shout() {
	:
}
status=0
for row in 1:1 4094:4094 42:42 0: 4095: 99999: -1: 1x: :; do
	[ "$(wanted_vlan "${row%%:*}")" = "${row#*:}" ] || {
		echo "# VLAN '${row%%:*}'"
		status=1
	}
done
ok "slipway.vlan= is a number from 1 to 4094 or left out" $status
grep -qx 'drivers/net/bonding/bonding' "$pxe/modules" && grep -qx 'net/8021q/8021q' "$pxe/modules"
ok "bonding and VLAN modules are aboard" $?
echo "1..$n"
exit $bad
