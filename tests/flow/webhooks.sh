#!/bin/sh
# Webhooks of a real slipwayd: a receiver on loopback refuses the first tries, the daemon is killed in between,
# a dead letter is sent again, and a receiver with another secret notices that the signature is not its own.
# usage: webhooks.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
show() { # show PATH JQ
	call GET "$1" >/dev/null
	jq -c "$2" "$dir/body"
}
wait_for() { # wait_for SECONDS PATH JQ-CONDITION
	for _ in $(seq $(($1 * 5))); do
		[ "$(show "$2" "$3")" = true ] && return 0
		sleep 0.2
	done
	return 1
}

flow_dir hook
flow_wire
ip address add 169.254.77.1/32 dev lo
flow_config '[webhooks]' 'allow=127.0.0.1/32'

# Writes one line per request: path, event, try, status, "good" or "bad" signature, body's id. What it answers is
# in the file $dir/answer: 204 takes events.
cat >"$dir/receiver.py" <<'PY'
import hashlib, hmac, http.server, json, socket, sys, time
folder, secrets = sys.argv[1], {"/good": b"0123456789abcdef", "/other": b"fedcba9876543210"}
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        stamp = self.headers["Slipway-Timestamp"]
        own = hmac.new(secrets.get(self.path, b""), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        fits = hmac.compare_digest("v1=" + own, self.headers["Slipway-Signature"])
        fits = fits and abs(time.time() - int(stamp)) < 60
        answer = int(open(folder + "/answer").read())
        if self.path == "/other" and not fits:
            answer = 401
        with open(folder + "/received", "a") as f:
            print(self.path, self.headers["Slipway-Event"], self.headers["Slipway-Try"], answer,
                  "good" if fits else "bad", json.loads(body)["id"], file=f, flush=True)
        self.send_response(answer)
        if answer == 302:
            self.send_header("Location", "http://127.0.0.1:9099/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()
    def do_GET(self):
        with open(folder + "/received", "a") as f:
            print(self.path, file=f, flush=True)
        self.send_error(404)
    def log_message(self, *words):
        pass
class Anywhere(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()
Anywhere(("::", 9099), Receiver).serve_forever()
PY
echo 503 >"$dir/answer"
: >"$dir/received"
: >"$dir/body"
python3 "$dir/receiver.py" "$dir" 2>>"$dir/log" &
receiver=$!
flow_start
ok "slipwayd starts" $?

same "a webhook is made" "$(call POST /api/v1/webhooks \
	-d '{"name":"ci","url":"http://127.0.0.1:9099/good","secret":"0123456789abcdef","kinds":["sku.*"]}')" 201
id=$(jq .id "$dir/body")
same "its secret is not shown" "$(grep -c 0123456789abcdef "$dir/body")$(show /api/v1/webhooks '.items[0] | has("secret")')" 0false
same "a URL with a password is refused" "$(call POST /api/v1/webhooks \
	-d '{"name":"x","url":"http://me:pw@127.0.0.1/","secret":"0123456789abcdef"}')" 400
same "so is another scheme" "$(call POST /api/v1/webhooks \
	-d '{"name":"x","url":"file:///etc/passwd","secret":"0123456789abcdef"}')" 400

# ---- refused, then a crash, then taken -----------------------------------------------------------
for i in 1 2 3; do
	call POST /api/v1/skus -d "{\"name\":\"s$i\",\"contents\":{\"cores\":$i}}" >/dev/null
	call POST /api/v1/locations -d "{\"site\":\"a\",\"rack\":\"r$i\",\"unit\":$i}" >/dev/null
done
wait_for 15 "/api/v1/webhooks/$id" '.tries >= 2 and (.last_error | contains("503"))'
ok "a refused event is tried again, and the API says why" $?
same "only the first one: order is kept" "$(cut -d' ' -f2 "$dir/received" | sort -u | wc -l)" 1
flow_kill
echo 204 >"$dir/answer"
flow_start
ok "slipwayd starts after a crash" $?
wait_for 20 "/api/v1/webhooks/$id" '.delivered == 3 and .tries == 0'
ok "everything is delivered afterwards" $?
wanted=$(show '/api/v1/events?kind=sku.*' '[.items[].id]')
same "each event was taken once, in order, none other" \
	"$(awk '$4 == 204 {print $2}' "$dir/received" | jq -cs .)" "$wanted"
same "every signature fits" "$(grep -c ' bad ' "$dir/received")" 0
same "the body is the event" "$(awk '$2 != $6' "$dir/received" | wc -l)" 0
same "attempts are shown" "$(show "/api/v1/webhooks/$id/deliveries" \
	'([.items[] | select(.status == 204)] | length == 3) and any(.items[]; .status == 503)')" true

# ---- a redirect is not followed, a dead letter, another secret -------------------------------------
echo 302 >"$dir/answer"
same "a webhook with two tries" "$(call POST /api/v1/webhooks \
	-d '{"name":"two","url":"http://127.0.0.1:9099/good","secret":"0123456789abcdef","kinds":["location.*"],"max_tries":2}')" 201
two=$(jq .id "$dir/body")
same "a webhook whose receiver has another secret" "$(call POST /api/v1/webhooks \
	-d '{"name":"other","url":"http://127.0.0.1:9099/other","secret":"0123456789abcdef","kinds":["location.*"],"max_tries":1}')" 201
other=$(jq .id "$dir/body")
call POST /api/v1/locations -d '{"site":"a","rack":"r9","unit":9}' >/dev/null
wait_for 15 "/api/v1/webhooks/$two" '.dead == 1'
ok "a redirect is refused twice and becomes a dead letter" $?
same "nobody followed it" "$(grep -c elsewhere "$dir/received")" 0
wait_for 5 "/api/v1/webhooks/$other" '.dead == 1'
ok "a forged signature is seen by the receiver" $?
same "which answered 401" "$(show "/api/v1/webhooks/$other/deliveries" '.items[0].status')" 401
echo 204 >"$dir/answer"
same "the dead letter is sent again" "$(call POST "/api/v1/webhooks/$two/redeliver")" 202
wait_for 10 "/api/v1/webhooks/$two" '.dead == 0 and .delivered == 1'
ok "and is taken" $?
same "a dead letter that is none" "$(call POST "/api/v1/webhooks/$two/redeliver" -d '{"event":1}')" 404

# ---- what a webhook may not reach: this machine, its neighbours on the link, whatever the name or the number -------
hook() { # hook NAME URL: the status
	call POST /api/v1/webhooks -d '{"name":"'"$1"'","url":"'"$2"'","secret":"0123456789abcdef","kinds":["sku.*"],"max_tries":1}'
}
while read -r url; do
	same "SSRF $url is refused at once" "$(hook ssrf "$url") $(jq -r '"\(.code) \(.pointer)"' "$dir/body")" "422 webhook.address /url"
done <<'ROWS'
http://127.0.0.2:9099/in
http://2130706434:9099/in
http://0x7f.2:9099/in
http://0177.0.0.2:9099/in
http://0:9099/in
http://[::1]:9099/in
http://[::]:9099/in
http://[::ffff:127.0.0.2]:9099/in
http://[::ffff:7f00:2]:9099/in
http://[64:ff9b::7f00:2]:9099/in
http://[2002:7f00:2::1]:9099/in
http://[fe80::1]:9099/in
http://169.254.169.254/latest/meta-data/
http://169.254.77.1:9099/in
http://224.0.0.1:9099/in
http://255.255.255.255:9099/in
http://10.99.0.1:9099/in
http://10.99.0.1/healthz
http://%31%32%37.0.0.2:9099/in
ROWS
same "a private address is one like others" "$(hook private http://10.99.0.77:9099/)" 201
call DELETE "/api/v1/webhooks/$(jq .id "$dir/body")" >/dev/null
# names are looked at when the connection is made: what they said before counts for nothing
names() { echo "$1 receiver.test" >"$dir/hosts"; }
names 10.99.0.77
chmod 644 "$dir/hosts"
mount --bind "$dir/hosts" /etc/hosts
first=$(hook name http://receiver.test:9099/in)
name=$(jq .id "$dir/body")
same "SSRF a name that is well today" "$first" 201
names 127.0.0.2
call POST /api/v1/skus -d '{"name":"s8","contents":{"cores":8}}' >/dev/null
wait_for 20 "/api/v1/webhooks/$name" ".dead == 1"
ok "SSRF the name says 127.0.0.2 when the event goes out" $?
same "SSRF and the reason is kept" "$(show "/api/v1/webhooks/$name/deliveries" \
	'.dead[0].why | test("127.0.0.2 .loopback. is not allowed.*webhooks")')" true
grep -q '/in' "$dir/received"
same "SSRF nothing arrived" $? 1

# ---- nobody listens; removal ------------------------------------------------------------------------
kill "$receiver"
wait "$receiver" 2>/dev/null
call POST /api/v1/skus -d '{"name":"s9","contents":{"cores":9}}' >/dev/null
wait_for 10 "/api/v1/webhooks/$id" '.tries >= 1 and (.last_error | length > 0)'
ok "a receiver that is gone is an error like others" $?
same "the daemon answers meanwhile" "$(call GET /healthz)" 200
same "a webhook is removed" "$(call DELETE "/api/v1/webhooks/$id")" 204
same "and is gone" "$(call GET "/api/v1/webhooks/$id")" 404

# ---- the command line ---------------------------------------------------------------------------------
slipway=$build/bin/slipway
same "webhook add" "$(SLIPWAY_WEBHOOK_SECRET=0123456789abcdef "$slipway" webhook add cli http://127.0.0.1:9099/good \
	kinds=fault.*,host.state max_tries=3 since=0 | cut -d, -f2)" " cli"
same "its secret may come by standard input" "$(echo 0123456789abcdef | "$slipway" webhook add in http://127.0.0.1:9099/good --json | jq -r .name)" in
same "a secret that is too short is refused" "$(echo short | "$slipway" webhook add x http://127.0.0.1:9/ 2>&1 | grep -c range)" 1
same "webhook list" "$("$slipway" webhook list | awk '/ cli / {print $3}')" http://127.0.0.1:9099/good
same "webhook show, by name" "$("$slipway" webhook show cli --json | jq -c '[.name, .max_tries]')" '["cli",3]'
"$slipway" webhook deliveries two >"$dir/body"
grep -q '^AT .*STATUS' "$dir/body" && grep -q 302 "$dir/body"
ok "webhook deliveries" $?
call POST /api/v1/locations -d '{"site":"a","rack":"r8","unit":8}' >/dev/null
wait_for 15 "/api/v1/webhooks/$two" '.dead == 1'
same "webhook retry" "$("$slipway" webhook retry two)" "1 sent again"
same "webhook remove" "$("$slipway" webhook remove cli)" removed
"$slipway" webhook show cli 2>"$dir/body"
same "and it is gone" $? 3
! grep -rq 0123456789abcdef "$dir/log"
ok "no secret is in the log" $?
same "the audit log has it all" "$("$slipway" audit list --json | jq -r '[.[] | select(.path | startswith("/api/v1/webhooks")) | .method] | group_by(.) | map("\(.[0]) \(length)") | join(", ")')" "DELETE 3, POST 32"
same "and is whole" "$("$slipway" audit verify | cut -d, -f2)" " the chain is whole"

flow_stop
same "slipwayd ends well" $? 0
echo "1..$n"
exit $bad
