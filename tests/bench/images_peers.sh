# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# The peers of images.sh, which reads this file: what each is given, and one run of each. Every run ends with
# its bytes on the disk. A peer that cannot run here is left out, by name.
# shellcheck disable=SC2154 # variables of images.sh

can_run() { # PEER PROGRAM...
	peer=$1
	shift
	case ,$without, in *",$peer,"*) return 1 ;; esac
	for program in "$@"; do
		command -v "$program" >/dev/null && continue
		echo "left out: $peer ($program is not installed; tests/setup/bench.txt)" >&2
		return 1
	done
	echo "$peer"
}

# ---- a root file system -----------------------------------------------------------------------
root_peers() { # make what they need, and name them
	zstd -q -3 -T0 -f "$rootfs" -o "$work/www/rootfs.tar.zst"
	can_run tar curl zstd tar || true
	can_run bsdtar curl bsdtar || true
	if can_run casync casync; then
		casync make --store="$work/www/root.castr" "$work/www/root.caidx" "$work/tree" >/dev/null
	fi
}
partclone_peer() { # a file system in which the tree lies already, for another kind of peer
	can_run partclone partclone.ext4 || return 0
	fresh_disk "$size_mib"
	mkfs.ext4 -q -F "$loop"
	mount "$loop" "$work/mnt"
	tar -xp --xattrs --xattrs-include='*' --numeric-owner -C "$work/mnt" -f "$rootfs"
	umount "$work/mnt"
	partclone.ext4 -q -c -s "$loop" -L "$work/partclone.log" -o - 2>"$work/run.log" |
		zstd -q -3 -T0 -f -o "$work/www/root.pcl.zst"
	grep -q 'Cloned successfully' "$work/run.log" || { cat "$work/run.log" >&2; return 1; }
	losetup -d "$loop"
}
in_new_fs() { # COMMAND: in a new ext4 on the fresh disk, until all is on it
	fresh_disk "$size_mib"
	# shellcheck disable=SC2016 # the inner shell expands them
	timed sh -c 'mkfs.ext4 -q -F "$1" && mount "$1" "$2" && sh -c "$3" && sync -f "$2"' sh "$loop" "$work/mnt" "$1"
	umount "$work/mnt"
}
run_tar() {
	in_new_fs "curl -s $url/rootfs.tar.zst | zstd -dcq | tar -xp --xattrs --xattrs-include='*' --numeric-owner -C $work/mnt"
}
run_bsdtar() { in_new_fs "curl -s $url/rootfs.tar.zst | bsdtar -xp --numeric-owner -C $work/mnt -f -"; }
run_casync() { in_new_fs "casync extract --store=$url/root.castr $url/root.caidx $work/mnt/tree"; }
run_partclone() {
	fresh_disk "$size_mib"
	timed sh -c "curl -s $url/root.pcl.zst | zstd -dcq | partclone.restore -q -s - -L $work/partclone.log -o $loop && sync $loop"
}
check_tar() { same_mounted tar 0; }
check_bsdtar() { same_mounted bsdtar 0; }
check_casync() { same_mounted casync 0 tree; }
check_partclone() { same_mounted partclone 0; }

# ---- a raw disk -------------------------------------------------------------------------------
raw_peers() {
	zstd -q -3 -T0 -f "$work/raw.img" -o "$work/www/raw.img.zst"
	can_run dd curl zstd dd || true
	if can_run bmap bmaptool; then
		bmaptool create -o "$work/www/raw.bmap" "$work/raw.img" >/dev/null 2>&1
	fi
	if can_run rauc rauc mksquashfs dbus-daemon; then
		make_rauc >"$work/run.log" 2>&1
	fi
	if can_run swupdate swupdate cpio; then
		make_swupdate
	fi
}
run_dd() {
	fresh_disk "$disk_mib"
	timed sh -c "curl -s $url/raw.img.zst | zstd -dcq | dd of=$loop bs=4M iflag=fullblock oflag=direct conv=fsync status=none"
}
run_bmap() {
	fresh_disk "$disk_mib"
	timed sh -c "bmaptool -q copy --bmap $work/www/raw.bmap $url/raw.img.zst $loop && sync $loop"
}
certificate() { # NAME [OPTION...]
	name=$1
	shift
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/$name.key" -out "$work/$name.crt" -days 30 -subj /CN=bench \
		"$@" 2>/dev/null
}

