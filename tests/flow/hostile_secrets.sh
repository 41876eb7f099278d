#!/bin/sh
# A profile's user data, a webhook's secret and an API token are written and never shown: not by a route that reads, an
# export, a webhook, an event, an order that waits, nor by the store's own files and a backup. The host that is imaged
# gets the user data. usage: hostile_secrets.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir secrets
flow_wire
flow_station honest 10.99.0.77
flow_config '[webhooks]' 'allow=127.0.0.1'
flow_start
ok "slipwayd starts behind nginx" $? "$dir/log"
one=MARKERoneABCDEFGHIJKLMNOPQR two=MARKERtwoABCDEFGHIJKLMNOPQR hook=MARKERhookABCDEFGHIJKLMNOP

cat >"$dir/receiver.py" <<'PY'
import http.server, sys
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open(sys.argv[1] + "/received", "ab") as f:
            f.write(str(self.headers).encode() + self.rfile.read(int(self.headers["Content-Length"])) + b"\n")
        self.send_response(204)
        self.end_headers()
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", 9099), Receiver).serve_forever()
PY
: >"$dir/received"
python3 "$dir/receiver.py" "$dir" 2>>"$dir/log" &
same "a webhook takes every event" "$(call POST /api/v1/webhooks \
	-d '{"name":"all","url":"http://127.0.0.1:9099/","secret":"'$hook'"}')" 201

flow_image
profile() { # NAME PRIORITY USER-DATA-AS-JSON
	printf '{"name":"%s","priority":%s,"match":{"serial":"*"},"enrol":true,"auto_approve":true,"burnin":{"tier":"quick",' "$1" "$2"
	printf '"limits":{"cpu_s":1}},"image":{"line":"debian12"},"host":{"hostname":"h","user_data":%s}}' "$3"
}
profile p 10 "\"#cloud-config\\npassword: $one\\n\"" >"$dir/p"
same "a profile with user data is written" "$(call POST /api/v1/profiles -d "@$dir/p")" 201
same "the answer names it: that it is set, its length and its digest" "$(jq -c .host.user_data "$dir/body")" \
	"$(printf '#cloud-config\npassword: %s\n' $one | {
		cat >"$dir/text"
		printf '{"bytes":%s,"set":true,"sha256":"%s"}' "$(wc -c <"$dir/text")" "$(sha256sum <"$dir/text" | cut -d' ' -f1)"
	})"
named=$(jq -c .host.user_data "$dir/body")
profile p 11 "$named" >"$dir/p"
same "what was read can be written back, and keeps it" "$(call POST /api/v1/profiles -d "@$dir/p")" 201
same "it is the same" "$(jq -c .host.user_data "$dir/body")" "$named"
profile p 12 '{"set":true,"bytes":3,"sha256":"'"$(printf '%064d' 7)"'"}' >"$dir/q"
same "another digest is refused" "$(call POST /api/v1/profiles -d "@$dir/q")" 400
same "at its place" "$(jq -r .pointer "$dir/body")" /host/user_data
profile other 12 "$named" >"$dir/q"
same "and under another name, too" "$(call POST /api/v1/profiles -d "@$dir/q")" 400

# ---- one that waits for a second person, and one that was refused ------------------------------------
call POST /api/v1/tokens -d '{"name":"ann","owner":"ann","scopes":["read","approve","arm"]}' >/dev/null
ann=$(jq -r .token "$dir/body")
asked() { # BODY: as ann, for a second person
	curl -sk -o "$dir/body" -w '%{http_code}' --max-time 20 -H "Authorization: Bearer $ann" -H 'Content-Type: application/json' \
		-d "@$1" 'https://10.99.0.1/api/v1/profiles?second_person=true'
}
profile w 20 "\"$two\"" >"$dir/w"
same "one waits for a second person" "$(asked "$dir/w")" 202
refused=$(jq -r .order.id "$dir/body")
same "it is refused" "$(call POST "/api/v1/orders/$refused/refuse" -d '{}')" 200
same "the next one waits" "$(asked "$dir/w")" 202

# ---- rows in every list ---------------------------------------------------------------------------------
printf 'serial,mac,sku,site,row,rack,unit\nH-1,52:54:00:0a:00:01,r1,fra,A,r01,1\n' |
	call POST '/api/v1/deliveries?name=d1' -H 'Content-Type: text/csv' --data-binary @- >/dev/null
call POST /api/v1/skus -d '{"name":"s1","contents":{"cores":4}}' >/dev/null
call POST /api/v1/locations -d '{"site":"fra","row":"A","rack":"r01","unit":1}' >/dev/null

# ---- a host gets it, and nobody else --------------------------------------------------------------------
cat >"$dir/host.py" <<'PY'
import sys
sys.path.insert(0, "tests/harness")
from hostile_agent import Agent
agent = Agent(sys.argv[1], "10.99.0.1", "H-1")
state = agent.live(40, 1)
print(state, agent.booted["host"]["user_data"], agent.booted["first_boot"]["token"])
PY
on honest timeout 60 python3 "$dir/host.py" "$dir" >"$dir/host" 2>"$dir/host.err"
ok "an honest host lives" $? "$dir/host.err"
read -r state head rest <"$dir/host"
same "it becomes ready" "$state $head" "ready #cloud-config"
token=$(tail -n 1 "$dir/host" | awk '{ print $NF }')
grep -q "$one" "$dir/host"
ok "and its image got the user data" $? "$dir/host"
sleep 1
timeout 200 python3 tests/flow/hostile_secrets.py "$dir/run/admin.sock" $one $two $hook "$ann" "$token" >"$dir/rows" 2>"$dir/2"
while read -r verdict name; do
	case $verdict in
	ok) ok "$name" 0 ;;
	*) ok "${name#ok }" 1 ;;
	esac
done <"$dir/rows"
[ "$(wc -l <"$dir/rows")" -ge 40 ]
ok "every route that reads was asked" $? "$dir/2"

same "a backup is made" "$(call POST /api/v1/backups -d '{}')" 201
holds() { grep -rlaF -e "$1" "$dir/state" "$dir/run" "$dir/received" "$dir/log" 2>/dev/null | head -n 3; }
for secret in $one $two $hook "$ann" "$token"; do
	same "no file holds $(printf %.9s "$secret")" "$(holds "$secret")" ""
	same "nor its base64" "$(holds "$(printf %s "$secret" | base64 -w0 | cut -c1-16)")" ""
done
[ "$(wc -c <"$dir/received")" -gt 2000 ] && grep -q profile.written "$dir/received"
ok "the webhook was told of the profile" $?
echo "1..$n"
exit $bad
