#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Make what seldom changes of the agent's ramdisk, for one architecture: Debian's kernel, the modules
# named in `modules` with what they depend on, the programs named in `programs` with their libraries,
# and our init. Packages are unpacked, never run, so any architecture can be made on any other and
# without root. pack.sh adds the agent. A second run with the same inputs does nothing.
#
# usage: build_base.sh CACHE OUT amd64|arm64
# makes  OUT/root/ (the tree), OUT/base.cpio.zst, OUT/vmlinuz, OUT/packages (name, version, arch),
#        OUT/modules.absent (lines of `modules` without a match), OUT/firmware.wanted (files that the
#        modules may ask for: an operator's firmware.cpio brings them)
set -eu
export LC_ALL=C
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
closure=$here/../sysroot/debian_closure.sh
kernel_suite=trixie # Debian 13's 6.12: drivers for the servers of these years, modules as .xz
suite=bookworm
mkdir -p "$1" "$2"
cache=$(CDPATH='' cd -- "$1" && pwd)
out=$(CDPATH='' cd -- "$2" && pwd)
arch=$3

fail() {
	echo "ramdisk: $*" >&2
	exit 1
}

# A list's lines for this architecture, without comments.
lines() {
	sed -e 's/#.*//' -e "s/ *\[$arch\] *\$//" -e '/\[.*\]/d' -e '/^ *$/d' "$1"
}

unpack() {
	mkdir -p "$2/usr/bin" "$2/usr/sbin" "$2/usr/lib" "$2/usr/lib64"
	for dir in bin sbin lib lib64; do
		ln -sfn "usr/$dir" "$2/$dir"
	done
	while read -r deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x --no-same-owner --keep-directory-symlink -C "$2" -f -
	done <"$1"
}

