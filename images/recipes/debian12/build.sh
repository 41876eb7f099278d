#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Make the root file system of a small Debian 12 server as a tar: systemd, networkd with DHCP, an SSH
# server, a kernel, and the boot loader's parts where `slipway image build` looks for them. Nothing
# in it belongs to one host: no machine-id, host keys, host name, resolver or fstab. The boot loader's
# packages are unpacked, not installed: their scripts would write to the builder's view of disks.
# As root or through sudo; without either, where user namespaces are allowed. Another architecture needs
# qemu-user-static and binfmt_misc, which is enabled when it is not.
#
# usage: build.sh [--kernel=cloud|generic] [--with-cloud-init] CACHE amd64|arm64 OUT.tar
#   cloud    drivers of virtual machines only, small (default);  generic  real servers
# makes  OUT.tar, OUT.tar.packages (name, version, architecture)
set -eu
export LC_ALL=C
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
debian=$here/../../../pxe/sysroot
suite=bookworm
epoch=${SOURCE_DATE_EPOCH:-1750000000}

fail() {
	echo "debian12: $*" >&2
	exit 1
}

# Root, or who may become root: mmdebstrap then needs no user namespace, which not every machine allows.
mode=root
if [ "$(id -u)" = 0 ]; then
	as_root() { "$@"; }
elif command -v sudo >/dev/null 2>&1; then
	as_root() { sudo "$@"; }
else
	mode=unshare
	as_root() { "$@"; }
fi

kernel=cloud
cloud_init=
while [ $# -gt 3 ]; do
	case $1 in
	--kernel=cloud | --kernel=generic) kernel=${1#--kernel=} ;;
	--with-cloud-init) cloud_init=cloud-init ;;
	*) fail "unknown option '$1'" ;;
	esac
	shift
done
[ $# = 3 ] || fail "usage: build.sh [--kernel=cloud|generic] [--with-cloud-init] CACHE ARCH OUT.tar"
cache=$1
arch=$2
out=$3
case $arch-$kernel in
amd64-cloud | arm64-cloud) linux=linux-image-cloud-$arch ;;
amd64-generic | arm64-generic) linux=linux-image-$arch ;;
*) fail "unknown architecture '$arch'" ;;
esac

# What boots: taken as files from these packages. BIOS boot is x86's alone.
case $arch in
amd64)
	loaders='grub-pc-bin grub-efi-amd64-signed shim-signed'
	loader_files='./usr/lib/grub/i386-pc ./usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed
		./usr/lib/shim/shimx64.efi.signed'
	;;
arm64)
	loaders='grub-efi-arm64-signed shim-signed'
	loader_files='./usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed
		./usr/lib/shim/shimaa64.efi.signed'
	;;
esac

# Programs of a foreign architecture run under qemu-user once the kernel knows them.
foreign_ready() {
	[ "$arch" = "$(dpkg --print-architecture)" ] || arch-test "$arch" >/dev/null 2>&1
}

enable_foreign() {
	foreign_ready && return
	[ $mode = root ] || fail "programs for $arch do not run here; as root: update-binfmts --enable"
	[ -e /proc/sys/fs/binfmt_misc/register ] ||
		as_root mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
	as_root update-binfmts --enable qemu-aarch64 || true
	foreign_ready || fail "programs for $arch do not run here; is qemu-user-static installed?"
}

# apt's own settings of this machine that reaching the mirror may need.
apt_options() {
	apt-config dump | grep -E '^Acquire::(http|https|ftp)::Proxy |^Acquire::Check-(Date|Valid-Until) ' ||
		true
}

mkdir -p "$(dirname "$out")"
out=$(CDPATH='' cd -- "$(dirname -- "$out")" && pwd)/$(basename "$out")
key=$(cd "$here" && find . -type f -print0 | sort -z | xargs -0 cat "$debian/debian_closure.sh" \
	"$debian/debian_sources.sh" | { cat; echo "$kernel $cloud_init $arch"; } | sha256sum | cut -d' ' -f1)
exec 8>"$out.lock"
flock 8
if [ -s "$out" ] && [ "$(cat "$out.key" 2>/dev/null)" = "$key" ]; then
	touch "$out" "$out.key"
	exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
enable_foreign
rm -f "$out" "$out.key"

mkdir -p "$work/loader"
# shellcheck disable=SC2086 # lists of names
sh "$debian/debian_closure.sh" --no-deps "$cache" "$suite" "$arch" $loaders >"$work/loader.debs"
while read -r deb; do
	dpkg-deb --fsys-tarfile "$deb" >"$work/deb.tar"
	for file in $loader_files; do
		tar -x --no-same-owner -C "$work/loader" -f "$work/deb.tar" "$file" 2>/dev/null || true
	done
done <"$work/loader.debs"
for file in $loader_files; do
	[ -e "$work/loader/$file" ] || fail "no package brings '$file'"
done
cp -r "$here/files/." "$work/loader/"
[ "$kernel" != cloud ] || echo 'MODULES=list' >>"$work/loader/etc/initramfs-tools/conf.d/image"
[ "$kernel" != generic ] || rm "$work/loader/etc/initramfs-tools/modules"
tar -c --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime="@$epoch" \
	-C "$work/loader" -f "$work/overlay.tar" .

packages=$(sed 's/#.*//' "$here/packages" | tr '\n' ' ')
sh "$debian/debian_sources.sh" "$suite" "$arch" >"$work/sources.list"
apt_options >"$work/apt.conf"

# The overlay comes before any package, so that the first initrd is the last one too. The links of
# merged /usr come first: the package that would make them (usrmerge) brings Perl's 50 MB.
# shellcheck disable=SC2016 # $1 is the hook's own: mmdebstrap passes the root
as_root env SOURCE_DATE_EPOCH="$epoch" mmdebstrap --quiet --mode="$mode" --variant=minbase --format=tar \
	--architectures="$arch" --include="$packages $cloud_init $linux" \
	--aptopt="$work/apt.conf" \
	--aptopt='Acquire::Languages "none"' \
	--dpkgopt='force-unsafe-io' \
	--dpkgopt='force-confold' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-include=/usr/share/doc/*/copyright' \
	--dpkgopt='path-exclude=/usr/share/info/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/share/lintian/*' \
	--dpkgopt='path-exclude=/usr/share/bug/*' \
	--dpkgopt='path-exclude=/lib/udev/hwdb.d/*' \
	--setup-hook='/usr/share/mmdebstrap/hooks/merged-usr/setup00.sh "$1"' \
	--setup-hook='mkdir -p "$1/etc/apt/preferences.d" &&
		printf "Package: usrmerge\nPin: release *\nPin-Priority: -1\n" \
			>"$1/etc/apt/preferences.d/50-image"' \
	--extract-hook='tar -x -C "$1" --keep-directory-symlink -f '"'$work/overlay.tar'" \
	--customize-hook='sh '"'$here/finish.sh'"' "$1"' \
	--customize-hook='dpkg-query --admindir="$1/var/lib/dpkg" -W \
		-f "\${Package}\t\${Version}\t\${Architecture}\n" >'"'$work/packages'" \
	"$suite" "$work/root.tar" "$work/sources.list"

[ -O "$work/root.tar" ] || as_root chown "$(id -u):$(id -g)" "$work/root.tar" "$work/packages"
sed 's|.*/||; s|\.deb$||; s/%3a/:/' "$work/loader.debs" | tr _ '\t' | sort - "$work/packages" \
	>"$out.packages"
mv "$work/root.tar" "$out"
echo "$key" >"$out.key"
