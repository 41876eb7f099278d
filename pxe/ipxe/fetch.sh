#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Put the iPXE programs that dnsmasq and nginx hand to new hosts into DEST. They come unchanged from
# Debian 13's `ipxe` package (Debian 12's knows neither ARM64 nor HTTPS). Needs no root; a second run
# with the same inputs does nothing.
#
# usage: fetch.sh CACHE DEST
set -eu
export LC_ALL=C
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
closure=$here/../sysroot/debian_closure.sh
cache=$1
dest=$2

# Our name, then the package's. There is no snponly build for ARM64: that name carries the full one.
files='
undionly.kpxe         undionly.kpxe
ipxe-x86_64.efi       ipxe-amd64.efi
snponly-x86_64.efi    snponly.efi
ipxe-arm64.efi        ipxe-arm64.efi
snponly-arm64.efi     ipxe-arm64.efi
'

key=$(cat "$0" "$closure" | sha256sum | cut -d' ' -f1)
mkdir -p "$(dirname "$dest")"
exec 8>"$dest.lock"
flock 8
if [ "$(cat "$dest/.key" 2>/dev/null)" = "$key" ]; then
	touch "$dest/.key"
	exit 0
fi

deb=$(sh "$closure" --no-deps "$cache" trixie amd64 ipxe)
rm -rf "$dest.new" "$dest.deb"
mkdir -p "$dest.new" "$dest.deb"
dpkg-deb -x "$deb" "$dest.deb"
echo "$files" | while read -r ours theirs; do
	[ -z "$ours" ] || install -m 0644 "$dest.deb/usr/lib/ipxe/$theirs" "$dest.new/$ours"
done
basename "$deb" .deb | tr _ '\t' >"$dest.new/packages"
echo "$key" >"$dest.new/.key"
rm -rf "$dest.deb" "$dest"
mv "$dest.new" "$dest"
