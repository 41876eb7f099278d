#!/bin/sh
# The README's first hour, by its own words: the configuration of step 2 and every command of steps 4 to 8 are taken from
# README.md and run as they stand, in namespaces that have an eno2, an /etc/slipway and a /var/lib/slipway of their own. The
# new server is tests/unit/server/test_first_hour.c. Left out: building from source, and the recipe of the root file
# system, for which a small tree stands in. usage: first_hour.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root for namespaces"
	exit 0
fi
if [ -z "${FLOW_INSIDE:-}" ]; then
	FLOW_INSIDE=1 exec unshare --net --mount --pid --fork --mount-proc --kill-child sh "$0" "$build"
fi
flow_dir first-hour
tree=$PWD

# ---- the machine that the README speaks of --------------------------------------------------------------
mkdir "$dir/etc" "$dir/work"
cp -a /etc/. "$dir/etc/" && mkdir "$dir/etc/slipway"
mount --bind "$dir/etc" /etc && mount -t tmpfs none /var/lib && mount -t tmpfs none /run && mount -t tmpfs none /usr/local
ok "folders of its own" $?
mkdir -p /usr/local/bin /usr/local/lib/sysusers.d /usr/local/share/slipway/boot/ipxe /usr/local/share/slipway/web
cp provisioner/server/install/slipway.sysusers /usr/local/lib/sysusers.d/slipway.conf
ln -s "$build/bin/slipway" "$build/bin/slipwayd" /usr/local/bin/
printf '#!/bin/sh\nexec "$@"\n' >/usr/local/bin/sudo
chmod 755 /usr/local/bin/sudo
PATH=/usr/local/bin:$PATH
ip link set lo up
ip link add eno2 type veth peer name rack
ip address add 10.20.0.1/22 dev eno2
ip link set eno2 up
ip link set rack up
cd "$dir/work" || exit 1

readme() { sed -n '/^## The first hour/,/^What stands between/p' "$tree/README.md"; }
block() { # block FIRST-LINE: the indented block that begins with it, without its indent
	readme | awk -v first="$1" '/^        / { text = substr($0, 9); if (text == first) on = 1; if (on) print text; next }
		/^$/ { if (on) print ""; next } { on = 0 }'
}
command_like() { # command_like WORDS: the command in `...` that begins with them, over line ends
	readme | tr '\n' ' ' | sed 's/  */ /g' | grep -o '`[^`]*`' | tr -d '`' | grep -m1 "^$1"
}
steps=0
run() { # run TITLE COMMAND
	steps=$((steps + 1))
	[ -n "$2" ] && sh -c "$2" >>"$dir/body" 2>&1
	ok "$1: $2" $?
}

# ---- steps 2 to 6 --------------------------------------------------------------------------------------
block '# /etc/slipway/slipway.conf' >/etc/slipway/slipway.conf
grep -q '^interface = eno2' /etc/slipway/slipway.conf && grep -q '^range_end' /etc/slipway/slipway.conf
ok "step 2 has a configuration" $?
run "step 4" "$(command_like 'sudo systemd-sysusers')"
start=$(command_like 'sudo slipwayd')
same "step 4 starts the daemon" "$start" "sudo slipwayd --config /etc/slipway/slipway.conf"
$start 2>>"$dir/log" &
daemon=$!
for _ in $(seq 100); do
	[ "$(slipway host list 2>&1 >/dev/null)" ] || break
	sleep 0.1
done
slipway host list >"$dir/body" 2>&1
ok "it answers" $? "$dir/log"

loaders="tree/usr/lib/shim/shimx64.efi.signed tree/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"
mkdir -p tree/boot tree/etc tree/usr/lib/shim tree/usr/lib/grub/x86_64-efi-signed
for loader in $loaders; do # the headers of a PE file for x86-64
	{
		printf 'MZ' && head -c 58 /dev/zero && printf '\100\000\000\000PE\000\000\144\206' && head -c 4096 /dev/zero
	} >"$loader"
