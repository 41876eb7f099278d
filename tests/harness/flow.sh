# shellcheck shell=sh
# Sourced by the flow tests: where the tree and the build are, a network namespace of the test's own,
# and TAP lines. Goes to the top of the tree; sets $build (absolute; the first argument, $BUILD or build).
#
#   . "$(dirname "$0")/../harness/flow.sh"
#   flow_namespace "$@"             # root, and a namespace that dies with the test, or a skip
#   flow_dir NAME                   # $dir, removed at the end; ok shows $dir/body and the end of $dir/log
#   flow_wire                       # loopback, and a bridge sw0 with 10.99.0.1/24
#   flow_station NAME ADDRESS...    # a network namespace of its own on sw0; on NAME COMMAND... runs there
#   flow_config [LINE...]           # $dir/slipway.conf without DHCP, and the folders that it names
#   flow_start && call GET /healthz # slipwayd as $daemon, answering; flow_stop ends it, flow_kill kills it
#   flow_postgres [DIR [on|off]]    # a private PostgreSQL on a unix socket: $postgres is its URL; skips without;
#                                   # on: with fsync, and ended in order, so that DIR can be used again
#   flow_cmocka TITLE PROGRAM [ARGUMENT...] # its tests become lines of this one
#   ok "a title" $?; same "a title" "$got" "$wanted"
#   echo "1..$n"; exit $bad
# shellcheck disable=SC2034 # n, bad, build and postgres belong to the scripts that source this
cd "$(dirname "$0")/../.." || exit 1
build=${1:-${BUILD:-build}}
case $build in /*) ;; *) build=$PWD/$build ;; esac
n=0
bad=0
dir=
daemon=
postgres_bin=
postgres_end=immediate

flow_namespace() {
	if [ "$(id -u)" != 0 ]; then
		echo "1..0 # SKIP needs root for a network namespace"
		exit 0
	fi
	if [ -z "${FLOW_INSIDE:-}" ]; then
		FLOW_INSIDE=1 exec unshare --net --pid --fork --mount-proc --kill-child sh "$0" "$build"
	fi
	flow_users
}

# The users of slipway.sysusers, in this namespace alone: what runs as root on a machine without them is
# another program than the one that is installed.
flow_users() {
	! getent passwd slipway >/dev/null || return 0
	users=$(mktemp -d /tmp/slipway-users-XXXXXX)
	{
		cat /etc/passwd
		for row in slipway:64190 slipway-www:64191 slipway-dhcp:64192; do
			echo "${row%:*}:x:${row#*:}:${row#*:}:Slipway:/nonexistent:/usr/sbin/nologin"
		done
	} >"$users/passwd"
	{
		cat /etc/group
		printf 'slipway:x:64190:\nslipway-www:x:64191:slipway\nslipway-dhcp:x:64192:slipway\n'
	} >"$users/group"
	chmod 644 "$users/passwd" "$users/group"
	mount --bind "$users/passwd" /etc/passwd && mount --bind "$users/group" /etc/group
	rm -rf "$users" # the mounts stay
}

flow_wire() {
	ip link set lo up
	ip link add sw0 type bridge
	ip address add 10.99.0.1/24 dev sw0
	ip link set sw0 up
}

# Another machine on the wire. It ends with the shell.
flow_station() {
	unshare --net sleep 100000 &
	eval "station_$1=$!"
	until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
	ip link add "v-$1" type veth peer name eth0 netns "$!"
	ip link set "v-$1" master sw0
	ip link set "v-$1" up
	on "$1" ip link set lo up
	on "$1" ip link set eth0 up
	station_name=$1
	shift
	for address in "$@"; do
		on "$station_name" ip address add "$address/24" dev eth0
	done
}
on() { # NAME COMMAND...
	eval "station=\$station_$1"
	shift
	nsenter -t "$station" -n "$@"
}

# At the end of the test, whichever way it comes. What else still runs ends with the shell, the first
# process of its namespace.
flow_end() {
	[ -z "$daemon" ] || flow_stop
	[ -z "$postgres_bin" ] || as_nobody "$postgres_bin/pg_ctl" -D "$postgres_data" -m "$postgres_end" stop >/dev/null 2>&1
	# what a test has mounted there is not the test's: a bind mount of /dev is the machine's own
	rm -rf --one-file-system "$dir"
}

flow_dir() {
	dir=$(mktemp -d "/tmp/slipway-$1-XXXXXX")
	chmod 755 "$dir"
	trap flow_end EXIT
}

flow_config() {
	mkdir -p "$dir/state" "$dir/run"
	{
		printf '[server]\nstate_dir=%s/state\nrun_dir=%s/run\ninterface=sw0\n' "$dir" "$dir"
		printf '[dhcp]\nmode=off\n'
		[ $# = 0 ] || printf '%s\n' "$@"
	} >"$dir/slipway.conf"
	SLIPWAY_SOCKET=$dir/run/admin.sock
	export SLIPWAY_SOCKET
}

flow_start() {
	"$build/bin/slipwayd" --config "$dir/slipway.conf" 2>>"$dir/log" &
	daemon=$!
	for _ in $(seq 100); do
		curl -sf -o /dev/null --unix-socket "$dir/run/admin.sock" http://x/healthz && return 0
		kill -0 "$daemon" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

flow_end_daemon() { # SIGNAL: its exit status
	kill "-$1" "$daemon"
	wait "$daemon" 2>/dev/null
	set -- $?
	daemon=
	return "$1"
}
flow_stop() { flow_end_daemon TERM; }
flow_kill() { flow_end_daemon KILL; }

# flow_image [BYTES]: a disk of random bytes, 1 MiB, signed with the lab's key, is image 1 of line debian12 in the store.
flow_image() {
	head -c "${1:-1048576}" /dev/urandom >"$dir/disk"
	{
		"$build/bin/slipway" image build --raw --line debian12 --version 1 --arch x86_64 --output "$dir/debian12.slip" "$dir/disk" &&
			"$build/bin/slipway" image sign --key "$dir/state/trust/keys/image.key" "$dir/debian12.slip" &&
			"$build/bin/slipway" image import "$dir/debian12.slip"
	} >"$dir/out" 2>&1
	ok "it has an image" $? "$dir/out"
}

call() { # call METHOD PATH [CURL-ARGUMENT...]: as root, over the admin socket; prints the status, body in $dir/body
	method=$1 path=$2
	shift 2
	curl -s -g -o "$dir/body" -D "$dir/head" -w '%{http_code}' --max-time 20 \
		--unix-socket "$dir/run/admin.sock" -X "$method" "http://x$path" "$@"
}

as_nobody() { (cd "$dir/sock" && setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"); }

flow_postgres() {
	postgres_bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort | tail -1)
	if [ -z "$postgres_bin" ]; then
		echo "1..0 # SKIP needs PostgreSQL"
		exit 0
	fi
	postgres_data=${1:-$dir/pg}
	[ "${2:-off}" = off ] || postgres_end=fast
	mkdir -p "$postgres_data" "$dir/sock"
	chown nobody "$postgres_data" "$dir/sock"
	postgres="postgresql:///postgres?host=$dir/sock&user=root"
	[ -e "$postgres_data/PG_VERSION" ] ||
		as_nobody "$postgres_bin/initdb" -D "$postgres_data" -U root -A trust --locale=C -E UTF8 >"$dir/initdb.log" 2>&1 || return
	as_nobody "$postgres_bin/pg_ctl" -D "$postgres_data" -w -l "$dir/sock/log" \
		-o "-k $dir/sock -c listen_addresses= -c fsync=${2:-off}" start >/dev/null
}

ok() { # ok TITLE STATUS [FILE]: a failure shows the end of FILE too
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
		return
	fi
	bad=1
	echo "not ok $n - $1"
	for shown in "${dir:-/nowhere}/body" "${dir:-/nowhere}/log" "${3:-}"; do
		[ ! -s "$shown" ] || tail -n 8 "$shown" | head -c 1500 | sed 's/^/# /'
	done
}

flow_cmocka() { # TITLE PROGRAM [ARGUMENT...]
	title=$1 begun=$(date +%s)
	shift
	"$@" >"$dir/out" 2>&1
	status=$?
	while read -r word more number name; do
		case $word in
		ok) ok "$title: $name" 0 ;;
		not) case $name in
			"# SKIP"*) echo "# $title leaves out ${name#\# SKIP }" ;;
			*) ok "$title: ${name#- }" 1 ;;
			esac ;;
		1..*) ;;
		*) echo "# $word $more $number $name" ;;
		esac
	done <"$dir/out"
	ok "$title ends well, after $(($(date +%s) - begun)) s" $status
}

same() { # same TITLE GOT WANTED
	if [ "$2" = "$3" ]; then
		ok "$1" 0
	else
		echo "# got '$2', not '$3'"
		ok "$1" 1
	fi
}

# Milliseconds of the quickest of eight boot scripts, for flows that keep the daemon busy: other tests run beside them.
# flow_quickest_boot FILE: that gets the script
flow_quickest_boot() {
	best=1000
	for _ in 1 2 3 4 5 6 7 8; do
		begin=$(date +%s%N)
		curl -s -o "$1" --unix-socket "$dir/run/http.sock" "http://x/boot/v1/script?mac=52:54:00:0a:00:01"
		took=$((($(date +%s%N) - begin) / 1000000))
		[ $took -ge $best ] || best=$took
	done
	echo "$best"
}
