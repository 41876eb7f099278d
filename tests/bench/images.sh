#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Images, side by side with what people use today: rounds in which every contestant runs once, in a turning
# order, on a fresh loop device, over HTTP from an nginx pinned to CPU 0, with everything on the disk at the end. A
# ratio is the median over the rounds of ours / peer. A run beside which others used the CPUs is made again. After
# the first round each result is compared with the input: file trees by mtree, raw disks by cmp. Root, because of
# loop devices and mounts.
#
# usage: images.sh [--pairs N] [--only KINDS] [--without PEERS] [--disk-mib N] [--loop direct|buffered] [--chunks]
#                  SLIPWAY ROOTFS.tar OUT.json
#   --only KINDS  some of root, checks, raw, verify, build, memory, with commas between
#   --without     peers that are left out, with commas between: casync takes longer than all others together
#   --loop        how loop devices reach their files: past the page cache as a disk does (default), or through it
#   --chunks      instead: install times for chunk sizes and thread counts, as a table
# CLIENT_CPUS (default: all) pins the contestants.
set -eu
export LC_ALL=C.UTF-8
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
usage=$(sed -n 's/^# \(usage: .*\)/\1/p; s/^#  *\(SLIPWAY ROOTFS.*\)/  \1/p' "$0")
pairs=7
disk_mib=4096
foreign_max=8 # percent
only=root,checks,raw,verify,build,memory
without=''
direct=on
chunks=''
while :; do
	case ${1-} in
	--pairs) pairs=$2; shift 2 ;;
	--only) only=$2; shift 2 ;;
	--without) without=$2; shift 2 ;;
	--disk-mib) disk_mib=$2; shift 2 ;;
	--loop) [ "$2" = direct ] || direct=off; shift 2 ;;
	--chunks) chunks=1; shift ;;
	*) break ;;
	esac
