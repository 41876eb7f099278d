#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The last hand on the tree that mmdebstrap made: what belongs to one host goes, what a server does
# not need while it starts is switched off. Called by build.sh.
#
# usage: finish.sh ROOT
set -eu
root=$1

in_root() {
	chroot "$root" "$@"
}

# Host name, machine-id, keys, resolver: made by the agent, by systemd or at the first boot.
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/var/lib/dbus/machine-id" \
	"$root/etc/resolv.conf" "$root/var/lib/systemd/random-seed" "$root/var/lib/systemd/catalog/database"
: >"$root/etc/machine-id"
ln -s ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"

in_root systemctl -q enable systemd-networkd.service systemd-resolved.service ssh.service \
	ssh-host-keys.service
in_root systemctl -q disable systemd-networkd-wait-online.service || true
# Timers and services that only cost time at a start; nothing here is needed to be reached.
in_root systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
	e2scrub_reap.service systemd-pstore.service systemd-hwdb-update.service \
	ldconfig.service systemd-journal-catalog-update.service sys-kernel-debug.mount \
	sys-kernel-tracing.mount dev-hugepages.mount dev-mqueue.mount sys-kernel-config.mount \
	sys-fs-fuse-connections.mount modprobe@configfs.service modprobe@dm_mod.service \
	modprobe@drm.service modprobe@fuse.service modprobe@loop.service
# /etc and /var are as new as /usr: no users, caches or catalogues to bring up to date at the start.
touch "$root/etc/.updated" "$root/var/.updated"

if [ ! -e "$root/vmlinuz" ] || [ ! -e "$root/initrd.img" ]; then
	echo 'debian12: the kernel made no /vmlinuz and /initrd.img' >&2
	exit 1
fi

# What served the building alone.
sed -i -e '/^#/d' -e 's/^update_initramfs=.*/update_initramfs=yes/' \
	"$root/etc/initramfs-tools/update-initramfs.conf"
rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/apt/preferences.d/50-image"
sed -i '/^force-/d' "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
mv "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap" "$root/etc/dpkg/dpkg.cfg.d/small"

# Caches that are made again when they are needed.
rm -rf "$root"/var/cache/apt/*.bin "$root"/var/lib/apt/lists/* "$root"/var/log/*.log \
	"$root"/var/log/apt "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old \
	"$root"/var/cache/ldconfig/aux-cache
mkdir -p "$root/var/lib/apt/lists/partial"
