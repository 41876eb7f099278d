#!/bin/sh
# Hostile HTTP against a real slipwayd behind its real nginx: smuggled and malformed requests, slow and idle
# clients, odd paths and ranges, old TLS, pages of other sites; and what must not be found anywhere: secrets.
# usage: http_hostile.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir hostile
flow_wire
mkdir -p "$dir/boot/x86_64"
head -c 4096 /dev/zero >"$dir/boot/x86_64/vmlinuz"
flow_config '[boot]' "files_dir=$dir/boot"
flow_start
ok "slipwayd starts behind nginx" $? "$dir/log"
here=tests/flow/http_hostile
slipway=$build/bin/slipway
ask() { timeout 60 python3 $here/ask.py "$@"; }
public() { # public METHOD PATH [CURL-ARGUMENT...]: over TLS, prints the status
	method=$1 path=$2
	shift 2
	curl -s -k -g --path-as-is -o "$dir/body" -D "$dir/head" -w '%{http_code}' --max-time 15 -X "$method" "https://10.99.0.1$path" "$@"
}
healthy() { [ "$(public GET /healthz)" = 200 ]; }
for _ in $(seq 50); do
	healthy && break
	sleep 0.1
done
token=$("$slipway" token create web read approve arm inventory image:import 2>"$dir/2")

# ---- H-04, H-06: malformed heads --------------------------------------------------------------------
same "a plain request is answered" "$(ask raw 10.99.0.1 80 plain)" "200 1 open"
while IFS=: read -r id wanted name; do
	got=$(ask raw 10.99.0.1 80 "$name")
	case " $wanted " in *" ${got%% *} "*) status=0 ;; *) status=1 ;; esac
	[ "$(echo "$got" | cut -d' ' -f2)" -le 1 ] || status=1
	[ $status = 0 ] || echo "# got '$got'"
	ok "$id $name: one answer, $wanted" $status
done <<ROWS
H-04:400:length and chunks
H-04:400:two lengths
H-04:400 501:an unknown coding
H-04:400:a folded line
H-04:400:a space before the colon
H-04:400:a length with a sign
H-04:200:a bare line feed
H-06:400 431:a header of 17 KiB
H-06:404 414:a path of 9 KiB
H-06:414:a path of 17 KiB
H-06:400 431:1000 headers
H-06:400 431:a header of 64 KiB
H-06:400:a NUL in a header
H-04:200:another host in the address
H-04:301 400 404:an address without a path
H-04:400:another scheme
H-04:400 405:a proxy's word
H-04:400:two hosts
H-06:400:no host
H-06:400:nonsense
ROWS
healthy
ok "and the next good request works" $?

# a change by a token that lies in another request's body is nobody's request
locations() { public GET '/api/v1/locations?limit=1000' -H "Authorization: Bearer $token" >/dev/null && jq -c '[.items[].rack]' "$dir/body"; }
same "there is no location" "$(locations)" "[]"
ask smuggle 10.99.0.1 443 "$token" >"$dir/hidden"
[ "$(wc -l <"$dir/hidden")" -gt 20 ]
ok "H-04 changes are hidden in bodies" $? "$dir/hidden"
same "H-04 each is one request, which is refused" "$(grep -vE '^(400|401|404|405|408|413|501) 1 ' "$dir/hidden")" ""
same "H-04 none of them was made" "$(locations)" "[]"
same "H-04 nor does the audit log know one" "$("$slipway" audit list --json | jq -c '[.[] | select(.status < 400 and .path == "/api/v1/locations")]')" "[]"