done
head -c 200000 /dev/urandom >tree/boot/vmlinuz-6.1.0 && cp tree/boot/vmlinuz-6.1.0 tree/boot/initrd.img-6.1.0
printf 'ID=debian\nVERSION_ID=12\n' >tree/etc/os-release
tar -cf rootfs-amd64.tar -C tree .
block 'sudo sh images/recipes/debian12/build.sh --kernel=generic build/cache/debian amd64 rootfs-amd64.tar' >images
same "step 5 has its commands" "$(grep -c slipway images)" 3
grep slipway images | while read -r line; do
	echo "$line" >>"$dir/body"
	sh -c "$line" >>"$dir/body" 2>&1 || exit 1
done
ok "step 5 as it stands" $? "$dir/body"
block "sudo slipway profile add - <<'JSON'" >profile
same "step 6 has a profile" "$(grep -c auto_approve profile)" 1
# the key of the example is none, and the server says so
ssh-keygen -q -t ed25519 -N '' -f key 2>/dev/null && sed -i "s|ssh-ed25519 AAAA... you|$(cut -d' ' -f1,2 key.pub) you|" profile
run "step 6, with a key of our own" "$(cat profile)"

# ---- steps 7 and 8 -------------------------------------------------------------------------------------
socket=$(find /run/slipway -name http.sock)
"$build/obj/gcc/tests/unit/server/test_first_hour" "$dir" "$socket" /var/lib/slipway/keys/plan-key.pem >"$dir/host.tap" 2>&1 &
host=$!
wait_for_file() {
	for _ in $(seq 200); do
		[ -e "$1" ] && return 0
		kill -0 $host 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}
wait_for_file "$dir/code"
ok "the new server shows its code" $? "$dir/host.tap"
code=$(cat "$dir/code" 2>/dev/null)
run "step 7" "$(command_like 'sudo slipway token create' | sed 's/NAME/web/')"
slipway host why "$code" >"$dir/body" && grep -q "approve" "$dir/body"
ok "host why names the next command" $?
screen=$(curl -s --unix-socket "$(find /run/slipway -name admin.sock)" "http://x/api/v1/hosts/$code" | jq -r .codes.session)
run "step 7" "$(command_like 'sudo slipway host approve' | sed "s/HOST/$code/; s/CODE/$screen/")"
wait_for_file "$dir/tested"
ok "it is burnt in" $? "$dir/host.tap"
slipway host why "$code" >"$dir/body" && grep -q "Waits until somebody arms" "$dir/body" && grep -q "slipway host arm" "$dir/body"
ok "host why says that it waits for its arm" $?
slipway host keys "$code" >"$dir/body" 2>&1
same "no SSH host keys before the first boot" $? 3
disk=$(cat "$dir/disk")
run "step 7" "$(command_like 'sudo slipway host arm' | sed "s/HOST/$code/; s/SERIAL/$disk/")"
wait $host
ok "the host is written and boots" $? "$dir/host.tap"
same "it is ready" "$(curl -s --unix-socket "$(find /run/slipway -name admin.sock)" "http://x/api/v1/hosts/$code" | jq -r '.state + " " + (.burn_in_waived | tostring)')" "ready null"
key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINe72ZEXGoGA/3/jZs9i2YoHMtqdDXAEHe0FX1pnfVJC'
slipway host keys --known-hosts "$code" >"$dir/body" 2>&1
same "the name that the system claims is not for known_hosts" "$? $(grep -c "$key" "$dir/body")" "1 0"
slipway host set "$code" name=web-1 >"$dir/body" 2>&1
same "its SSH host key, for known_hosts" "$(slipway host keys --known-hosts "$code" 2>&1)" "web-1 $key"
same "its SSH host key alone" "$(slipway host keys "$code" 2>&1)" "$key"
same "its SSH host key as JSON" "$(slipway host keys --json "$code" 2>&1 | jq -c .)" "[\"$key\"]"
run "step 8" "$(command_like 'slipway host why' | sed "s/HOST/$code/")"
kill "$daemon"
wait "$daemon" 2>/dev/null
daemon=
# the configuration, the start, the three commands for an image, and what was run above
words=$(readme | wc -w)
echo "# operator: $((steps + 5)) steps, $words words read"
[ $((steps + 5)) -le 14 ] && [ "$words" -le 1000 ]
ok "and the first hour is not longer than an hour" $?
echo "1..$n"
exit $bad
