#!/bin/sh
# The daemon with its real nginx and dnsmasq in a network namespace of its own: what the two ports serve
# and what they refuse, who is believed, and that every death is survived.
# usage: server_services.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
daemon=$build/bin/slipwayd
flow_namespace "$@"
code() { # code CURL-ARGUMENTS: the HTTP status
	curl -s -o "$dir/body" -w '%{http_code}' --max-time 10 "$@"
}
until_code() { # until_code WANTED CURL-ARGUMENTS: try for 15 s
	wanted=$1
	shift
	for _ in $(seq 75); do
		[ "$(code "$@")" = "$wanted" ] && return 0
		sleep 0.2
	done
	return 1
}
child() { pgrep -P "$(pgrep -P "$pid" -x slipwayd-super)" -x "$1"; }

dir=$(mktemp -d /tmp/slipway-flow-XXXXXX)
chmod 755 "$dir"
trap 'kill "$pid" 2>/dev/null; wait; rm -rf "$dir"' EXIT
ip link set lo up
ip link add sw0 type bridge
ip address add 10.99.0.1/24 dev sw0
ip link add sw0p type veth peer name sw0q
ip link set sw0p master sw0
ip link set sw0p up
ip link set sw0q up
ip link set sw0 up

mkdir -p "$dir/boot/x86_64" "$dir/boot/ipxe" "$dir/state" "$dir/web"
echo kernel >"$dir/boot/x86_64/vmlinuz"
echo ramdisk >"$dir/boot/x86_64/ramdisk.img"
echo secret >"$dir/boot/secret"
echo loader >"$dir/boot/ipxe/snponly-x86_64.efi"
cat >"$dir/slipway.conf" <<-END
	[server]
	state_dir=$dir/state
	run_dir=$dir/run
	[boot]
	files_dir=$dir/boot
	[web]
	dir=$dir/web
	[api]
	cors_origins=https://portal.example
	rate_per_s=50
	[dhcp]
	mode=full
END
start() {
	"$daemon" --config "$dir/slipway.conf" 2>>"$dir/log" &
	pid=$!
	for _ in $(seq 100); do
		[ -e "$dir/run/ready" ] && kill -0 "$pid" 2>/dev/null && return 0
		sleep 0.1
	done
	return 1
}

if ! start; then
	sed 's/^/# /' "$dir/log"
	echo "Bail out! slipwayd does not start"
	exit 1
fi
ok "starts with a nearly empty configuration and makes its own keys" 0
plain=http://10.99.0.1
tls=https://10.99.0.1
admin="--unix-socket $dir/run/admin.sock http://slipway"
# shellcheck disable=SC2086
same "health on the admin socket" "$(code $admin/healthz)" 200
same "health over TLS" "$(code -k $tls/healthz)" 200
same "a kernel" "$(code $plain/boot/files/x86_64/vmlinuz)" 200
same "a loader" "$(code $plain/boot/files/ipxe/snponly-x86_64.efi)" 200
same "site.cpio" "$(code $plain/boot/files/site.cpio)" 200
same "the bootstrap script" "$(code $plain/boot/v1/ipxe)" 200
same "the boot script" "$(code "$plain/boot/v1/script?mac=52:54:00:00:00:01&arch=x86_64&platform=efi")" 200
grep -q 'may not enrol' "$dir/body"
ok "an unknown host boots its own disk" $?
same "no other boot file" "$(code $plain/boot/files/secret)" 404
same "no way up" "$(code --path-as-is $plain/boot/files/x86_64/../secret)" 404
same "no encoded way up" "$(code --path-as-is "$plain/boot/files/ipxe/..%2fsecret")" 404
same "no keys" "$(code $plain/state/keys/tls.key)" 404
same "no listing" "$(code $plain/objects/)" 404
same "a person's browser is sent to the page" \
	"$(curl -s -o "$dir/body" -w '%{http_code} %{redirect_url}' -H 'Host: evil.example' $plain/)" "301 https://10.99.0.1/"