# ---- H-08, H-09: ranges and paths -------------------------------------------------------------------
range() { curl -s -o "$dir/body" -w '%{http_code}' --max-time 10 -H "Range: $1" http://10.99.0.1/boot/files/x86_64/vmlinuz; }
same "H-08 a range that ends before it begins" "$(range bytes=5-2)" 416
same "H-08 a range past the end" "$(range bytes=99999-)" 416
many=$(seq 2 2 2000 | sed 's/.*/&-&/' | paste -sd,)
same "H-08 a thousand ranges are none" "$(range "bytes=$many")" 200
for path in '/boot/files/%2e%2e/state/keys/plan.pem' '/boot/files/../state' '//etc/passwd' '/boot/files;x/x86_64/vmlinuz' \
	'/boot/files/%c0%ae%c0%ae/x' '/objects/sha256/..%2f..%2fkeys/plan.pem' '/boot/files/x86_64/vmlinuz%00.txt'; do
	got=$(curl -s --path-as-is -o "$dir/body" -w '%{http_code}' --max-time 10 "http://10.99.0.1$path")
	case $got in 400 | 403 | 404) status=0 ;; *) status=1 ;; esac
	ok "H-09 $path is not served ($got)" $status
done
same "H-09 nor by the API" "$(public GET '/api/v1/hosts/%2e%2e%2ftokens' -H "Authorization: Bearer $token")" 404

# ---- H-10, H-11, H-13: who asks -----------------------------------------------------------------------
auth="Authorization: Bearer $token"
body='{"rack":"r1","unit":1}'
same "a change with a token" "$(public POST /api/v1/locations -H "$auth" -H 'X-Forwarded-For: 1.2.3.4' -H 'X-Real-IP: 1.2.3.4' -d "$body")" 201
same "H-10 its address is the socket's, not the header's" "$("$slipway" audit list --json | jq -r '.[-1].peer')" 10.99.0.1
same "H-11 from another site's page" "$(public POST /api/v1/locations -H "$auth" -H 'Origin: https://evil.example' -d "$body")" 403
same "H-11 from no page at all" "$(public POST /api/v1/locations -H "$auth" -H 'Origin: null' -d "$body")" 403
same "H-11 as a browser names it" "$(public POST /api/v1/locations -H "$auth" -H 'Sec-Fetch-Site: cross-site' -d "$body")" 403
same "H-11 as a plain text" "$(public POST /api/v1/locations -H "$auth" -H 'Content-Type: text/plain' -d "$body")" 403
same "from our own page" "$(public POST /api/v1/locations -H "$auth" -H 'Origin: https://10.99.0.1' -H 'Sec-Fetch-Site: same-origin' -d "$body")" 201
same "without a token" "$(public POST /api/v1/locations -d "$body")" 401
same "H-13 no image by URL" "$(public POST '/api/v1/images?url=http://169.254.169.254/' -H "$auth" -d x)" 400

# ---- H-07: uploads that end early ---------------------------------------------------------------------
ask cut 10.99.0.1 443 "$token"
sleep 1
same "H-07 nothing stays of an upload that broke off" "$(find "$dir/state/spool" "$dir/state/nginx" "$dir/state/objects" -type f -size +0 2>/dev/null | wc -l)" 0
same "H-07 an upload that is not an archive is refused" "$(head -c 100000 /dev/zero | public POST /api/v1/images -H "$auth" --data-binary @- -H 'Expect:')" 422
same "and audited" "$("$slipway" audit list --json | jq -c '.[-1] | [.who, .path, .status]')" '["token:web","/api/v1/images",422]'

# ---- H-14: TLS -------------------------------------------------------------------------------------------
for version in -tls1 -tls1_1; do
	! echo | timeout 10 openssl s_client -connect 10.99.0.1:443 $version -cipher DEFAULT@SECLEVEL=0 >"$dir/body" 2>&1
	ok "H-14 $version is refused" $?
done
(printf 'R\n'; sleep 2) | timeout 10 openssl s_client -connect 10.99.0.1:443 -tls1_2 >"$dir/body" 2>&1
grep -qiE 'no renegotiation|unexpected eof|error' "$dir/body"
ok "H-14 renegotiation is refused" $? "$dir/body"
SLIPWAY_TOKEN=$token "$slipway" --server https://10.99.0.1 --pin sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= host list >"$dir/body" 2>&1
same "H-14 a wrong pin" $? 5