# A bundle of format "plain": "verity" needs the kernel's device mapper, which build machines may lack. The installer is a
# D-Bus service; it gets a bus of its own.
make_rauc() {
	certificate rauc
	mkdir "$work/bundle" "$work/rauc" "$work/rauc.mnt"
	ln "$work/raw.img" "$work/bundle/raw.img"
	printf '[update]\ncompatible=bench\nversion=1\n[bundle]\nformat=plain\n[image.rootfs]\nfilename=raw.img\n' \
		>"$work/bundle/manifest.raucm"
	rauc --cert "$work/rauc.crt" --key "$work/rauc.key" --mksquashfs-args='-comp zstd -Xcompression-level 3' \
		bundle "$work/bundle" "$work/www/raw.raucb"
	cat >"$work/rauc.conf" <<-END
		[system]
		compatible=bench
		bootloader=noop
		max-bundle-download-size=17179869184
		data-directory=$work/rauc
		[keyring]
		path=$work/rauc.crt
		[slot.rootfs.0]
		device=$work/target
		type=raw
		bootname=a
	END
}
start_bus() {
	[ -z "$bus_pid" ] || return 0
	dbus-daemon --session --nofork --address="unix:path=$work/bus" >/dev/null 2>&1 &
	bus_pid=$!
	DBUS_SESSION_BUS_ADDRESS="unix:path=$work/bus" DBUS_STARTER_BUS_TYPE=session
	export DBUS_SESSION_BUS_ADDRESS DBUS_STARTER_BUS_TYPE
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -S "$work/bus" ] || return 0
		sleep 0.2
	done
}
run_rauc() {
	fresh_disk "$disk_mib"
	start_bus
	taskset -c "$cpus" rauc -c "$work/rauc.conf" --mount="$work/rauc.mnt" --override-boot-slot=_external_ service \
		>"$work/rauc.log" 2>&1 &
	service_pid=$!
	sleep 1 # until it owns its name
	timed sh -c "rauc install $url/raw.raucb && sync $loop" || { cat "$work/rauc.log" >&2; kill "$service_pid"; return 1; }
	kill "$service_pid"
	wait "$service_pid" 2>/dev/null || true
}

make_swupdate() {
	certificate swupdate -addext extendedKeyUsage=emailProtection
	cat >"$work/www/sw-description" <<-END
		software = {
			version = "1";
			hardware-compatibility: [ "1.0" ];
			images: ( {
				filename = "raw.img.zst";
				type = "raw";
				device = "$work/target";
				compressed = "zstd";
				installed-directly = true;
				sha256 = "$(openssl dgst -sha256 -r "$work/www/raw.img.zst" | cut -d' ' -f1)";
			} );
		}
	END
	(
		cd "$work/www"
		openssl cms -sign -in sw-description -out sw-description.sig -signer "$work/swupdate.crt" \
			-inkey "$work/swupdate.key" -outform DER -nosmimecap -binary
		printf 'sw-description\nsw-description.sig\nraw.img.zst\n' | cpio -o -H crc --quiet >raw.swu
	)
}
run_swupdate() {
	fresh_disk "$disk_mib"
	timed sh -c "swupdate -k $work/swupdate.crt -H bench:1.0 -d '-u $url/raw.swu -r 1' && sync $loop"
}
check_dd() { same_disk; }
check_bmap() { same_disk; }
check_rauc() { same_disk; }
check_swupdate() { same_disk; }