# Names of the modules that the list wants, by path below kernel/, without suffix.
wanted_modules() {
	: >"$work/absent"
	: >"$work/chosen"
	lines "$here/modules" | while read -r line; do
		name=${line#!}
		awk -v n="$name" '$0 == n || index($0, n "/") == 1' "$work/all" >"$work/match"
		[ -s "$work/match" ] || echo "$line" >>"$work/absent"
		if [ "$name" = "$line" ]; then
			cat "$work/match" >>"$work/chosen"
		else
			grep -vxFf "$work/match" "$work/chosen" >"$work/kept" || true
			[ ! -s "$work/match" ] || mv "$work/kept" "$work/chosen"
		fi
	done
	sort -u "$work/chosen"
}

# Add what the chosen modules need: hard dependencies (modules.dep) and soft ones (modules.softdep).
close_over_dependencies() {
	awk -v moddir="$modules" '
	function base(path) { sub(/\.ko.*/, "", path); return path }
	function word(path) { sub(/.*\//, "", path); gsub(/-/, "_", path); return path }
	function take(path,   i, n, parts) {
		if (path in seen) return
		seen[path] = 1
		n = split(deps[path], parts, " ")
		for (i = 1; i <= n; i++) take(base(substr(parts[i], length("kernel/") + 1)))
		n = split(soft[word(path)], parts, " ")
		for (i = 1; i <= n; i++) if (parts[i] in by_word) take(by_word[parts[i]])
	}
	FILENAME ~ /modules\.dep$/ {
		path = base(substr($1, length("kernel/") + 1)); sub(/:$/, "", path)
		list = $0; sub(/^[^:]*: */, "", list)
		deps[path] = list; by_word[word(path)] = path; next
	}
	FILENAME ~ /modules\.softdep$/ && $1 == "softdep" {
		for (i = 3; i <= NF; i++) if ($i != "pre:" && $i != "post:") {
			m = $i; gsub(/-/, "_", m); name = $2; gsub(/-/, "_", name)
			soft[name] = soft[name] " " m
		}
		next
	}
	FILENAME ~ /chosen\.sorted$/ { order[++count] = $1 }
	END { for (i = 1; i <= count; i++) take(order[i]); for (p in seen) print p }
	' "$modules/modules.dep" "$modules/modules.softdep" "$work/chosen.sorted" | sort
}

add_kernel() {
	sh "$closure" "$cache" "$kernel_suite" "$arch" "linux-image-$arch" >"$work/kernel.all"
	grep -E '/linux-image-[0-9][^/]*$' "$work/kernel.all" >"$work/kernel.debs" ||
		fail "the archive has no kernel for $arch"
	[ "$(wc -l <"$work/kernel.debs")" = 1 ] || fail "more than one kernel in the closure"
	unpack "$work/kernel.debs" "$work/kernel"
	set -- "$work"/kernel/boot/vmlinuz-*
	version=${1##*/vmlinuz-}
	modules=$work/kernel/usr/lib/modules/$version
	depmod -b "$work/kernel" "$version"
	# Debian's ARM64 kernel is not compressed; iPXE unpacks gzip before it starts an image.
	case $arch in
	arm64) gzip -9nc "$1" >"$work/vmlinuz" ;;
	*) install -m 0644 "$1" "$work/vmlinuz" ;;
	esac

	(cd "$modules/kernel" && find . -name '*.ko*' | sed 's|^\./||; s|\.ko.*||' | sort) >"$work/all"
	wanted_modules >"$work/chosen.sorted"
	close_over_dependencies >"$work/modules"
	to=$root/usr/lib/modules/$version
	while read -r path; do
		file=$modules/kernel/$path.ko
		mkdir -p "$to/kernel/${path%/*}"
		if [ -e "$file.xz" ]; then
			xz -dc "$file.xz" >"$to/kernel/$path.ko"
		else
			cp "$file" "$to/kernel/$path.ko"
		fi
	done <"$work/modules"
	cp "$modules/modules.order" "$modules/modules.builtin" "$modules/modules.builtin.modinfo" "$to/"
	depmod -b "$root" "$version"
	# What only people read; kmod works from the .bin files.
	rm -f "$to/modules.alias" "$to/modules.symbols" "$to/modules.symbols.bin" "$to/modules.dep" \
		"$to/modules.order" "$to/modules.builtin" "$to/modules.devname" \
		"$to/modules.builtin.modinfo"
	find "$to/kernel" -name '*.ko' -print0 | sort -z | xargs -0 modinfo -F firmware | sort -u \
		>"$work/firmware.wanted"
}

add_programs() {
	# shellcheck disable=SC2046 # one package name a line
	sh "$closure" "$cache" "$suite" "$arch" $(lines "$here/packages") >"$work/user.debs"
	unpack "$work/user.debs" "$work/user"
	lines "$here/programs" >"$work/programs"
	while read -r path; do
		[ -f "$work/user$path" ] || fail "no package brings '$path'"
		mkdir -p "$root$(dirname "$path")"
		cp -L "$work/user$path" "$root$path"
		chmod u=rwX,go=rX "$root$path"
	done <"$work/programs"
	sh "$here/add_libraries.sh" "$root" "$work/user"
	lines "$here/links" | while read -r name target; do
		[ ! -e "$root$name" ] || fail "'$name' is there already"
		mkdir -p "$root$(dirname "$name")"
		ln -s "$target" "$root$name"
	done
}

key=$(cat "$here"/*.sh "$here/packages" "$here/programs" "$here/links" "$here/modules" \
	"$here"/files/* "$closure" | sha256sum | cut -d' ' -f1)
exec 8>"$out/lock"
flock 8
if [ "$(cat "$out/.key" 2>/dev/null)" = "$key" ]; then
	touch "$out/.key"
	exit 0
fi

work=$out/work
root=$work/root
rm -rf "$work" "$out/.key"
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64" "$root/proc" "$root/sys" \
	"$root/dev" "$root/run" "$root/tmp" "$root/mnt" "$root/root" "$root/etc" "$root/var"
for dir in bin sbin lib lib64; do
	ln -s "usr/$dir" "$root/$dir"
done
ln -s /run "$root/var/run"
add_programs
add_kernel
install -m 0755 "$here/files/init" "$root/init"
install -D -m 0755 "$here/files/dhcp_event" "$root/usr/lib/slipway/dhcp_event"
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\ndisk:x:6:\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n' >"$root/etc/hosts"
echo slipway >"$root/etc/hostname"

sh "$here/pack_cpio.sh" "$root" "$work/base.cpio.zst" base
cat "$work/kernel.debs" "$work/user.debs" | sed 's|.*/||; s|\.deb$||; s/%3a/:/' | tr _ '\t' | sort \
	>"$work/packages"
rm -rf "$out/root"
mv "$root" "$out/root"
for file in base.cpio.zst vmlinuz packages firmware.wanted; do
	mv "$work/$file" "$out/$file"
done
mv "$work/absent" "$out/modules.absent"
rm -rf "$work"
echo "$key" >"$out/.key"
