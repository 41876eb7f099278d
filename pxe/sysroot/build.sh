#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Make the folder that programs for hosts (agent, first-boot reporter) are compiled and linked
# against: Debian 12's headers and libraries of one architecture, unpacked without being run, for
# `gcc --sysroot=` and `aarch64-linux-gnu-gcc --sysroot=`. Needs no root. A second run with the same
# inputs does nothing; DEST appears only when it is whole. Beside it: DEST.packages, what is in it.
#
# usage: build.sh CACHE DEST amd64|arm64
set -eu
export LC_ALL=C
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
suite=bookworm
cache=$1
dest=$2
arch=$3

key=$(cat "$0" "$here/packages" "$here/debian_closure.sh" | sha256sum | cut -d' ' -f1)
mkdir -p "$(dirname "$dest")"
exec 8>"$dest.lock"
flock 8
if [ "$(cat "$dest/.key" 2>/dev/null)" = "$key" ]; then
	touch "$dest/.key"
	exit 0
fi

# shellcheck disable=SC2046 # one package name a line
sh "$here/debian_closure.sh" "$cache" "$suite" "$arch" $(sed 's/#.*//' "$here/packages") >"$dest.debs"

rm -rf "$dest.new"
mkdir -p "$dest.new/usr/bin" "$dest.new/usr/sbin" "$dest.new/usr/lib" "$dest.new/usr/lib64"
# Debian 12 is /usr-merged: packages may name a file by either path.
for dir in bin sbin lib lib64; do
	ln -s "usr/$dir" "$dest.new/$dir"
done
while read -r deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x --no-same-owner --keep-directory-symlink -C "$dest.new" \
		--exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' \
		--exclude='./usr/share/info' --exclude='./usr/share/zoneinfo' -f -
done <"$dest.debs"

# An absolute link would lead out of the sysroot: make each one relative to where it stands.
find "$dest.new" -type l -lname '/*' | while read -r link; do
	target=$(readlink "$link")
	ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$dest.new$target")" "$link"
done

sed 's|.*/||; s|\.deb$||' "$dest.debs" | tr _ '\t' | sed 's/%3a/:/' >"$dest.packages"
rm -f "$dest.debs"
echo "$key" >"$dest.new/.key"
rm -rf "$dest"
mv "$dest.new" "$dest"