# ---- H-05, H-15: many that say little --------------------------------------------------------------------
ask slow 10.99.0.1 80 2000 >"$dir/slow" &
slow=$!
sleep 3
worst=0
for _ in $(seq 20); do
	took=$(curl -s -o /dev/null -w '%{time_total}' --max-time 10 http://10.99.0.1/healthz | sed 's/\.\(...\).*/\1/; s/^0*//')
	[ "${took:-0}" -le "$worst" ] || worst=$took
	sleep 0.1
done
[ "$worst" -lt 1000 ]
ok "H-05 others are served meanwhile (slowest $worst ms)" $?
wait $slow
read -r left seconds <"$dir/slow"
[ "$left" = 0 ] && [ "$seconds" -le 20 ]
ok "H-05 2000 slow clients are closed after ${seconds} s" $?
mkfifo "$dir/go"
ask idle 10.99.0.1 80 10000 <"$dir/go" >"$dir/idle" &
idle=$!
exec 9>"$dir/go"
sleep 4
ticks() { cat /proc/[0-9]*/stat 2>/dev/null | awk '/\(nginx\)|\(slipwayd\)/ {n += $14 + $15} END {print n + 0}'; }
before=$(ticks)
sleep 2
used=$(($(ticks) - before))
[ $used -lt 200 ]
ok "H-15 with $(cat "$dir/idle") idle connections nothing spins ($used of 400 ticks)" $?
same "H-15 the admin socket answers" "$(call GET /healthz)" 200
echo >&9
exec 9>&-
wait $idle
for _ in $(seq 50); do
	healthy && break
	sleep 0.2
done
healthy
ok "H-15 and it recovers" $?

# ---- X-01: planted secrets are nowhere ---------------------------------------------------------------------
webhook_secret=planted-secret-0123456789
printf %s "$webhook_secret" | "$slipway" webhook add h http://10.99.0.77:9/ >"$dir/body"
backup=$("$slipway" backup make)
cp "$dir/state/slipway.db" "$dir/dump" && cat "$dir/state/slipway.db-wal" >>"$dir/dump"
cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ >"$dir/processes" 2>/dev/null
plan_key=$(sed -n 2p "$dir/state/keys/plan.pem")
for secret in "$token" "$webhook_secret" "$plan_key"; do
	hits=$(grep -lF -- "$secret" "$dir/log" "$dir/dump" "$backup" "$dir/processes" "$dir/run/nginx/nginx.conf" 2>/dev/null | wc -l)
	same "X-01 a secret of ${#secret} bytes is in no log, store, backup, command line or environment" "$hits" 0
done
same "X-01 and the grep would find it" "$(grep -cF -- "$plan_key" "$dir/state/keys/plan.pem")" 1
! curl -s --unix-socket "$SLIPWAY_SOCKET" http://x/api/v1/webhooks | grep -qF "$webhook_secret"
ok "X-03 what is write-only is not read out" $?
same "keys are for root alone" "$(find "$dir/state/keys" -type f -name '*.pem' -perm /077 ! -name 'plan-key.pem' | wc -l)" 0

# ---- D-12: the audit log, edited outside the server ---------------------------------------------------------
same "the audit log is whole" "$("$slipway" audit verify | cut -d, -f2)" " the chain is whole"
row=$("$slipway" audit list --json | jq '.[1].id')
flow_stop
python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1]); db.execute("UPDATE audit SET who = ? WHERE id = ?", ("somebody else", sys.argv[2])); db.commit()' \
	"$dir/state/slipway.db" "$row"
chmod 644 "$dir/state/keys/plan.pem"
! "$build/bin/slipwayd" --config "$dir/slipway.conf" 2>"$dir/body" && grep -q server.key_file "$dir/body"
ok "X-04 a key that others may read stops the start" $?
chmod 600 "$dir/state/keys/plan.pem"
chown nobody "$dir/state/keys/tls.key"
! "$build/bin/slipwayd" --config "$dir/slipway.conf" 2>"$dir/body" && grep -q server.key_file "$dir/body"
ok "X-04 so does a key of another owner" $?
chown --reference="$dir/state/keys/plan.pem" "$dir/state/keys/tls.key"
flow_start
"$slipway" audit verify >"$dir/1" 2>"$dir/body"
same "D-12 an edited row is found" $? 1
grep -q "row $row was changed" "$dir/body"
ok "D-12 and named" $?
flow_stop
same "slipwayd ends well" $? 0
echo "1..$n"
exit $bad