done
[ $# = 3 ] || { echo "$usage" >&2; exit 2; }
slipway=$(realpath "$1") rootfs=$(realpath "$2") out=$3
[ "$(id -u)" = 0 ] || { echo "images.sh: needs root (loop devices)" >&2; exit 1; }
cpus=${CLIENT_CPUS:-$(taskset -cp $$ | sed 's/.*: //')}
work=$(mktemp -d "${TMPDIR:-/var/tmp}/slipway-bench.XXXXXX")
url=http://127.0.0.1:18734
loop=''
nginx_pid=''
bus_pid=''

cleanup() {
	! mountpoint -q "$work/mnt" || umount "$work/mnt"
	[ -z "$loop" ] || losetup -d "$loop" 2>/dev/null || true
	[ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null || true
	[ -z "$bus_pid" ] || kill "$bus_pid" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
gigabytes() { awk -v b="$1" -v s="$2" 'BEGIN {printf "%.2f GB/s", b / s / 1e9}'; }
wants() { case ,$only, in *",$1,"*) true ;; *) false ;; esac }

# ---- runs -------------------------------------------------------------------------------------
fresh_disk() { # MIB; $loop, and a name for it that stays the same
	[ -z "$loop" ] || losetup -d "$loop" 2>/dev/null || true
	rm -f "$work/disk"
	truncate -s "${1}M" "$work/disk"
	loop=$(losetup --direct-io="$direct" -f --show "$work/disk")
	ln -sfn "$loop" "$work/target"
}
machine_user() { awk -v hz="$(getconf CLK_TCK)" '/^cpu / {print ($2 + $3) / hz}' /proc/stat; }
# Seconds, CPU seconds and peak kilobytes of a command, into $t, $cpu and $kb; its output is dropped. Into $foreign
# the share of all CPUs, in percent, that programs of others used meanwhile.
timed() {
	sync
	before=$(machine_user)
	taskset -c "$cpus" /usr/bin/time -f '%e %U %S %M' -o "$work/time" "$@" >"$work/run.log" 2>&1 ||
		{ cat "$work/run.log" >&2; return 1; }
	read -r t user system kb <"$work/time"
	cpu=$(awk -v u="$user" -v s="$system" 'BEGIN {print u + s}')
	foreign=$(awk -v a="$before" -v b="$(machine_user)" -v u="$user" -v t="$t" -v n="$(nproc)" \
		'BEGIN {print int(100 * (b - a - u) / (t * n))}')
}
median() { sort -n | awk '{v[NR]=$1} END {print (NR%2) ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'; }
column() { awk -v n="$2" '{print $n}' "$work/t.$1"; } # CONTESTANT 1|2|3: seconds, CPU seconds, KiB
label() {
	case $1 in
	ours_no_check) echo "ourselves, no checks" ;;
	tar) echo "curl | zstd -d | tar -x" ;;
	bsdtar) echo "curl | bsdtar -x" ;;
	casync) echo "casync extract" ;;
	partclone) echo "curl | zstd -d | partclone.restore" ;;
	dd) echo "curl | zstd -d | dd oflag=direct" ;;
	bmap) echo "bmaptool copy" ;;
	rauc) echo "rauc install" ;;
	swupdate) echo "swupdate, raw handler" ;;
	openssl) echo "openssl dgst -sha256" ;;
	tar_zstd) echo "tar | zstd -T0 -3" ;;
	*) echo "$1" ;;
	esac
}
# run_NAME, up to three times more while others used the machine meanwhile. rauc does its work in a service.
run_alone() { # NAME
	"run_$1"
	for _ in 1 2 3; do
		[ "$foreign" -gt "$foreign_max" ] && [ "$1" != rauc ] || return 0
		repeated=$((repeated + 1))
		"run_$1"
	done
}
# race CONTESTANT...: run_NAME for each, $pairs rounds; check_NAME after the first where there is one
race() {
	repeated=0
	for name in "$@"; do : >"$work/t.$name"; done
	for round in $(seq "$pairs"); do
		for name in "$@"; do
			run_alone "$name"
			echo "$t $cpu $kb" >>"$work/t.$name"
			[ "$round" != 1 ] || ! command -v "check_$name" >/dev/null || "check_$name"
		done
		first=$1
		shift
		set -- "$@" "$first"
	done
	[ "$repeated" = 0 ] || echo "  $repeated runs made again: others used the machine"
	for name in "$@"; do
		printf '  %-18s %7s s (%s to %s)  CPU %6s s  peak %6d KiB\n' "$name" "$(column "$name" 1 | median)" \
			"$(column "$name" 1 | sort -n | head -n 1)" "$(column "$name" 1 | sort -n | tail -n 1)" \
			"$(column "$name" 2 | median)" "$(column "$name" 3 | sort -n | tail -n 1)"
	done
}
results=''
record() { # NAME UNIT OURS PEER PEER_VALUE RATIO GOAL RUNS [LOWEST-HIGHEST]; GOAL is for RATIO
	met=$(awk -v r="$6" -v g="$7" 'BEGIN {print (r <= g) ? "true" : "false"}')
	printf '%-32s %8s %-3s %-44s %8s  ratio %-6.3f %-13s goal %-4s %s\n' "$1" "$3" "$2" "$4" "$5" "$6" "${9-}" \
		"$7" "$([ "$met" = true ] && echo met || echo MISSED)"
	results="$results${results:+,
}{\"name\":\"$1\",\"unit\":\"$2\",\"ours\":$3,\"peer\":\"$4\",\"peer_value\":$5,\"ratio\":$6,\"goal\":$7,\"met\":$met,\"runs\":$8}"
}
row() { # NAME GOAL OURS PEER [LABEL]: of a race that both ran in
	paste "$work/t.$3" "$work/t.$4" | awk '{print ($4 > 0) ? $1 / $4 : 999}' >"$work/ratios"
	range=$(sort -n "$work/ratios" | awk 'NR == 1 {a = $1} {b = $1} END {printf "(%.2f-%.2f)", a, b}')
	record "$1" s "$(column "$3" 1 | median)" "${5:-$(label "$4")}" "$(column "$4" 1 | median)" \
		"$(median <"$work/ratios")" "$2" "$pairs" "$range"
}
rows() { # NAME GOAL OURS PEER...: a row against each, and one against the fastest
	name=$1 goal=$2 ours=$3
	shift 3
	fastest=$(for peer in "$@"; do echo "$(column "$peer" 1 | median) $peer"; done | sort -n | sed -n '1s/.* //p')
	for peer in "$@"; do row "${name}_$peer" "$goal" "$ours" "$peer"; done
	row "$name" "$goal" "$ours" "$fastest" "fastest: $(label "$fastest")"
}
memory() { # NAME CONTESTANT
	kb=$(column "$2" 3 | sort -n | tail -n 1)
	record "$1" KiB "$kb" "64 MiB" 65536 "$(awk -v k="$kb" 'BEGIN {print k / 65536}')" 1.0 "$pairs"
}

# ---- material ---------------------------------------------------------------------------------
mkdir "$work/www" "$work/mnt" "$work/tree" "$work/tmp"
export TMPDIR="$work/tmp"
"$slipway" root init --lab --dir "$work" >/dev/null
build() { # NAME INPUT [OPTION...]
	name=$1 input=$2
	shift 2
	"$slipway" image build --line bench --version 1 --arch x86_64 --output "$work/www/$name" "$@" "$input" >/dev/null
	"$slipway" image sign --key "$work/keys/image.key" "$work/www/$name" >/dev/null
}
size_mib=$(($(stat -c %s "$rootfs") * 2 / 1048576 + 1024))
tar -C "$work/tree" -xp --xattrs --xattrs-include='*' --numeric-owner -f "$rootfs"

