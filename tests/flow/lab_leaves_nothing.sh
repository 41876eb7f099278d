#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The lab leaves no process, namespace, mount or interface behind: after a run to the end, after
# SIGINT, after SIGTERM, when it is killed outright, and as an ordinary user. A small stand-in plays slipwayd, so this
# needs no image; the machines are real (QEMU by libvirt).
set -u
build=${BUILD:-build}
lab=$build/bin/slipway-lab
work=$(mktemp -d /tmp/slipway-lab-test.XXXXXX)
lab_pid=
n=0
status=0

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -n "$lab_pid" ] && kill -9 "$lab_pid" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

say() { # condition-status, name
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		status=1
	fi
}

skip_all() {
	echo "1..0 # SKIP $1"
	echo "ok 1 # SKIP $1"
	exit 0
}

[ "$(id -u)" = 0 ] || skip_all "needs root"
[ -x "$lab" ] || skip_all "no $lab"
command -v qemu-system-x86_64 >/dev/null || skip_all "no qemu-system-x86_64"
command -v python3 >/dev/null || skip_all "no python3 for the stand-in"

# ---- a build folder with a stand-in for slipwayd that accepts everything and knows no host ----
mkdir -p "$work/b/bin" "$work/b/boot" "$work/b/images" "$work/scenarios"
echo '{}' >"$work/b/images/root.json"
echo 'not an image' >"$work/b/images/debian12-x86_64.slip"
cat >"$work/b/bin/slipwayd" <<'STANDIN'
#!/usr/bin/python3
import http.server, os, socketserver
class H(http.server.BaseHTTPRequestHandler):
    def address_string(self): return "lab"
    def answer(self, code, body):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self): self.answer(404, b'{}')
    def do_POST(self): self.answer(201, b'{}')
run = "/run/lab/run"
os.makedirs(run, exist_ok=True)
server = socketserver.UnixStreamServer(run + "/admin.sock", H)
open(run + "/ready", "w").close()
server.serve_forever()
STANDIN
chmod 755 "$work/b/bin/slipwayd"
cat >"$work/scenarios/one.ini" <<'SCENARIO'
[scenario]
title = one host that nobody answers
timeout_s = 6
[host lonely]
arch = x86_64
firmware = bios
memory_mib = 256
serial = LONELY-1
uuid = 5d0f7a10-3c1e-4b57-9a41-51a7b105cfff
mac = 52:54:00:5a:00:ff
disk = decoy DECOY-LONELY 2M
disk = target TARGET-LONELY 8M
SCENARIO

# ---- what could be left behind ----
processes() { # the searching grep finds itself, too, and is gone when it is asked for
	# shellcheck disable=SC2013 # paths of /proc have no spaces
	for p in $(grep -lsaF "$work" /proc/[0-9]*/cmdline 2>/dev/null); do
		[ -e "$p" ] && echo "$p"
	done
}
count_left() { processes | wc -l; }
# A namespace's number is given out again once it is gone, perhaps to another test beside this one: the
# namespaces are held open here until they were looked for, and nobody but this shell may still be in one.
namespaces() { readlink /proc/[0-9]*/ns/net /proc/[0-9]*/ns/mnt /proc/[0-9]*/ns/pid 2>/dev/null | sort -u; }
namespaces_left() {
	all=$(namespaces)
	for ns in $cage_namespaces; do
		case $all in *"$ns"*) echo "$ns" ;; esac
	done | wc -l
}
state_of_machine() {
	cat /proc/mounts
	ls /sys/class/net
	ls /run/libvirt/qemu 2>/dev/null
}

before=$(state_of_machine)

wait_for_qemu() {
	for _ in $(seq 100); do
		grep -lsaF "guest=lonely" /proc/[0-9]*/cmdline >/dev/null 2>&1 && return 0
		sleep 0.2
	done
	return 1
}

start_lab() {
	"$lab" run --build "$work/b" --scenarios "$work/scenarios" one >"$work/out" 2>&1 &
	lab_pid=$!
}

nothing_left() { # name
	for _ in $(seq 50); do
		left=$(count_left)
		kept=$(namespaces_left)
		[ "$left$kept" = 00 ] && break
		sleep 0.1
	done
	say "$left" "$1: no process"
	[ "$left" = 0 ] || processes | while read -r p; do tr '\0' ' ' <"$p" | cut -c1-120 | sed 's/^/# /'; done
	say "$kept" "$1: nobody left in its namespaces"
	exec 7<&- 8<&- 9<&-
	[ "$(state_of_machine)" = "$before" ]
	say $? "$1: no mount, no interface, nothing at the system's libvirt"
}

