#!/bin/sh
# What `make install` and the package put on a machine goes again: nothing is left but a configuration that somebody
# changed, the state, and the folders that others use. Below DESTDIR, and in a root of its own for dpkg.
# usage: uninstall.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_dir uninstall
# the programs alone: boot files and the page are copied like them, and are large
mkdir -p "$dir/build/boot" "$dir/build/web"
echo kernel >"$dir/build/boot/vmlinuz"
echo page >"$dir/build/web/index.html"
for part in bin gen obj man; do [ ! -e "$build/$part" ] || ln -s "$build/$part" "$dir/build/$part"; done
put() { make -s "$1" BUILD="$dir/build" PREFIX="$2" DESTDIR="$3" -o all >"$dir/out" 2>&1; }
left() { (cd "$1" && find . ! -type d | sort | tr '\n' ' '); }
own_folders() { (cd "$1" && find . -type d -name '*slipway*' | sort | tr '\n' ' '); }

put install /usr/local "$dir/a"
ok "it installs" $? "$dir/out"
installed=$(find "$dir/a" -type f | wc -l)
[ "$installed" -ge 15 ]
ok "it puts $installed files there" $?
put uninstall /usr/local "$dir/a"
ok "it uninstalls" $? "$dir/out"
same "no file is left" "$(left "$dir/a")" ""
same "and no folder of its own" "$(own_folders "$dir/a")" ""
put uninstall /usr/local "$dir/a"
ok "once more does no harm" $? "$dir/out"

put install /opt/ship "$dir/b" && echo "# mine" >>"$dir/b/etc/slipway/slipway.conf"
mkdir -p "$dir/b/var/lib/slipway" "$dir/b/opt/ship/bin" && echo data >"$dir/b/var/lib/slipway/slipway.db"
echo other >"$dir/b/opt/ship/bin/other"
put uninstall /opt/ship "$dir/b"
same "a changed configuration, the state and others' files stay" "$(left "$dir/b")" \
	"./etc/slipway/slipway.conf ./opt/ship/bin/other ./var/lib/slipway/slipway.db "

# ---- the package ----------------------------------------------------------------------------------
if ! command -v dpkg-deb >/dev/null || [ "$(id -u)" != 0 ]; then
	ok "the package # SKIP needs dpkg and root" 0
	echo "1..$n"
	exit $bad
fi
put install /usr "$dir/deb"
mkdir "$dir/deb/DEBIAN"
echo /etc/slipway/slipway.conf >"$dir/deb/DEBIAN/conffiles"
install -m 755 provisioner/server/install/postinst provisioner/server/install/prerm provisioner/server/install/postrm "$dir/deb/DEBIAN/"
printf 'Package: slipway\nVersion: 1\nArchitecture: all\nMaintainer: x <x@localhost>\nDescription: x\n' >"$dir/deb/DEBIAN/control"
dpkg-deb -z1 --root-owner-group --build "$dir/deb" "$dir/slipway.deb" >"$dir/out" 2>&1
ok "there is a package" $? "$dir/out"
root=$dir/root
package() { dpkg --root="$root" --log=/dev/null --force-script-chrootless --force-unsafe-io "$@" >"$dir/out" 2>&1; }
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/etc" "$root/run/slipway"
: >"$root/var/lib/dpkg/status"
: >"$root/var/lib/dpkg/available"
package -i "$dir/slipway.deb"
ok "it is installed" $? "$dir/out"
same "its users are there" "$(grep -c '^slipway' "$root/etc/passwd")" 3
mkdir -p "$root/var/lib/slipway/nginx" && echo data >"$root/var/lib/slipway/slipway.db" && echo tmp >"$root/var/lib/slipway/nginx/body"
package -r slipway
ok "it is removed" $? "$dir/out"
same "the configuration stays" "$(cd "$root" && find . -path ./var -prune -o -path "*slipway*" ! -type d -print)" ./etc/slipway/slipway.conf
package -P slipway
ok "it is purged" $? "$dir/out"
grep -q 'stay in /var/lib/slipway' "$dir/out"
ok "and says what stays" $? "$dir/out"
rm -rf "$root/var/lib/dpkg" "$root"/etc/passwd* "$root"/etc/group* "$root"/etc/shadow* "$root"/etc/gshadow* "$root"/etc/.pwd.lock
same "nothing else is left" "$(left "$root")" "./var/lib/slipway/slipway.db "
echo "1..$n"
exit $bad
