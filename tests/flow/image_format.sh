#!/bin/sh
# FORMAT.md is enough: a reader in another language that was written from the page alone (image_format.py) reads what
# slipway builds, finds the same in it, gives the same bytes, and refuses what slipway refuses.
# usage: image_format.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
for program in python3 openssl zstd jq; do
	command -v $program >/dev/null || { echo "1..0 # SKIP no $program"; exit 0; }
done
flow_dir format
slipway=$build/bin/slipway
root=$dir/root.json
second() { python3 tests/flow/image_format.py "$root" "$@"; }

# ---- keys of both kinds, and archives of each kind of payload --------------------------------------
for name in one two; do
	openssl genpkey -algorithm ed25519 -out "$dir/$name.key" 2>/dev/null
done
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$dir/ec.key" 2>/dev/null
for name in one two ec; do openssl pkey -in "$dir/$name.key" -pubout -out "$dir/$name.pub"; done
"$slipway" root init --output "$root" --root-key "$dir/one.pub" --root-key "$dir/ec.pub" --root-threshold 2 \
	--image-key "$dir/two.pub" --image-key "$dir/ec.pub" --image-threshold 2 --line 'fleet-*' --channel-key "$dir/one.pub" \
	--sign "$dir/one.key" --sign "$dir/ec.key" >"$dir/out" 2>&1
ok "a root of Ed25519 and ECDSA keys" $? "$dir/out"
make_image() { # NAME ARGUMENT...: signed by both image keys
	name=$1
	shift
	"$slipway" image build --line "fleet-$name" --version 1 --seq 3 --arch x86_64 --output "$dir/$name.slip" "$@" &&
		"$slipway" image sign --key "$dir/two.key" --key "$dir/ec.key" "$dir/$name.slip"
}
head -c 300000 /dev/urandom >"$dir/disk"
truncate -s 5M "$dir/disk"
head -c 9000 /dev/urandom | dd of="$dir/disk" bs=1 seek=4000000 conv=notrunc status=none
mkdir -p "$dir/tree/etc" "$dir/tree/many"
head -c 3000000 /dev/urandom >"$dir/tree/big"
echo fleet >"$dir/tree/etc/hostname"
data='{"role": "data", "size": "64M", "mount": "/many"}'
printf '{"boot": "none", "partitions": [{"role": "swap", "size": "4M"}, %s, {"role": "root", "grow": true}]}' "$data" >"$dir/fs.json"
printf '{"boot": "none", "unpack": true, "devices": true, "partitions": [{"role": "root", "size": "64M"}]}' >"$dir/rootfs.json"
{
	make_image disk --raw --chunk 64K "$dir/disk" && make_image fs --layout "$dir/fs.json" "$dir/tree" &&
		make_image rootfs --layout "$dir/rootfs.json" "$dir/tree"
} >"$dir/out" 2>&1
ok "a disk, file systems and a tree of files are built" $? "$dir/out"

# ---- both read the same ----------------------------------------------------------------------------
for name in disk fs rootfs; do
	"$slipway" image verify --root "$root" --deep --json "$dir/$name.slip" | jq -S . >"$dir/ours" 2>"$dir/out"
	second "$dir/$name.slip" --plain "$dir/$name.plain" | jq -S . >"$dir/theirs" 2>>"$dir/out"
	cmp "$dir/ours" "$dir/theirs" >>"$dir/out" 2>&1 && [ -s "$dir/ours" ]
	ok "$name: two readers find the same" $? "$dir/out"
done
cmp "$dir/disk" "$dir/disk.plain" >"$dir/out" 2>&1
ok "and the second gives the disk back, holes included" $? "$dir/out"
tar -tf "$dir/rootfs.plain" 2>"$dir/out" | grep -q 'etc/hostname$'
ok "and the tree of files" $? "$dir/out"
"$slipway" channel next --output "$dir/channel" --sign "$dir/one.key" "$dir/disk.slip" >"$dir/out" 2>&1
second "$dir/disk.slip" "$dir/channel" >>"$dir/out"
ok "a channel names the latest for both" $? "$dir/out"
! second "$dir/fs.slip" "$dir/channel" >"$dir/out" && grep -q 'not the latest' "$dir/out"
ok "and what it does not name is not" $? "$dir/out"

# ---- and refuse the same ---------------------------------------------------------------------------
both_refuse() { # TITLE FILE
	! "$slipway" image verify --root "$root" --deep "$2" >"$dir/ours" 2>&1
	ours=$?
	second "$2" >"$dir/theirs" 2>&1
	[ $ours = 0 ] && [ "$(head -c 9 "$dir/theirs")" = "refused: " ]
	ok "$1: $(head -1 "$dir/theirs")" $? "$dir/ours"
}
size=$(stat -c %s "$dir/disk.slip")
head -c $((size / 2)) "$dir/disk.slip" >"$dir/bad"
both_refuse "half of it" "$dir/bad"
{ cat "$dir/disk.slip" && printf x; } >"$dir/bad"
both_refuse "a byte after the end" "$dir/bad"
cp "$dir/disk.slip" "$dir/bad"
"$slipway" image build --raw --line other --version 1 --seq 3 --arch x86_64 --output "$dir/other.slip" "$dir/disk" >/dev/null
both_refuse "without a signature" "$dir/other.slip"
"$slipway" image sign --key "$dir/two.key" "$dir/other.slip" >/dev/null
both_refuse "signed by one of two" "$dir/other.slip"
"$slipway" image sign --key "$dir/ec.key" "$dir/other.slip" >/dev/null
both_refuse "of a line that its keys may not sign" "$dir/other.slip"
# One bit in every region: headers, manifest, signatures, padding, table, chunks, end.
for at in 5 130 150 600 1000 $((size - 1)) $((size - 1025)) $(seq 1540 $((size / 14)) $((size - 2000))); do
	cp "$dir/disk.slip" "$dir/bad"
	byte=$(dd if="$dir/bad" bs=1 skip="$at" count=1 status=none | od -An -tu1)
	printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$dir/bad" bs=1 seek="$at" conv=notrunc status=none
	both_refuse "a bit of byte $at" "$dir/bad"
done
echo "1..$n"
exit $bad
