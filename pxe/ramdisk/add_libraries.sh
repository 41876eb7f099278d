#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Copy into ROOT every shared library that a program or library in it needs and that it lacks, from
# the first SOURCE tree that has it. Reads ELF headers; runs nothing, so ROOT may be of any
# architecture. Fails when a library is found nowhere. What the tree HAVE holds counts as there.
#
# usage: add_libraries.sh [--have HAVE] ROOT SOURCE...
set -eu
export LC_ALL=C
have_tree=/nonexistent
if [ "$1" = --have ]; then
	have_tree=$2
	shift 2
fi
root=$1
shift

# What the dynamic files below a list of paths ask for: libraries, and their loader by full path.
needs() {
	xargs -r readelf -dlW 2>/dev/null | sed -n \
		-e 's/.*(NEEDED).*\[\(.*\)\]/\1/p' \
		-e 's/.*Requesting program interpreter: \(.*\)\]/\1/p' | sort -u
}

elf_files() {
	find "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" -path "$root/usr/lib/modules" -prune -o \
		-type f ! -name '*.ko' -print
}

# The folder of a tree that holds an architecture's libraries has the triple's name.
find_library() {
	name=$1
	shift
	for tree in "$@"; do
		for dir in "$tree"/usr/lib/*-linux-gnu "$tree"/usr/lib; do
			if [ -e "$dir/$name" ]; then
				echo "$dir/$name ${dir#"$tree"}/$name"
				return 0
			fi
		done
	done
	echo "add_libraries: no package brings '$name'" >&2
	return 1
}

added=1
while [ "$added" = 1 ]; do
	added=0
	for need in $(elf_files | needs); do
		case $need in
		ld-linux*) ;; # the loader, which a program names by its full path
		/*)
			[ ! -e "$root$need" ] || continue
			[ ! -e "$have_tree$need" ] || continue
			found=
			for tree in "$@"; do
				[ -z "$found" ] && [ -e "$tree$need" ] && found=$tree$need
			done
			[ -n "$found" ] || { echo "add_libraries: no loader '$need'" >&2; exit 1; }
			mkdir -p "$root$(dirname "$need")"
			install -m 0755 "$found" "$root$need"
			added=1
			;;
		*)
			for have in "$root"/usr/lib/*-linux-gnu/"$need" "$root/usr/lib/$need" \
				"$have_tree"/usr/lib/*-linux-gnu/"$need" "$have_tree/usr/lib/$need"; do
				[ ! -e "$have" ] || continue 2
			done
			place=$(find_library "$need" "$@")
			mkdir -p "$root$(dirname "${place##* }")"
			install -m 0644 "${place%% *}" "$root${place##* }"
			added=1
			;;
		esac
	done
done
