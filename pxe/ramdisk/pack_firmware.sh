#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Pack the firmware files that the ramdisk's drivers may ask for, as Debian ships them, and the
# processors' microcode. The microcode stands in front, uncompressed, because the kernel looks for it
# before it can unpack anything: hosts load firmware.cpio as the first of their ramdisks. Packages are
# unpacked, never run. A second run with the same inputs does nothing.
#
# usage: pack_firmware.sh CACHE BASE OUT amd64|arm64
#   BASE  what build_base.sh made: firmware.wanted says which files
#   SLIPWAY_FIRMWARE_DEBS=DIR takes every package from DIR/*.deb instead of Debian's archive
# makes OUT/firmware.cpio, OUT/firmware.packed (files), OUT/firmware.missing (wanted, and in no package),
#       OUT/firmware.licences/PACKAGE (the terms; read them before you hand the files on)
set -eu
export LC_ALL=C
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
closure=$here/../sysroot/debian_closure.sh
suite=trixie # that of the kernel, whose drivers ask
cache=$1
wanted=$2/firmware.wanted
mkdir -p "$3"
out=$(CDPATH='' cd -- "$3" && pwd)
arch=$4
debs=${SLIPWAY_FIRMWARE_DEBS:-}

fail() {
	echo "firmware: $*" >&2
	exit 1
}

list_packages() {
	sed -e 's/#.*//' -e "s/ *\[$arch\] *\$//" -e '/\[.*\]/d' -e '/^ *$/d' "$here/firmware_packages"
}

# The archive's copy of each package alone: what it depends on is programs, which have no part in this.
find_packages() {
	if [ -n "$debs" ]; then
		find "$debs" -name '*.deb' | sort
	else
		# shellcheck disable=SC2046 # one package name a line
		sh "$closure" --no-deps --non-free-firmware "$cache" "$suite" "$arch" $(list_packages)
	fi
}

unpack() {
	while read -r deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x --no-same-owner --keep-directory-symlink -C "$work/all" -f -
	done <"$work/debs"
}

# Debian may ship a file compressed; the ramdisk's own compression does better.
copy_file() {
	mkdir -p "$(dirname "$2")"
	if [ -e "$1" ]; then
		cp -L "$1" "$2"
	elif [ -e "$1.xz" ]; then
		xz -dc "$1.xz" >"$2"
	elif [ -e "$1.zst" ]; then
		zstd -qdc "$1.zst" >"$2"
	else
		return 1
	fi
}

take_wanted() {
	: >"$work/packed"
	: >"$work/missing"
	while read -r name; do
		case /$name/ in */../*) fail "the drivers ask for '$name'" ;; esac
		if copy_file "$work/all/usr/lib/firmware/$name" "$work/root/usr/lib/firmware/$name"; then
			echo "$name" >>"$work/packed"
		else
			echo "$name" >>"$work/missing"
		fi
	done <"$wanted"
}

# microcode VENDOR.bin FOLDER: the files of one maker behind each other, as the kernel reads them.
microcode() {
	[ -d "$work/all/usr/lib/firmware/$2" ] || return 0
	mkdir -p "$work/early/kernel/x86/microcode"
	find "$work/all/usr/lib/firmware/$2" -type f ! -name '*.initramfs' ! -name 'README*' ! -name '*.asc' |
		sort | xargs -r cat >"$work/early/kernel/x86/microcode/$1"
	[ -s "$work/early/kernel/x86/microcode/$1" ] || rm -f "$work/early/kernel/x86/microcode/$1"
}

pack_early() {
	: >"$work/early.cpio"
	[ -d "$work/early" ] || return 0
	find "$work/early" -exec touch -h -d '@1750000000' {} +
	(cd "$work/early" && find . -mindepth 1 -print0 | sort -z |
		cpio -0 -o -H newc -R 0:0 --reproducible --quiet) >"$work/early.cpio"
}

keep_licences() {
	mkdir -p "$work/licences"
	for file in "$work"/all/usr/share/doc/*/copyright; do
		[ -f "$file" ] || continue
		package=${file%/copyright}
		cp -L "$file" "$work/licences/${package##*/}"
	done
	[ -n "$(ls -A "$work/licences")" ] || fail "the packages say nothing of their licences"
}

[ -s "$wanted" ] || fail "there is no '$wanted': make the ramdisk's base first"
exec 8>"$out/.firmware.lock"
flock 8
work=$out/.firmware
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/all/usr/lib" "$work/root/usr/lib/firmware"
ln -s usr/lib "$work/all/lib"
find_packages >"$work/debs"
[ -s "$work/debs" ] || fail "there are no packages"
key=$({ echo "$arch"; cat "$0" "$here/pack_cpio.sh" "$wanted" "$work/debs"; xargs -r stat -c '%s %Y' <"$work/debs"; } |
	sha256sum | cut -d' ' -f1)
if [ "$(cat "$out/.firmware.key" 2>/dev/null)" = "$key" ] && [ -s "$out/firmware.cpio" ]; then
	touch "$out/firmware.cpio"
	exit 0
fi
unpack
take_wanted
case $arch in
amd64)
	microcode GenuineIntel.bin intel-ucode
	microcode AuthenticAMD.bin amd-ucode
	;;
esac
pack_early
keep_licences
sh "$here/pack_cpio.sh" "$work/root" "$work/files.cpio.zst" firmware
cat "$work/early.cpio" "$work/files.cpio.zst" >"$work/firmware.cpio"
rm -rf "$out/firmware.licences"
mv "$work/licences" "$out/firmware.licences"
for name in packed missing; do
	mv "$work/$name" "$out/firmware.$name"
done
mv "$work/firmware.cpio" "$out/firmware.cpio"
echo "$key" >"$out/.firmware.key"
printf '  %-7s %s: %d of %d wanted files, microcode %d KiB, terms of %d packages in firmware.licences\n' FIRMWARE \
	"$out/firmware.cpio" "$(wc -l <"$out/firmware.packed")" "$(wc -l <"$wanted")" \
	"$(($(stat -c %s "$work/early.cpio") / 1024))" "$(find "$out/firmware.licences" -type f | wc -l)"
