#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Sizes where other formats broke: disks around 2 and 4 GiB are built and verified, and in an archive of 5 GiB that
# does not compress a flipped byte in each 512 MiB is found (A-12). Needs 16 GiB of disk and a few minutes; says so
# and skips where there is less.
#
# usage: images_large.sh [BUILD]
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
slipway=${1:-${BUILD:-$here/build}}/bin/slipway
folder=${TMPDIR:-/var/tmp}
free=$(df -Pk "$folder" | awk 'NR == 2 {print int($4 / 1048576)}')
[ "$free" -ge 16 ] || { echo "1..0 # SKIP $folder has $free GiB free, 16 are needed"; exit 0; }
work=$(mktemp -d "$folder/slipway-large.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$slipway" root init --lab --dir "$work" >/dev/null
n=0
check() { # WHAT COMMAND...
	n=$((n + 1))
	what=$1
	shift
	if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi
}
build() { # INPUT OUTPUT
	"$slipway" image build --raw --line large --version 1 --arch x86_64 --output "$2" "$1" >/dev/null &&
		"$slipway" image sign --key "$work/keys/image.key" "$2" >/dev/null
}
verify() {
	"$slipway" image verify --root "$work/root.json" "$1" >"$work/out" 2>&1
}

build_and_verify() {
	build "$work/disk" "$work/a.slip" && verify "$work/a.slip"
}
listed() {
	tar -tf "$work/a.slip" | tail -1 | grep -qx disk.img
}
refused() {
	! verify "$work/a.slip" && grep -q 'image.digest' "$work/out"
}

echo 1..18
for size in 2147483136 2147483648 2147484160 4294966784 4294967296 4294967808; do
	rm -f "$work/disk"
	truncate -s $size "$work/disk"
	printf 'begin' | dd of="$work/disk" conv=notrunc status=none
	printf 'end' | dd of="$work/disk" bs=1 seek=$((size - 3)) conv=notrunc status=none
	check "a disk of $size bytes" build_and_verify
done
rm -f "$work/disk" "$work/a.slip"
openssl enc -aes-128-ctr -nosalt -K 00112233445566778899aabbccddeeff -iv 0 -in /dev/zero 2>/dev/null |
	head -c 5368709120 >"$work/disk" || true
check "an archive of 5 GiB" build_and_verify
rm -f "$work/disk"
check "which tar can list" listed
for i in 0 1 2 3 4 5 6 7 8 9; do
	at=$((i * 536870912 + 300000000))
	old=$(dd if="$work/a.slip" bs=1 skip=$at count=1 status=none | od -An -tu1 | tr -d ' ')
	# shellcheck disable=SC2059 # an octal escape is the point
	printf "\\$(printf %o $(((old + 1) % 256)))" | dd of="$work/a.slip" bs=1 seek=$at conv=notrunc status=none
	check "a flip at byte $at" refused
	# shellcheck disable=SC2059
	printf "\\$(printf %o "$old")" | dd of="$work/a.slip" bs=1 seek=$at conv=notrunc status=none
done
