#!/bin/sh
# Install what building, testing and the lab need, and nothing that is there already.
# Works as root, or as a user who may sudo; says which packages are missing when it can do neither.
# usage: install.sh [LIST]...   (default: packages.txt beside this file)
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
[ $# -gt 0 ] || set -- "$here/packages.txt"

missing=
for package in $(sed 's/#.*//' "$@"); do
	dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
		missing="$missing $package"
done
# Node.js from another source may bring npm with it, and then Debian's npm package conflicts.
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	as_root() { "$@"; }
elif command -v sudo >/dev/null 2>&1; then
	as_root() { sudo "$@"; }
else
	printf 'install: not root and no sudo here; ask an administrator for:%s\n' "$missing" >&2
	exit 1
fi

printf 'install:%s\n' "$missing"
# Debian's service packages start their daemons when installed; the lab and the tests start their
# own, so a machine that policy-rc.d does not guard yet is guarded for the length of this call.
guard=/usr/sbin/policy-rc.d
made_guard=
if [ ! -e "$guard" ]; then
	printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
	as_root chmod 755 "$guard"
	made_guard=1
fi
finish() { [ -z "$made_guard" ] || as_root rm -f "$guard"; }
trap finish EXIT
as_root apt-get update -q >&2 || true
# shellcheck disable=SC2086 # a list of package names, split on purpose
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
	-o DPkg::Lock::Timeout=600 $missing >&2
# Only the programs of these are wanted: their daemons must not come up with the next boot either.
for unit in prometheus.service lldpd.service swupdate.service swupdate.socket swupdate-progress.service; do
	case "$missing " in
	*" ${unit%%[.-]*} "*) as_root systemctl --quiet disable "$unit" >&2 || true ;;
	esac
done
