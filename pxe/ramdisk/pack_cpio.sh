#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Pack a tree into a zstd-compressed cpio for the kernel, the same bytes every time: sorted, owned by
# root, times fixed. Adds /etc/slipway/checksums.d/NAME, by which init finds damaged files.
#
# usage: pack_cpio.sh TREE OUT.cpio.zst NAME
set -eu
export LC_ALL=C
umask 022
tree=$1
out=$2
name=$3
epoch=${SOURCE_DATE_EPOCH:-1750000000}
# Above 19 the window grows past 8 MiB, memory that the kernel would need while it unpacks.
level=${SLIPWAY_ZSTD_LEVEL:-19}

sums=$tree/etc/slipway/checksums.d
mkdir -p "$sums"
# Modules are left out: there are many, and the kernel refuses one whose contents do not fit.
(cd "$tree" && find . -type f ! -path './usr/lib/modules/*' ! -path './etc/slipway/checksums.d/*' \
	-print0 | sort -z | xargs -0 -r sha256sum | sed 's|  \./|  /|') >"$sums/$name"
find "$tree" -exec touch -h -d "@$epoch" {} +
(cd "$tree" && find . -mindepth 1 -print0 | sort -z |
	cpio -0 -o -H newc -R 0:0 --reproducible --quiet) |
	zstd -q -f "-$level" --check -T2 -o "$out.tmp"
mv "$out.tmp" "$out"