same "no API in plain text" "$(code $plain/api/v1/profiles)" 404
same "no sessions in plain text" "$(code -d '{}' $plain/agent/v1/sessions)" 404
same "files are read only" "$(code -X DELETE $plain/boot/files/x86_64/vmlinuz)" 403
same "a token is asked for" "$(code -k $tls/api/v1/profiles)" 401
same "a client certificate is asked for" "$(code -k -d '{}' $tls/agent/v1/sessions)" 403
same "a made-up certificate header counts for nothing" \
	"$(code -k -H 'X-Slipway-Client-Cert: x' -d '{}' $tls/agent/v1/sessions)" 403
same "a made-up listener header counts for nothing" \
	"$(code -H 'X-Slipway-Listener: tls' -d '{}' $plain/agent/v1/sessions)" 404
# shellcheck disable=SC2086
token=$(curl -s -X POST $admin/api/v1/tokens -d '{"name":"portal","scopes":["read","admin"]}' | jq -r .token)
as_portal() { code -k -D "$dir/head" -H "Authorization: Bearer $token" -H 'Origin: https://portal.example' "$@"; }
shown() { tr -d '\r' <"$dir/head" | sed -n "s/^$1: *//Ip"; }
same "a large answer" "$(as_portal --compressed $tls/api/v1/openapi.json) $(shown content-encoding)" "200 gzip"
jq -e .openapi "$dir/body" >/dev/null
ok "comes compressed, and whole" $?
same "a page of a listed origin may read it" "$(shown access-control-allow-origin)" https://portal.example
as_portal $tls/api/v1/hosts >/dev/null
shown ratelimit | grep -q '^"token";r=9[0-9]*;t=[0-9]' && shown ratelimit-policy | grep -q '^"token";q=1000;w=20$'
ok "and learns what is left of its rate" $? "$dir/head"
same "it may ask first" "$(code -k -X OPTIONS -H 'Access-Control-Request-Method: GET' -H 'Origin: https://portal.example' $tls/api/v1/hosts)" 204
same "another may not" "$(code -k -X OPTIONS -H 'Access-Control-Request-Method: GET' -H 'Origin: https://evil.example' $tls/api/v1/hosts)" 405
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=agent -days 10 \
	-keyout "$dir/agent.key" -out "$dir/agent.crt" 2>/dev/null
agent="-k --cert $dir/agent.crt --key $dir/agent.key"
# shellcheck disable=SC2086
same "with a certificate the body is looked at" "$(code $agent -d '{"protocol":1}' $tls/agent/v1/sessions)" 400
grep -q '"code":"input.field.missing"' "$dir/body"
ok "and the answer names what is missing" $?
pin=$(openssl x509 -in "$dir/state/keys/tls.crt" -pubkey -noout | openssl pkey -pubin -outform der |
	openssl dgst -sha256 -binary | base64)
same "the pin is the TLS key's" "$(code -k --pinnedpubkey "sha256//$pin" $tls/healthz)" 200
nginx_user=$(stat -c %U "/proc/$(pgrep -P "$(child nginx)" | head -n 1)")
same "nginx's workers are not root" "$nginx_user" slipway-www
# user, capabilities in effect, and those that can still be had: of each half and each program
status() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }
rights() { echo "$(stat -c %U "/proc/$1") $(status "$1" CapEff) $(status "$1" CapBnd) $(status "$1" NoNewPrivs)"; }
none=0000000000000000
same "the daemon, which reads what strangers send, is nobody" "$(rights "$pid")" "slipway $none $none 1"
same "with the calls of its unit and no other" "$(status "$pid" Seccomp)" 2
same "nginx may take low ports" "$(rights "$(child nginx)")" "slipway-www 0000000000000400 0000000000000400 1"
same "dnsmasq may serve DHCP" "$(rights "$(child dnsmasq)")" "slipway-dhcp 0000000000003400 0000000000003400 1"
same "the prober has opened its socket" "$(rights "$(child dhcp-prober)" | cut -d' ' -f1,2)" "slipway-dhcp $none"
super=$(pgrep -P "$pid" -x slipwayd-super)
same "the supervisor has no way to mount, load or reboot" "$(status "$super" CapBnd)" 00000000000835e3
stranger() { setpriv --reuid=slipway-www --regid=slipway-www --clear-groups "$@"; }
! stranger cat "$dir/state/keys/plan.pem" 2>/dev/null && ! stranger cat "$dir/state/slipway.db" 2>/dev/null >&2
ok "nginx's user reads neither the signing key nor the store" $?
stranger cat "$dir/state/keys/tls.key" >/dev/null
ok "but the key of TLS" $?
kill -9 "$super" # it is the daemon's child: without it nothing would start nginx again
for _ in $(seq 50); do
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.1
done
wait "$pid" 2>/dev/null
ok "without its supervisor slipwayd ends, and says so" "$([ $? != 0 ] && grep -q 'ev=server.failed code=server.child' "$dir/log"; echo $?)"
start
ok "and starts again" $?
setpriv --reuid=65534 --clear-groups curl -s --unix-socket "$dir/run/admin.sock" http://slipway/healthz >/dev/null 2>&1
same "others may not use the admin socket" $? 7

