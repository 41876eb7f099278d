#!/bin/sh
# A real systemd as the first process of namespaces of its own, with the installed units of this tree: the machine's
# programs are there to read, everything else is new and vanishes. It serves 10.99.0.1 on a bridge sw0.
# usage: systemd_root.sh BUILD FOLDER   FOLDER: where the new root is mounted (empty, of the caller's)
# It becomes systemd; call it under unshare --mount --pid --fork --cgroup --net --uts --ipc.
set -eu
build=$1 root=$2
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir -p "$root/usr" "$root/etc/systemd/system" "$root/etc/ssl" "$root/etc/slipway" "$root/slip" "$root/old"
units=$PWD/provisioner/server/install boot=$root/slip/share/slipway/boot
cd "$root"
mkdir -p proc sys dev run tmp var/lib var/log root
chmod 1777 tmp
mount --bind /usr usr && mount -o remount,bind,ro usr
for d in bin sbin lib lib64; do ln -s "usr/$d" $d; done
cp -a /etc/ld.so.cache /etc/alternatives etc/
cp /etc/nsswitch.conf /etc/passwd /etc/group etc/
cp /etc/ssl/openssl.cnf etc/ssl/
sed -i /^slipway/d etc/passwd etc/group
: >etc/machine-id
mkdir -p slip/sbin slip/bin slip/share/slipway/web "$boot/x86_64" "$boot/ipxe"
cp "$build/bin/slipwayd" slip/sbin/
cp "$build/bin/slipway" slip/bin/
echo kernel >"$boot/x86_64/vmlinuz"
echo ramdisk >"$boot/x86_64/ramdisk.img"
echo loader >"$boot/ipxe/snponly-x86_64.efi"
echo page >slip/share/slipway/web/index.html
for unit in "$units"/*.service; do sed 's|@PREFIX@|/slip|' "$unit" >"etc/systemd/system/${unit##*/}"; done
systemd-sysusers --root="$root" "$units/slipway.sysusers" >&2
printf '[server]\ninterface=sw0\n[boot]\nfiles_dir=/slip/share/slipway/boot\n[web]\ndir=/slip/share/slipway/web\n' >etc/slipway/slipway.conf
printf '[dhcp]\nmode=full\n[programs]\nslipway=/slip/bin/slipway\n' >>etc/slipway/slipway.conf
printf '[Unit]\nDefaultDependencies=no\nWants=slipwayd.service\n' >etc/systemd/system/test.target
ip link set lo up
ip link add sw0 type bridge
ip address add 10.99.0.1/24 dev sw0
ip link add sw0p type veth peer name sw0q
ip link set sw0p master sw0
ip link set sw0p up
ip link set sw0q up
ip link set sw0 up
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero random urandom full tty; do
	: >"dev/$node"
	mount --bind "/dev/$node" "dev/$node"
done
: >dev/console
mount --bind /dev/null dev/console
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir dev/shm dev/pts
pivot_root . old
cd /
umount -l /old
exec env -i container=slipway PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=test.target --show-status=no
