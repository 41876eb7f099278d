#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Images, side by side with what people use today: pairs of runs, interleaved, on fresh loop devices, over
# HTTP from a pinned nginx on loopback, with everything flushed to the disk at the end. A ratio is the
# median over the pairs of ours / peer. Root, because of loop devices and mounts.
#
# usage: images.sh [--pairs N] [--chunks] [--disk-mib N] SLIPWAY ROOTFS.tar OUT.json
#   --chunks   instead: install times for chunk sizes and thread counts, as a table
set -eu
export LC_ALL=C.UTF-8
pairs=7
disk_mib=4096
chunks=''
while :; do
	case ${1-} in
	--pairs) pairs=$2; shift 2 ;;
	--disk-mib) disk_mib=$2; shift 2 ;;
	--chunks) chunks=1; shift ;;
	*) break ;;
	esac
done
[ $# = 3 ] || { echo "usage: images.sh [--pairs N] [--chunks] [--disk-mib N] SLIPWAY ROOTFS.tar OUT.json" >&2; exit 2; }
slipway=$1 rootfs=$2 out=$3
[ "$(id -u)" = 0 ] || { echo "images.sh: needs root (loop devices)" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/var/tmp}/slipway-bench.XXXXXX")
loop=''
nginx_pid=''

cleanup() {
	mountpoint -q "$work/mnt" 2>/dev/null && umount "$work/mnt"
	[ -z "$loop" ] || losetup -d "$loop" 2>/dev/null || true
	[ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# ---- material ---------------------------------------------------------------------------------
mkdir "$work/www" "$work/mnt" "$work/tree"
"$slipway" root init --lab --dir "$work" >/dev/null
build() { # NAME INPUT [OPTION...]
	name=$1 input=$2
	shift 2
	"$slipway" image build --line bench --version 1 --arch x86_64 --output "$work/www/$name" "$@" "$input" >/dev/null
	"$slipway" image sign --key "$work/keys/image.key" "$work/www/$name" >/dev/null
}
echo '{"unpack":true,"devices":true}' >"$work/unpack.json"
build root.slip "$rootfs"
build unpack.slip "$rootfs" --layout "$work/unpack.json"
zstd -q -3 -T0 -f "$rootfs" -o "$work/www/rootfs.tar.zst"
size_mib=$(($(stat -c %s "$rootfs") * 2 / 1048576 + 1024))

# A raw disk, one third holes, the rest of it the root file system's bytes over and over.
make_raw() {
	truncate -s "${disk_mib}M" "$work/raw.img"
	third=$((disk_mib / 3))
	{ while cat "$rootfs"; do :; done; } 2>/dev/null | head -c "${third}M" |
		dd of="$work/raw.img" bs=1M conv=notrunc status=none iflag=fullblock
	{ while cat "$rootfs"; do :; done; } 2>/dev/null | head -c "${third}M" |
		dd of="$work/raw.img" bs=1M seek=$((2 * third)) conv=notrunc status=none iflag=fullblock
	build raw.slip "$work/raw.img" --raw
	zstd -q -3 -T0 -f "$work/raw.img" -o "$work/www/raw.img.zst"
	bmaptool create -o "$work/www/raw.bmap" "$work/raw.img" >/dev/null 2>&1 || true
}

cat >"$work/nginx.conf" <<END
daemon off; user root; worker_processes 1; worker_cpu_affinity 01; error_log $work/nginx.log; pid $work/nginx.pid;
events { worker_connections 256; }
http { access_log off; sendfile on; tcp_nopush on; client_body_temp_path $work/t1; proxy_temp_path $work/t2;
 fastcgi_temp_path $work/t3; uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
 server { listen 127.0.0.1:18734; root $work/www; } }
END
nginx -c "$work/nginx.conf" 2>/dev/null &
nginx_pid=$!
url=http://127.0.0.1:18734
for _ in 1 2 3 4 5 6 7 8 9 10; do
	curl -sfo /dev/null "$url/rootfs.tar.zst" -r 0-0 && break
	sleep 0.2
done

# ---- runs -------------------------------------------------------------------------------------
fresh_disk() { # MIB
	[ -z "$loop" ] || losetup -d "$loop"
	rm -f "$work/disk"
	truncate -s "${1}M" "$work/disk"
	loop=$(losetup -f --show "$work/disk")
}
# Seconds and peak kilobytes of a command, into $t and $kb; its output is dropped.
timed() {
	sync
	/usr/bin/time -f '%e %M' -o "$work/time" "$@" >"$work/run.log" 2>&1 || { cat "$work/run.log" >&2; return 1; }
	read -r t kb <"$work/time"
}
median() { sort -n | awk '{v[NR]=$1} END {print (NR%2) ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'; }
results=''
# compare NAME GOAL PEER OURS_FUNCTION PEER_FUNCTION
compare() {
	: >"$work/ours"; : >"$work/peer"; : >"$work/ratio"
	for _ in $(seq "$pairs"); do
		"$4"; a=$t
		"$5"; b=$t
		echo "$a" >>"$work/ours"; echo "$b" >>"$work/peer"
		awk -v a="$a" -v b="$b" 'BEGIN {print (b > 0) ? a / b : 999}' >>"$work/ratio"
	done
	record "$1" s "$(median <"$work/ours")" "$3" "$(median <"$work/peer")" "$(median <"$work/ratio")" "$2" "$pairs"
}
record() { # NAME UNIT OURS PEER PEER_VALUE RATIO GOAL RUNS; GOAL is for RATIO
	met=$(awk -v r="$6" -v g="$7" 'BEGIN {print (r <= g) ? "true" : "false"}')
	printf '%-34s %9s %-4s %-38s %9s  ratio %-8.3f goal %-5s %s\n' "$1" "$3" "$2" "$4" "$5" "$6" "$7" \
		"$([ "$met" = true ] && echo met || echo MISSED)"
	results="$results${results:+,
}{\"name\":\"$1\",\"unit\":\"$2\",\"ours\":$3,\"peer\":\"$4\",\"peer_value\":$5,\"ratio\":$6,\"goal\":$7,\"met\":$met,\"runs\":$8}"
}
install_from() { # ARCHIVE [OPTION...]
	archive=$1
	shift
	timed "$slipway" image install --root "$work/root.json" --to "$loop" "$@" "$url/$archive"
}
ours_root() { fresh_disk "$size_mib"; install_from root.slip --no-read-back; }
ours_root_read_back() { fresh_disk "$size_mib"; install_from root.slip; }
ours_root_no_check() {
	fresh_disk "$size_mib"
	SLIPWAY_BENCH_NO_CHECK=1
	export SLIPWAY_BENCH_NO_CHECK
	install_from root.slip --no-read-back --no-check
	unset SLIPWAY_BENCH_NO_CHECK
}
ours_unpack() { fresh_disk "$size_mib"; install_from unpack.slip --no-read-back; }
in_new_fs() { # COMMAND...: in a new ext4 on the fresh disk, until all is on it
	# shellcheck disable=SC2016 # the inner shell expands them
	timed sh -c 'mkfs.ext4 -q -F "$1" && mount "$1" "$2" && shift 2 && sh -c "$1" && sync -f "$0"' "$work/mnt" "$@"
	umount "$work/mnt"
}
peer_tar() {
	fresh_disk "$size_mib"
	in_new_fs "$loop" "$work/mnt" "curl -s $url/rootfs.tar.zst | zstd -dcq | tar -xp --xattrs --numeric-owner -C $work/mnt"
}
peer_bsdtar() {
	fresh_disk "$size_mib"
	in_new_fs "$loop" "$work/mnt" "curl -s $url/rootfs.tar.zst | bsdtar -xp --numeric-owner -C $work/mnt -f -"
}
ours_raw() { fresh_disk "$disk_mib"; install_from raw.slip --no-read-back; }
peer_raw_dd() {
	fresh_disk "$disk_mib"
	timed sh -c "curl -s $url/raw.img.zst | zstd -dcq | dd of=$loop bs=4M iflag=fullblock oflag=direct conv=fsync status=none"
}
peer_raw_bmap() {
	fresh_disk "$disk_mib"
	timed bmaptool -q copy --bmap "$work/www/raw.bmap" "$url/raw.img.zst" "$loop"
}
ours_verify() { timed "$slipway" image verify --root "$work/root.json" "$work/www/raw.slip"; }
peer_verify() { timed openssl dgst -sha256 "$work/www/raw.slip"; }
ours_build() { timed "$slipway" image build --line bench --version 1 --arch x86_64 --output "$work/b.slip" "$work/tree"; }
peer_build() { timed sh -c "tar -C $work/tree --xattrs -cf - . | zstd -q -T0 -3 >$work/b.tar.zst"; }

if [ -n "$chunks" ]; then
	for chunk in 256K 512K 1M 2M 4M; do
		build "c$chunk.slip" "$rootfs" --chunk "$chunk"
		for threads in 1 2; do
			: >"$work/ours"
			for _ in $(seq "$pairs"); do
				fresh_disk "$size_mib"
				install_from "c$chunk.slip" --no-read-back --threads "$threads"
				echo "$t" >>"$work/ours"
			done
			printf 'chunk %-5s threads %s  %6s s  archive %s bytes  peak %s KiB\n' "$chunk" "$threads" \
				"$(median <"$work/ours")" "$(stat -c %s "$work/www/c$chunk.slip")" "$kb"
		done
	done
	exit 0
fi

# ---- the table --------------------------------------------------------------------------------
compare rootfs_install 0.4 "curl | zstd -d | tar -x" ours_root peer_tar
compare rootfs_install_bsdtar 0.4 "curl | bsdtar -x" ours_root peer_bsdtar
compare rootfs_install_read_back 0.6 "curl | zstd -d | tar -x" ours_root_read_back peer_tar
compare rootfs_unpacked_on_host 1.0 "curl | zstd -d | tar -x" ours_unpack peer_tar
compare check_on_against_off 1.1 "ourselves, no checks" ours_root ours_root_no_check
make_raw
compare raw_disk_install 0.5 "curl | zstd -d | dd oflag=direct" ours_raw peer_raw_dd
[ ! -s "$work/www/raw.bmap" ] || compare raw_disk_install_bmap 0.5 "bmaptool copy" ours_raw peer_raw_bmap
ours_raw
cmp -n "$((disk_mib * 1048576))" "$work/raw.img" "$loop"
record install_memory KiB "$kb" "64 MiB" 65536 "$(awk -v k="$kb" 'BEGIN {print k / 65536}')" 1.0 1
compare verify_only 0.6 "openssl dgst -sha256" ours_verify peer_verify
record verify_memory KiB "$kb" "64 MiB" 65536 "$(awk -v k="$kb" 'BEGIN {print k / 65536}')" 1.0 1
tar -C "$work/tree" -xpf "$rootfs"
compare build 1.5 "tar | zstd -T0 -3" ours_build peer_build

mkdir -p "$(dirname "$out")"
printf '[%s]\n' "$results" >"$out"