# The namespaces that exist only while the guest runs.
note_cage() {
	qemu=$(grep -lsaF "guest=lonely" /proc/[0-9]*/cmdline | head -n 1)
	ns=${qemu%/cmdline}/ns
	exec 7<"$ns/net" 8<"$ns/mnt" 9<"$ns/pid"
	cage_namespaces=$(readlink "$ns/net" "$ns/mnt" "$ns/pid")
	[ "$cage_namespaces" = "$(readlink /proc/self/fd/7 /proc/self/fd/8 /proc/self/fd/9)" ] &&
		[ "$(readlink /proc/self/ns/net)" != "$(readlink "$ns/net")" ]
	say $? "$1: the guest runs in namespaces of its own"
}

one_round() { # name, signal ("" = let it end), expected exit
	start_lab
	wait_for_qemu
	say $? "$1: a guest was powered on"
	note_cage "$1"
	[ -n "$2" ] && kill -"$2" "$lab_pid"
	wait "$lab_pid" 2>/dev/null
	code=$?
	lab_pid=
	[ "$code" = "$3" ]
	say $? "$1: exit code $3 (was $code)"
	nothing_left "$1"
}

# ---- without root -----------------------------------------------------------------------------
# In mounts of its own, where a user 64777 exists whom the machine lends numbers and who may open the tap device.
mkdir -p "$work/etc" "$work/dev" "$work/mine"
chmod 755 "$work" "$work/etc"
for file in passwd group subuid subgid; do
	cat "/etc/$file" >"$work/etc/$file" 2>/dev/null
done
echo 'slipway-labber:x:64777:64777::/nonexistent:/bin/sh' >>"$work/etc/passwd"
echo 'slipway-labber:x:64777:' >>"$work/etc/group"
echo 'slipway-labber:1000000:65536' >>"$work/etc/subuid"
echo 'slipway-labber:1000000:65536' >>"$work/etc/subgid"
sed '$d' "$work/etc/subuid" >"$work/etc/none"
chmod 644 "$work/etc"/*
chown 64777:64777 "$work/mine"

as_user() { # mode of the tap device, file in place of /etc/subuid, command...
	# shellcheck disable=SC2016 # the inner shell's
	unshare --mount --propagation private sh -c '
		work=$1 mode=$2 subuid=$3
		shift 3
		mount -t tmpfs -o mode=755 none "$work/dev" && mknod -m "$mode" "$work/dev/tun" c 10 200 &&
			mount --bind "$work/dev/tun" /dev/net/tun || exit 99
		for file in passwd group subgid; do mount --bind "$work/etc/$file" "/etc/$file" || exit 99; done
		mount --bind "$work/etc/$subuid" /etc/subuid || exit 99
		exec setpriv --reuid 64777 --regid 64777 --clear-groups "$@"' as_user "$work" "$@"
}

lab_as_user() { # mode, file in place of /etc/subuid
	as_user "$1" "$2" "$lab" run --build "$work/b" --scenarios "$work/scenarios" --results "$work/mine/results" one \
		>"$work/out" 2>&1
}

no_cage() { # name, what the message says
	grep -qF -- "$2" "$work/out"
	say $? "an ordinary user is told: $1"
	grep -qF -- "$2" "$work/out" || sed 's/^/# /' "$work/out"
}

without_root() {
	lab_as_user 600 subuid
	no_cage "the tap device is closed" "user 64777 may not open '/dev/net/tun'"
	lab_as_user 666 none
	no_cage "no numbers are lent" "/etc/subuid lends user 64777 no 65536 numbers"
	[ ! -e "$work/mine/results/one/result.json" ]
	say $? "and nothing was played"
	lab_as_user 666 subuid &
	lab_pid=$!
	wait_for_qemu
	note_cage "as an ordinary user"
	wait "$lab_pid"
	code=$?
	lab_pid=
	[ $code = 1 ] && grep -q "the scenario's 6 s are over" "$work/out"
	code=$?
	say $code "an ordinary user plays a scenario to its end, with guest and tap"
	[ $code = 0 ] || sed 's/^/# /' "$work/out"
	same=$(find "$work/mine" ! -user 64777 | wc -l)
	say "$same" "all that it wrote is theirs"
	nothing_left "as an ordinary user"
}

echo 1..35
one_round "run to its end" "" 1
grep -q '"decoy_unchanged": true' "$work/b/lab/report.json"
say $? "the report has the host and its decoy"
[ ! -e "$work/b/lab/one/disks" ]
say $? "the disks are gone"
one_round "SIGINT" INT 130
one_round "SIGTERM" TERM 130
one_round "SIGKILL" KILL 137
if command -v newuidmap >/dev/null; then
	without_root
else
	for i in 1 2 3 4 5 6 7 8 9; do say 0 "without root $i # SKIP no newuidmap (package uidmap)"; done
fi
exit $status
