#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# An OCI image layout becomes an image: layers in order, whiteouts applied, every blob compared with its
# digest; a blob that was changed is refused.
#
# usage: images_oci.sh [BUILD]
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
slipway=${1:-${BUILD:-$here/build}}/bin/slipway
command -v debugfs >/dev/null || { echo "1..0 # SKIP no debugfs"; exit 0; }
work=$(mktemp -d /tmp/slipway-oci.XXXXXX)
trap 'rm -rf "$work"' EXIT
n=0
check() { # WHAT COMMAND...
	n=$((n + 1))
	what=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		sed 's/^/# /' "$work/out"
	fi
}

oci=$work/oci
mkdir -p "$oci/blobs/sha256" "$work/1/etc" "$work/1/gone" "$work/1/opaque" "$work/2/opaque"
echo lower >"$work/1/etc/lower"
echo old >"$work/1/etc/both"
echo x >"$work/1/gone/file"
echo hidden >"$work/1/opaque/hidden"
mkdir -p "$work/2/etc"
echo new >"$work/2/etc/both"
: >"$work/2/.wh.gone"
: >"$work/2/opaque/.wh..wh..opq"
echo seen >"$work/2/opaque/seen"

blob() { # FILE: into the layout; prints its descriptor
	sum=$(openssl dgst -sha256 -r "$1" | cut -d' ' -f1)
	cp "$1" "$oci/blobs/sha256/$sum"
	printf '{"digest":"sha256:%s","size":%s%s}' "$sum" "$(stat -c %s "$1")" "${2-}"
}
tar -C "$work/1" -czf "$work/1.tgz" .
tar -C "$work/2" --zstd -cf "$work/2.tzst" .
printf '{"schemaVersion":2,"layers":[%s,%s]}' "$(blob "$work/1.tgz")" "$(blob "$work/2.tzst")" >"$work/manifest"
printf '{"schemaVersion":2,"manifests":[%s]}' \
	"$(blob "$work/manifest" ',"platform":{"architecture":"amd64","os":"linux"}')" >"$oci/index.json"
echo '{"imageLayoutVersion":"1.0.0"}' >"$oci/oci-layout"
echo '{"boot":"none"}' >"$work/layout.json"

build() {
	"$slipway" image build --line oci --version 1 --arch x86_64 --layout "$work/layout.json" --output "$work/a.slip" "$oci"
}
install_it() {
	"$slipway" root init --lab --dir "$work" && "$slipway" image sign --key "$work/keys/image.key" "$work/a.slip" &&
		"$slipway" image install --root "$work/root.json" --to "$work/disk" --no-grow --keep-identity "$work/a.slip" &&
		dd if="$work/disk" of="$work/fs" bs=1M skip=1
}
install_alone() {
	"$slipway" image install --root "$work/root.json" --root-fs-only --to "$work/alone" --no-grow --keep-identity "$work/a.slip" |
		grep -q '^its file system: UUID=[0-9a-f-]\{36\}$' && cmp -n "$(stat -c %s "$work/alone")" "$work/alone" "$work/fs"
}
has() { # PATH TEXT
	debugfs -R "cat $1" "$work/fs" 2>/dev/null | grep -qx "$2"
}
lacks() { # PATH
	debugfs -R "stat $1" "$work/fs" 2>&1 | grep -q 'not found'
}
refused() {
	! build >"$work/refused" 2>&1 && grep -q image.input "$work/refused"
}

echo 1..10
check "a layout is built" build
check "and installed" install_it
check "its file system is sound" e2fsck -fn "$work/fs"
check "alone in a file it has the same bytes" install_alone
check "a file of the lower layer" has /etc/lower lower
check "a file of both: the upper wins" has /etc/both new
check "a folder that was removed" lacks /gone
check "an opaque folder hides" lacks /opaque/hidden
check "and shows its own" has /opaque/seen seen
sum=$(openssl dgst -sha256 -r "$work/1.tgz" | cut -d' ' -f1)
printf x >>"$oci/blobs/sha256/$sum"
check "a changed layer is refused" refused