kill -9 "$(child nginx)"
until_code 200 -k $tls/healthz
# P-04: nginx, dnsmasq, the supervisor are killed
ok "nginx killed: it serves again" $?
leases=$(find "$dir" -name dnsmasq.leases)
[ -n "$leases" ] && head -c 400 /dev/urandom >"$leases" # N-07
kill -9 "$(child dnsmasq)"
for _ in $(seq 50); do
	sleep 0.2
	child dnsmasq >/dev/null && break
done
child dnsmasq >/dev/null
ok "N-07 dnsmasq killed and its leases damaged: it runs again" $?
same "another daemon on the same folders is refused" \
	"$("$daemon" --config "$dir/slipway.conf" 2>&1 | grep -c server.running)" 1

before=$(sha256sum "$dir/state/keys/tls.crt" "$dir/state/keys/plan.pem" "$dir/state/trust/root.json")
kill -9 "$pid"
wait "$pid" 2>/dev/null
rm -f "$dir/run/ready"
start
ok "slipwayd killed: it starts again" $?
until_code 200 -k $tls/healthz
ok "and serves" $?
same "with the same keys" \
	"$(sha256sum "$dir/state/keys/tls.crt" "$dir/state/keys/plan.pem" "$dir/state/trust/root.json")" "$before"
same "one dnsmasq, not two" "$(pgrep -c -x dnsmasq)" 1
rss=$(awk '/VmRSS/ {print $2}' "/proc/$pid/status")
echo "# resident memory: $rss KiB"
[ "$rss" -lt 32768 ]
ok "idle in less than 32 MiB" $?
kill "$pid"
wait "$pid"
same "ends well" $? 0
{ cat "$dir/slipway.conf" && printf 'range_start=10.99.0.100\nrange_end=10.98.0.200\n'; } >"$dir/wrong.conf"
timeout 20 "$daemon" --config "$dir/wrong.conf" 2>&1 | grep -q 'code=pxe.config.*range'
ok "a range of two networks is refused in dnsmasq's words" $?
sed "s|^files_dir=.*|files_dir=$dir/nowhere/boot|" "$dir/slipway.conf" >"$dir/wrong.conf"
timeout 3 "$daemon" --config "$dir/wrong.conf" 2>"$dir/wrong.log"
grep -q "ev=boot.files_missing dir=$dir/nowhere/boot" "$dir/wrong.log"
ok "a folder without boot files is named at the start" $?
! grep -q service.as_root "$dir/wrong.log"
ok "and does not make it run as root" $?
same "and leaves no process" "$(pgrep -c -x 'nginx|dnsmasq')" 0
# a user who is not root has no place for leases but ours, and dnsmasq wants one where it gives none, too
sed 's|^mode=.*|mode=proxy|' "$dir/slipway.conf" >"$dir/proxy.conf"
timeout 5 "$daemon" --config "$dir/proxy.conf" 2>"$dir/wrong.log"
grep -q 'ev=server.ready.*dhcp=proxy' "$dir/wrong.log"
ok "beside another DHCP server it serves, too" $?