# A raw disk, one third holes, the rest of it the root file system's bytes over and over.
make_raw() {
	truncate -s "${disk_mib}M" "$work/raw.img"
	third=$((disk_mib / 3))
	for seek in 0 $((2 * third)); do
		{ while cat "$rootfs"; do :; done; } 2>/dev/null | head -c "${third}M" |
			dd of="$work/raw.img" bs=1M seek="$seek" conv=notrunc status=none iflag=fullblock
	done
	build raw.slip "$work/raw.img" --raw
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
echo up >"$work/www/up"
for _ in 1 2 3 4 5 6 7 8 9 10; do
	curl -sfo /dev/null "$url/up" && break
	sleep 0.2
done

# ---- ourselves --------------------------------------------------------------------------------
install_from() { # ARCHIVE [OPTION...]
	archive=$1
	shift
	timed "$slipway" image install --root "$work/root.json" --to "$loop" "$@" "$url/$archive"
}
run_ours() { fresh_disk "$size_mib"; install_from root.slip --no-read-back; }
run_ours_read_back() { fresh_disk "$size_mib"; install_from root.slip; }
run_ours_no_check() {
	fresh_disk "$size_mib"
	install_from root.slip --no-read-back --no-check
}
run_ours_unpacked() { fresh_disk "$size_mib"; install_from unpack.slip --no-read-back; }
run_ours_raw() { fresh_disk "$disk_mib"; install_from raw.slip --no-read-back; }
run_ours_raw_read_back() { fresh_disk "$disk_mib"; install_from raw.slip; }
run_ours_verify() { timed "$slipway" image verify --root "$work/root.json" "$work/www/raw.slip"; }
run_ours_build() {
	timed "$slipway" image build --line bench --version 1 --arch x86_64 --output "$work/b.slip" "$work/tree"
}

# Every entry of a folder with type, mode, owner, size, time, target, device and digest; without the mount point of the
# EFI system partition, which a bootable image gets, and the root itself, whose time bsdtar does not keep.
tree_of() { # FOLDER
	(cd "$1" && find . -mindepth 1 \( -name lost+found -o -path ./boot/efi \) -prune -o -mindepth 1 -print |
		LC_ALL=C sort | bsdtar -nT - -cf "$work/list" --format=mtree \
		--options='!all,type,mode,uid,gid,size,link,device,time,sha256' && cat "$work/list")
}
# The first difference of a mounted tree from the input's, or nothing.
same_tree() { # WHO FOLDER
	[ -s "$work/wanted" ] || tree_of "$work/tree" >"$work/wanted"
	tree_of "$2" >"$work/found"
	diff "$work/wanted" "$work/found" >"$work/diff" || { echo "images.sh: $1 made another tree:" >&2
		head -n 4 "$work/diff" >&2; return 1; }
}
same_mounted() { # WHO OFFSET [FOLDER]
	mount -o ro,noload,loop,offset="$2" "$loop" "$work/mnt"
	same_tree "$1" "$work/mnt/${3-}"
	umount "$work/mnt"
}
check_bootable() { # a table with three partitions and boot code, a root file system without a flaw
	start=$(partx -go START -n 3:3 "$loop")
	[ "$(od -An -tx1 -j510 -N2 "$loop" | tr -d ' ')" = 55aa ]
	e2fsck -fn "$loop?offset=$((start * 512))" >"$work/run.log" 2>&1 || { cat "$work/run.log" >&2; return 1; }
	same_mounted "$1" $((start * 512))
}
check_ours() { check_bootable ours; }
check_ours_read_back() { check_bootable ours_read_back; }
check_ours_unpacked() { check_bootable ours_unpacked; }
same_disk() { cmp -n "$((disk_mib * 1048576))" "$work/raw.img" "$loop" >&2; }
check_ours_raw() { same_disk; }
check_ours_raw_read_back() { same_disk; }

# shellcheck source=tests/bench/images_peers.sh
. "$here/images_peers.sh"

# Peak KiB with a disk of so many GiB, 100 MiB of it data in as many places, into $install_kb and $verify_kb.
peaks() { # GIB
	rm -f "$work/sparse.img"
	truncate -s "$1G" "$work/sparse.img"
	for i in $(seq 0 99); do
		dd if="$rootfs" of="$work/sparse.img" bs=1M count=1 skip="$i" seek=$((i * $1 * 10)) conv=notrunc status=none
	done
	build sparse.slip "$work/sparse.img" --raw
	timed "$slipway" image verify --root "$work/root.json" "$work/www/sparse.slip"
	verify_kb=$kb
	fresh_disk $(($1 * 1024))
	install_from sparse.slip
	install_kb=$kb
}

# What the machine gives, as bytes a second of plain data: nothing that installs this disk can be faster.
floors() {
	mapped=$((disk_mib / 3 * 2 * 1048576))
	fresh_disk "$disk_mib"
	half="bs=4M count=$((mapped / 8388608)) oflag=direct conv=fsync status=none"
	timed sh -c "dd if=/dev/zero of=$loop $half & dd if=/dev/zero of=$loop seek=$((mapped / 8388608)) $half; wait"
	echo "  floor: direct writes of 4 MiB, two at a time $(gigabytes "$mapped" "$t")"
	timed zstd -tq "$work/www/raw.img.zst"
	echo "  floor: zstd -d on one CPU $(gigabytes "$mapped" "$t")"
	timed curl -so /dev/null "$url/raw.slip"
	echo "  floor: HTTP from nginx, packed bytes $(gigabytes "$(stat -c %s "$work/www/raw.slip")" "$t")"
}

# ---- the tables -------------------------------------------------------------------------------
if [ -n "$chunks" ]; then
	for chunk in 256K 512K 1M 2M 4M; do
		build "c$chunk.slip" "$rootfs" --chunk "$chunk"
		for threads in 1 2 4; do
			eval "run_c() { fresh_disk $size_mib; install_from c$chunk.slip --threads $threads; }"
			race c >/dev/null
			printf 'chunk %-5s threads %s  %6s s  archive %s bytes  peak %s KiB\n' "$chunk" "$threads" \
				"$(column c 1 | median)" "$(stat -c %s "$work/www/c$chunk.slip")" \
				"$(column c 3 | sort -n | tail -n 1)"
		done
	done
	exit 0
fi
if wants root || wants checks; then
	build root.slip "$rootfs"
fi
if wants root; then
	echo '{"unpack":true,"devices":true}' >"$work/unpack.json"
	build unpack.slip "$rootfs" --layout "$work/unpack.json"
	peers=$(root_peers)
	blocks=$(partclone_peer)
	# shellcheck disable=SC2086 # lists of names
	{
		echo "root file system of $(($(stat -c %s "$rootfs") / 1000000)) MB"
		race ours ours_read_back ours_unpacked $peers $blocks
		rows rootfs_install 0.4 ours $peers
		rows rootfs_install_read_back 0.6 ours_read_back $peers
		rows rootfs_unpacked_on_host 1.0 ours_unpacked $peers
		[ -z "$blocks" ] || row rootfs_against_partclone 1.0 ours partclone
		memory install_memory ours_read_back
	}
fi
if wants raw || wants verify; then
	make_raw
fi
if wants raw; then
	peers=$(raw_peers)
	# shellcheck disable=SC2086 # a list of names
	{
		echo "raw disk of $disk_mib MiB"
		floors
		race ours_raw ours_raw_read_back $peers
		rows raw_disk_install 0.5 ours_raw $peers
		rows raw_disk_install_read_back 1.0 ours_raw_read_back $peers
		memory raw_install_memory ours_raw_read_back
	}
fi
if wants verify; then
	run_openssl() { timed openssl dgst -sha256 "$work/www/raw.slip"; }
	race ours_verify openssl
	row verify_only 0.6 ours_verify openssl
	memory verify_memory ours_verify
fi
if wants build; then
	run_tar_zstd() {
		timed sh -c "tar -C $work/tree --xattrs -cf - . | zstd -q -T0 -3 >$work/b.tar.zst && sync $work/b.tar.zst"
	}
	race ours_build tar_zstd
	row build 1.5 ours_build tar_zstd
fi
if wants checks; then
	# What hashing costs is less than a disk strays by: three times the rounds, with nothing else between.
	pairs=$((3 * pairs))
	race ours ours_no_check
	row check_on_against_off 1.1 ours ours_no_check
fi
if wants memory; then
	peaks 1
	small_install_kb=$install_kb small_verify_kb=$verify_kb
	peaks 100
	flat() { # NAME KIB SMALL_KIB
		record "$1" KiB "$2" "a disk of 1 GiB" "$3" "$(awk -v a="$2" -v b="$3" 'BEGIN {print a / b}')" 1.1 1
	}
	flat install_memory_100_gib "$install_kb" "$small_install_kb"
	flat verify_memory_100_gib "$verify_kb" "$small_verify_kb"
fi

mkdir -p "$(dirname "$out")"
printf '[%s]\n' "$results" >"$out"
