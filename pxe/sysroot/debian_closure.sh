#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fetch Debian packages of any suite and architecture, with all that they depend on, and print the
# paths of the .deb files, one a line, sorted. Nothing is unpacked or run here. apt works on its own
# state below CACHE, never on the machine's; the archive's address and proxy come from the machine's
# apt configuration, of which only suite and architecture change. Signatures are checked by apt.
# Needs no root.
#
# usage: debian_closure.sh [--no-deps] [--non-free-firmware] CACHE SUITE ARCH PACKAGE...
#   SUITE  bookworm, trixie (with their -updates and -security) or bookworm-backports (with bookworm)
#   ARCH   amd64 or arm64
set -eu
export LC_ALL=C

fail() {
	echo "debian_closure: $*" >&2
	exit 1
}

deps=1
components=main
kind=
if [ "${1:-}" = --no-deps ]; then
	deps=0
	shift
fi
# With a state of its own: nobody else's closure may come from there.
if [ "${1:-}" = --non-free-firmware ]; then
	components='main non-free-firmware'
	kind=-firmware
	shift
fi
[ $# -ge 4 ] || fail "usage: debian_closure.sh [--no-deps] [--non-free-firmware] CACHE SUITE ARCH PACKAGE..."
mkdir -p "$1"
cache=$(CDPATH='' cd -- "$1" && pwd)
suite=$2
arch=$3
shift 3
case $arch in amd64 | arm64) ;; *) fail "unknown architecture '$arch'" ;; esac
base=${suite%-backports}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

state=$cache/apt/$suite-$arch$kind
mkdir -p "$state/lists/partial" "$state/cache" "$state/none/partial" "$cache/archives/partial" "$state/etc"

write_sources() {
	# shellcheck disable=SC2086 # words are wanted
	sh "$here/debian_sources.sh" "$suite" "$arch" $components >"$state/etc/sources.list"
}

write_config() {
	cat >"$state/etc/apt.conf" <<-CONF
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	#clear DPkg::Post-Invoke;
	#clear DPkg::Pre-Install-Pkgs;
	APT::Architecture "$arch";
	APT::Architectures { "$arch"; };
	APT::Install-Recommends "false";
	APT::Sandbox::User "";
	APT::Default-Release "$([ "$suite" = "$base" ] || echo "$suite")";
	Acquire::Languages "none";
	Acquire::Retries "3";
	Debug::NoLocking "true";
	Dir::State "$state";
	Dir::State::lists "$state/lists";
	Dir::State::status "$state/status";
	Dir::Cache "$state/cache";
	Dir::Cache::archives "$cache/archives";
	Dir::Etc::sourcelist "$state/etc/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	CONF
	: >"$state/status"
}

apt() {
	apt-get -q -q -y -c "$state/etc/apt.conf" "$@"
}

refresh_lists() {
	apt update >&2 || fail "the package lists of $suite/$arch cannot be fetched"
	touch "$state/fresh"
}

# Print the closure's file names as apt names them in its cache; ':' of an epoch comes as %3a.
# With an empty archive folder, because apt names only what it would have to fetch.
closure_names() {
	if [ "$deps" = 1 ]; then
		apt -o Dir::Cache::archives="$state/none" install --print-uris "$@"
	else
		apt download --print-uris "$@"
	fi >"$state/uris.$$" || fail "apt finds no way to: $*"
	awk '{ print $2 }' "$state/uris.$$" | sort -u
}

have_all() {
	while read -r name; do
		[ -s "$cache/archives/$name" ] || return 1
	done <"$state/names.$$"
}

fetch() {
	if [ "$deps" = 1 ]; then
		apt install --download-only "$@" >&2
	else
		(cd "$cache/archives" && apt download "$@" >&2)
	fi
}

exec 9>"$state/lock"
flock 9
trap 'rm -f "$state/names.$$" "$state/uris.$$"' EXIT
write_sources
write_config
[ -n "$(find "$state/fresh" -mmin -720 2>/dev/null)" ] || refresh_lists
closure_names "$@" >"$state/names.$$"
[ -s "$state/names.$$" ] || fail "nothing is called: $*"
if ! have_all; then
	fetch "$@" || {
		refresh_lists
		closure_names "$@" >"$state/names.$$"
		fetch "$@" || fail "packages of $suite/$arch cannot be fetched"
	}
fi
have_all || fail "apt did not deliver every package of the closure"
sed "s|^|$cache/archives/|" "$state/names.$$"