# ---- what is in the way is named, and nothing is said to serve ------------------------------------
refused() { # NAME WORDS: it ends by itself, not ready, with the words
	rm -f "$dir/run/ready"
	timeout 30 "$daemon" --config "$dir/slipway.conf" 2>"$dir/wrong.log"
	[ $? = 1 ] && [ ! -e "$dir/run/ready" ] && grep 'ev=server.failed' "$dir/wrong.log" | grep -q "$2" &&
		! grep -q 'ev=server.ready' "$dir/wrong.log"
	ok "$1" $? "$dir/wrong.log"
}
holder() { # FAMILY PORT
	python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_$1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, '$1' == 'STREAM')
for _ in range(100): # what served there before may still be ending
    try:
        s.bind(('10.99.0.1', $2))
        break
    except OSError:
        time.sleep(0.1)
$([ "$1" = STREAM ] && echo 's.listen()')
open('$dir/holds', 'w').close()
time.sleep(100)" &
	held=$!
	until [ -e "$dir/holds" ]; do sleep 0.1; done # a busy machine takes its time to start python
	rm "$dir/holds"
}
for row in STREAM:80:tcp STREAM:443:tcp DGRAM:69:udp DGRAM:67:udp; do
	port=${row#*:}
	holder "${row%%:*}" "${port%:*}"
	refused "port ${port%:*} is held: the program is named" "port ${port%:*}/${port#*:} is held by python3 (pid $held)"
	kill $held
	wait $held 2>/dev/null
done
mkdir -m 755 "$dir/own"
chown slipway "$dir/own"
sed "s|^state_dir=.*|state_dir=$dir/own/state|; s|^run_dir=.*|run_dir=$dir/own/run|; s|^mode=.*|mode=off|" "$dir/slipway.conf" >"$dir/own.conf"
timeout 20 setpriv --reuid=slipway --regid=slipway --clear-groups --inh-caps=-all --bounding-set=-all \
	"$daemon" --config "$dir/own.conf" 2>"$dir/wrong.log"
[ $? = 1 ] && grep -q 'nginx needs the capability CAP_NET_BIND_SERVICE' "$dir/wrong.log"
ok "a user without rights is told which capability is missing" $? "$dir/wrong.log"

# ---- root reads what strangers send only where somebody says so -------------------------------------
mkdir -m 700 "$dir/closed"
as_user() { # USER FOLDER: slipway.conf with them
	sed "s|^state_dir=.*|user=$1\nstate_dir=$2/state|; s|^run_dir=.*|run_dir=$2/run|; s|^mode=.*|mode=off|" "$dir/slipway.conf" >"$dir/user.conf"
}
for row in "nobody-here:$dir/other:there is no user 'nobody-here': make it with systemd-sysusers" \
	":$dir/other:there is no user ''" "slipway:$dir/closed:'$dir/closed/run' is closed to user 'slipway'"; do
	rest=${row#*:}
	as_user "${row%%:*}" "${rest%%:*}"
	timeout 20 "$daemon" --config "$dir/user.conf" 2>"$dir/wrong.log"
	[ $? = 1 ] && grep -qF "${rest#*:}" "$dir/wrong.log" && [ ! -e "${rest%%:*}/state" ]
	ok "refused as root: ${rest#*:}" $? "$dir/wrong.log"
done
as_user root "$dir/other"
"$daemon" --config "$dir/user.conf" 2>"$dir/wrong.log" &
pid=$!
until_code 200 -k $tls/healthz
ok "with user=root it serves" $? "$dir/wrong.log"
same "as root with few capabilities and its unit's calls" "$(rights "$pid") $(status "$pid" Seccomp)" "root 00000000000000cb 00000000000000cb 1 2"
head -c 1048576 /dev/urandom >"$dir/disk"
{
	"$build/bin/slipway" image build --raw --line debian12 --version 1 --arch x86_64 --output "$dir/d.slip" "$dir/disk" &&
		"$build/bin/slipway" image sign --key "$dir/other/state/trust/keys/image.key" "$dir/d.slip" &&
		"$build/bin/slipway" --socket "$dir/other/run/admin.sock" image import "$dir/d.slip"
} >"$dir/out" 2>&1
ok "and a reader in it becomes nobody" $? "$dir/out"
[ $bad = 0 ] || sed 's/^/# /' "$dir/log"
echo "1..$n"
exit $bad
