#!/bin/sh
# What the API says about itself is true: an OpenAPI linter accepts the document that a real slipwayd
# serves, a client generated from it compiles strictly over every call, a validating proxy finds no difference between it and the answers of every collection (with
# every member that comes required to be documented), and promtool accepts the metrics.
# usage: api_contract.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
npm=$build/api-contract-npm
here=tests/flow/api_contract
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root for a network namespace"
	exit 0
fi
if [ -z "${API_CONTRACT_INSIDE:-}" ]; then
	if ! cmp -s $here/package-lock.json "$npm/stamp"; then
		mkdir -p "$npm"
		cp $here/package.json $here/package-lock.json "$npm/"
		(cd "$npm" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$npm/npm.log" 2>&1 || {
			sed 's/^/# /' "$npm/npm.log"
			echo "not ok 1 - the checkers are installed"
			echo "1..1"
			exit 1
		}
		cp $here/package-lock.json "$npm/stamp"
	fi
	API_CONTRACT_INSIDE=1 exec unshare --net --pid --fork --mount-proc --kill-child sh "$0" "$build"
fi
flow_users
flow_dir contract
flow_wire
flow_config
flow_start
admin() { # admin METHOD PATH [CURL-ARGUMENT]...: the body on standard output
	method=$1 path=$2
	shift 2
	curl -s -g --max-time 20 --unix-socket "$dir/run/admin.sock" -X "$method" "http://x$path" "$@"
}
admin GET /api/v1/openapi.json >"$dir/openapi.json"
jq -e '.openapi == "3.1.0" and (.paths | length) > 50' "$dir/openapi.json" >/dev/null
ok "slipwayd serves its description" $? "$dir/log"

node $here/profile_form.mjs "$dir/openapi.json" >"$dir/body" 2>&1
ok "the page's form of a profile has every member and word of it" $? "$dir/body"

REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true node "$npm/node_modules/@redocly/cli/bin/cli.js" \
	lint --max-problems 20 "$dir/openapi.json" >"$dir/lint" 2>&1
status=$?
grep -q warning "$dir/lint" && ! grep -q 'is valid' "$dir/lint" && status=1
ok "the OpenAPI linter accepts it" $status "$dir/lint"
jq '.paths["/api/v1/hosts"].get.parameters += [{"name": "limit", "in": "query", "schema": {"type": "string"}}]' \
	"$dir/openapi.json" >"$dir/wrong.json"
! REDOCLY_TELEMETRY=off node "$npm/node_modules/@redocly/cli/bin/cli.js" lint "$dir/wrong.json" >/dev/null 2>&1
ok "and refuses a wrong one" $?

# ---- a typed client, beside the rest: the compiler takes a while ----------------------------------
jq -r '.paths[][].responses["2XX"] | select(.) | .content[].schema | select(. == {} or . == null) | "untyped"' \
	"$dir/openapi.json" >"$dir/untyped"
same "every answer has a type" "$(wc -l <"$dir/untyped")" 0
compile() ( # compile DIRECTORY OPENAPI.json: the compiler's complaints are in DIRECTORY/tsc
	mkdir -p "$1" && ln -s "$npm/node_modules" "$1/node_modules" && echo '{"type":"module"}' >"$1/package.json" &&
		node "$npm/node_modules/openapi-typescript/bin/cli.js" "$2" -o "$1/types.ts" >"$1/types" 2>&1 &&
		node $here/calls.mjs "$2" "$1/calls.ts" >"$1/n" &&
		node "$npm/node_modules/typescript/bin/tsc" --strict --noEmit --skipLibCheck --target es2022 \
			--module es2022 --moduleResolution bundler "$1/calls.ts" >"$1/tsc" 2>&1
)
jq '{openapi, info, paths: {"/healthz": .paths["/healthz"]}, components}
	| .paths[].get.responses["2XX"].content[].schema = {}' "$dir/openapi.json" >"$dir/untyped.json"
compile "$dir/client" "$dir/openapi.json" &
compiler=$!
compile "$dir/wrong" "$dir/untyped.json" &
refuser=$!

# ---- burn-in records are OCP's ---------------------------------------------------------------------
SLIPWAY_TEST_OCP=$dir/ocp.jsonl "$build/obj/gcc/tests/unit/burnin/test_record" >"$dir/body" 2>&1
ok "every kind of record is written" $?
node $here/ocp.mjs "$npm" "$dir/ocp.jsonl" >"$dir/body" 2>&1
ok "OCP's schemas accept each of them" $?
jq -c 'if .testRunArtifact.testRunEnd then .testRunArtifact.testRunEnd.result = "MAYBE" else . end' "$dir/ocp.jsonl" >"$dir/wrong.jsonl"
! node $here/ocp.mjs "$npm" "$dir/wrong.jsonl" >/dev/null 2>&1
ok "and refuse another word" $?

# ---- rows in every collection: a delivery, a SKU, a host that came and failed its burn-in --------
printf 'serial,mac,sku,site,row,rack,unit,asset_tag,switch,port\nSN-1,52:54:00:0a:00:01,r1,fra,A,r01,1,AT-1,sw1,Eth1\nSN-2,52:54:00:0a:00:02,r1,fra,A,r01,2,AT-2,sw1,Eth2\n' |
	admin POST '/api/v1/deliveries?name=d1&vendor=Acme' -H 'Content-Type: text/csv' --data-binary @- >"$dir/body"
admin POST /api/v1/profiles -d '{"name":"all","priority":1,"match":{"serial":"*"},"enrol":true,"auto_approve":true,
	"burnin":{"tier":"quick","limits":{"cpu_s":1,"memory_s":1,"disk_s":1}}}' >"$dir/body"
admin POST /api/v1/locations -d '{"site":"fra","row":"A","rack":"r01","unit":1}' >"$dir/body"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=agent -days 2 \
	-keyout "$dir/key" -out "$dir/cert" 2>/dev/null
certificate=$(jq -Rrs @uri <"$dir/cert")
agent() { # agent METHOD PATH [BODY]: as nginx hands it on
	curl -s -g --max-time 20 --unix-socket "$dir/run/http.sock" -X "$1" "http://x/agent/v1/sessions$2" \
		-H 'X-Slipway-Listener: tls' -H "X-Slipway-Client-Cert: $certificate" ${3:+-d "$3"}
}
agent POST '' '{"protocol":1,"nonce":"'"$(openssl rand -hex 32)"'","boot_id":"",
	"evidence":{"smbios_uuid":"5d0f7a10-3c1e-4b57-9a41-51a7b105c001","system_serial":"SN-1","board_serial":"B1",
	"chassis_serial":"","manufacturer":"Acme","product":"R1","macs":["52:54:00:0a:00:01"],
	"disks":[{"wwn":"","serial":"D1"}]},
	"agent":{"version":"0","arch":"x86_64","firmware":"uefi","kernel":"6.1"}}' >"$dir/session"
session=$(jq -r .session_id "$dir/session")
epoch=$(jq -r .epoch "$dir/session")
step() { # step: the next plan's payload into $dir/plan
	for _ in 1 2 3 4 5; do
		agent GET "/$session/next?wait=5&after=${seq:-0}" | jq -r '.payload // ""' | base64 -d >"$dir/plan"
		[ "$(jq -r '.step.kind' "$dir/plan")" != wait ] && break
		seq=$(jq -r .step.seq "$dir/plan")
	done
}
sent=0
event() { # event KIND DATA
	sent=$((sent + 1))
	agent POST "/$session/events" '{"epoch":'"$epoch"',"events":[{"seq":'$sent',"ts":"2026-01-01T00:00:00Z","kind":"'"$1"'",
		"plan_id":"'"$(jq -r .plan_id "$dir/plan")"'","data":'"$2"'}]}' >"$dir/body"
}
step
event facts '{"system":{"Manufacturer":"Acme","Model":"R1","SerialNumber":"SN-1","UUID":"5d0f7a10-3c1e-4b57-9a41-51a7b105c001"},
	"boot":{"firmware":"uefi","arch":"x86_64"},
	"processors":[{"Socket":"CPU0","Model":"Acme 1","TotalCores":4,"TotalThreads":8,"MaxSpeedMHz":3000}],
	"memory":{"TotalMiB":1024,"modules":[{"DeviceLocator":"DIMM0","CapacityMiB":1024,"SerialNumber":"M1"}]},
	"drives":[{"Name":"vda","SerialNumber":"D1","CapacityBytes":8589934592,"Protocol":"NVMe","MediaType":"SSD",
	"Removable":false,"signatures":[]}],
	"nics":[{"Name":"eth0","MACAddress":"52:54:00:0a:00:01","LinkUp":true,"lldp":{"ChassisId":"c","PortId":"Eth1","SysName":"sw1"}}]}'
event step_done '{"seq":'"$(jq .step.seq "$dir/plan")"',"result":"done"}'
step
event step_failed '{"seq":'"$(jq .step.seq "$dir/plan")"',"code":"burnin.fail","detail":"DIMM0 has errors",
	"fault":{"part":"memory","slot":"DIMM0","serial":"M1","action":"replace it"}}'
admin POST /api/v1/hosts/SN-1/learn-sku -d '{"name":"r1"}' >"$dir/body"

# ---- every member that comes must be documented: stricter than what is served ---------------------
jq '.components.schemas |= with_entries(if .key == "problem" then . else
	.value.additionalProperties = false
	| .value.properties |= map_values(if .properties then .additionalProperties = false else . end) end)
	| .paths[][].responses["2XX"].content[]?.schema |= walk(if type == "object" and .type == "object" and .properties
		and (.properties | has("value") | not) and (.properties.total | not) and (.properties.count | not)
		then .additionalProperties = false else . end)' \
	"$dir/openapi.json" >"$dir/strict.json"
node $here/relay.mjs 4011 "$dir/run/admin.sock" 2>"$dir/relay" &
node "$npm/node_modules/@stoplight/prism-cli/dist/index.js" proxy -h 127.0.0.1 -p 4010 --errors \
	"$dir/strict.json" http://127.0.0.1:4011 >"$dir/prism" 2>&1 &
for _ in $(seq 300); do
	grep -q 'is listening' "$dir/prism" && break
	sleep 0.1
done
proxied() { # proxied METHOD PATH [CURL-ARGUMENT]...: prints the status
	method=$1 path=$2
	shift 2
	curl -s -g --max-time 20 -o "$dir/body" -w '%{http_code}' -X "$method" "http://127.0.0.1:4010$path" \
		-H 'Authorization: Bearer unused' "$@"
}
agrees() { # agrees TITLE STATUS METHOD PATH [CURL-ARGUMENT]...: no difference, and the status
	title=$1 wanted=$2
	shift 2
	got=$(proxied "$@")
	[ "$got" = "$wanted" ] && ! grep -q stoplight "$dir/body"
	status=$?
	[ $status = 0 ] || echo "# status $got, not $wanted"
	ok "$title" $status "$dir/body"
}
for collection in hosts parts placements skus deliveries expected locations runs faults events; do
	agrees "$collection" 200 GET "/api/v1/$collection?limit=50&total=true"
	jq -e '.items | length > 0' "$dir/body" >/dev/null
	ok "$collection has rows to check" $?
	id=$(jq -r '.items[0] | .id // .name' "$dir/body")
	[ $collection = events ] || agrees "one of $collection" 200 GET "/api/v1/$collection/$id"
done
agrees "receipts" 200 GET /api/v1/receipts
for list in events facts parts placements runs faults receipts evidence compare; do
	agrees "$list of a host" 200 GET /api/v1/hosts/SN-1/$list
done
for of in hosts/SN-1 deliveries/d1; do
	agrees "acceptance report of $of" 200 GET /api/v1/$of/burnin-report
	admin GET /api/v1/$of/burnin-report.html -D "$dir/head" >"$dir/body"
	grep -qi '^content-type: text/html' "$dir/head" && grep -qi "^content-security-policy: default-src 'none'" "$dir/head" &&
		grep -q 'Repair orders' "$dir/body" && ! grep -qi '<script' "$dir/body"
	ok "and as a page" $? "$dir/body"
done
SLIPWAY_SOCKET=$dir/run/admin.sock "$build/bin/slipway" burnin report --delivery d1 --html >"$dir/report.html"
sed 's/as of [^<]*//' "$dir/report.html" >"$dir/report"
sed 's/as of [^<]*//' "$dir/body" | cmp -s - "$dir/report"
ok "slipway burnin report prints the same page" $?
same "slipway burnin report" "$(SLIPWAY_SOCKET=$dir/run/admin.sock "$build/bin/slipway" burnin report SN-1 | head -1)" \
	"1 hosts: 0 passed, 0 failed, 1 incomplete, 0 not tested; 1 open faults"
run=$(admin GET /api/v1/runs | jq -r '.items[0].id')
agrees "signatures of a run" 200 GET "/api/v1/runs/$run/signatures"
# A run whose session key signs what its records are: receipts are DSSE over the records' digest.
printf '%s\n' '{"b":"x","sequenceNumber":0}' '{"b":"y","sequenceNumber":1}' >"$dir/records.jsonl"
type=application/vnd.slipway.receipt.v1+json
jq -cjn --arg sha256 "$(sha256sum <"$dir/records.jsonl" | cut -c1-64)" '{arm_id: "r1", disk: {serial: "", size_bytes: 0, wwn: ""},
	host_id: "h1", plan_id: "p1", report: {first: 0, last: 1, records: 2, run_id: "r1", $sha256}, session_id: "s1",
	type: "slipway-receipt/v1", work: "burn-in"}' >"$dir/payload"
{ printf 'DSSEv1 %s %s %s ' ${#type} $type "$(wc -c <"$dir/payload")" && cat "$dir/payload"; } >"$dir/pae"
openssl dgst -sha256 -sign "$dir/key" -out "$dir/sig" "$dir/pae"
openssl pkey -in "$dir/key" -pubout -outform DER >"$dir/spki"
jq -n --arg type $type --arg payload "$(base64 -w0 <"$dir/payload")" --arg sig "$(base64 -w0 <"$dir/sig")" \
	--arg key "$(base64 -w0 <"$dir/spki")" --arg id "$(sha256sum <"$dir/spki" | cut -c1-64)" \
	'{items: [{envelope: {$payload, payload_type: $type, public_key: $key, signatures: [{keyid: $id, $sig}]}}]}' >"$dir/signatures.json"
verify() { "$build/bin/slipway" burnin verify "$dir/records.jsonl" "$dir/signatures.json" 2>&1 | tail -1; }
same "slipway burnin verify" "$(verify)" "whole: 2 of 2 records are signed"
sed -i s/y/z/ "$dir/records.jsonl"
same "and of a changed record" "$(verify)" "NOT WHOLE: 0 of 2 records are signed"
for path in /summary '/summary?group_by=rack' '/summary?group_by=rack&reliability=true' \
	'/summary?of=parts&reliability=true' '/diff?from=2020-01-01T00:00:00Z' /changes?since=0 /profiles \
	/profiles/all /images /me /users /tokens /audit /orders /export.ndjson /export.csv /export-netbox.csv; do
	agrees "$path" 200 GET "/api/v1$path"
done
agrees "filters, a sort and a past moment" 200 GET '/api/v1/hosts?rack=r01&unit>=1&sort=-unit&at=2020-01-01T00:00:00Z'
agrees "metrics" 200 GET /metrics
json='Content-Type: application/json'
agrees "an edit" 200 PATCH /api/v1/hosts/SN-2 -H "$json" -d '{"name":"web-2"}'
agrees "a delivery as CSV" 201 POST '/api/v1/deliveries?name=d2' -H 'Content-Type: text/csv' --data-binary 'serial
SN-3
'
agrees "a delivery as JSON" 201 POST /api/v1/deliveries -H "$json" -d '{"name":"d3","due":"2027-01-01T00:00:00Z",
	"hosts":[{"serial":"SN-4","macs":["52:54:00:0a:00:04"],"rack":"r1","unit":4}]}'
agrees "a profile" 201 POST /api/v1/profiles -H "$json" -d '{"name":"second","priority":2,"match":{"serial":"X*"},
	"enrol":true,"auto_approve":false,"burnin":{"tier":"quick","limits":{"cpu_s":1}},"image":{"line":"l","version":"latest"},
	"disk":{"media":"SSD","max_bytes":1000},"wipe":"refuse","host":{"hostname":"{short_code}","ssh_authorized_keys":["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f k"]}}'
agrees "a SKU" 201 POST /api/v1/skus -H "$json" -d '{"name":"s","contents":{"cores":8,"parts":[{"type":"memory","slot":"A1"}]}}'
agrees "a spare" 201 POST /api/v1/parts -H "$json" -d '{"type":"drive","Manufacturer":"INTEL","SerialNumber":"BTLJ816300JG1P0FGN",
	"custom":{"shelf":"S3"}}'
spare=$(jq .id "$dir/body")
same "with what its serial says" "$(jq -r '.lot, .made, .spare' "$dir/body" | tr '\n' ' ')" "BTLJ816 2018-W16 true "
agrees "a spare on another shelf" 200 PATCH "/api/v1/parts/$spare" -H "$json" -H "If-Match: \"r1\"" -d '{"custom":{"shelf":"S4"}}'
agrees "unless it was changed meanwhile" 412 PATCH "/api/v1/parts/$spare" -H "$json" -H "If-Match: \"r1\"" -d '{"custom":{"shelf":"S5"}}'
agrees "a spare removed" 204 DELETE "/api/v1/parts/$spare"
agrees "a location" 201 POST /api/v1/locations -H "$json" -d '{"rack":"r9","unit":1,"switch":"sw","port":"1"}'
agrees "edits in bulk, rehearsed" 200 POST '/api/v1/hosts/bulk?dry_run=true' -H "$json" -H 'Idempotency-Key: one' \
	-d '{"items":[{"host":"SN-2","set":{"rack":"r1"}},{"host":"nobody","set":{}}]}'
agrees "a token" 201 POST /api/v1/tokens -H "$json" -d '{"name":"t","scopes":["read"],"ttl_s":60}'
agrees "a webhook" 201 POST /api/v1/webhooks -H "$json" -d '{"name":"h","url":"http://10.99.0.77:9/","secret":"0123456789abcdef",
	"kinds":["host.state"],"max_tries":1,"since":0}'
hook=$(jq .id "$dir/body")
agrees "a webhook's letters again" 202 POST "/api/v1/webhooks/$hook/redeliver" -H "$json" -d '{}'
agrees "a webhook removed" 204 DELETE "/api/v1/webhooks/$hook"
fault=$(admin GET /api/v1/faults | jq -r '.items[0].id')
agrees "a fault closed" 200 POST "/api/v1/faults/$fault/close" -H "$json" -d '{"note":"done"}'
agrees "a verb" 200 POST /api/v1/hosts/SN-1/maintain -H "$json" -d '{"reason":"a look"}'
agrees "an arm without its image" 403 POST /api/v1/hosts/SN-1/arm -H "$json" \
	-d '{"image":"l@1","disk":{"serial":"D1"},"reason":"r","ttl_s":60,"dry_run":true}'
agrees "an order" 404 POST /api/v1/hosts/arm -H "$json" -d '{"image":"l@1","confirm_count":1,"hosts":[{"id":"nobody","disk":{"wwn":"w"}}]}'
agrees "writing stopped" 200 POST /api/v1/stop-all -H "$json" -d '{"reason":"a test"}'
agrees "writing resumed" 200 DELETE /api/v1/stop-all
agrees "a backup" 201 POST /api/v1/backups
agrees "a refused filter" 400 GET '/api/v1/hosts?colour=red'
agrees "a host that is not there" 404 GET /api/v1/hosts/nobody
agrees "a guard" 409 POST /api/v1/hosts/SN-2/serve -H "$json" -d '{}'

# ---- the proxy does see differences ----------------------------------------------------------------
got=$(curl -s --max-time 20 -o "$dir/body" -w '%{http_code}' http://127.0.0.1:4010/api/v1/hosts)
[ "$got" = 401 ]
ok "the proxy refuses a request without a token" $?
for body in '{"colour":"red"}' '{"unit":"three"}' '{"unit":1001}' '[]'; do
	got=$(proxied PATCH /api/v1/hosts/SN-2 -H "$json" -d "$body")
	[ "$got" = 422 ] && grep -q stoplight "$dir/body"
	ok "the proxy refuses $body for a host" $? "$dir/body"
	same "and so does the server" "$(admin PATCH /api/v1/hosts/SN-2 -H "$json" -d "$body" -o "$dir/body" -w '%{http_code}')" 400
done
got=$(proxied GET '/api/v1/hosts?limit=many')
[ "$got" = 422 ] && grep -q stoplight "$dir/body"
ok "the proxy refuses a request that the description forbids" $? "$dir/body"

# ---- the typed client ----------------------------------------------------------------------------
wait $compiler
ok "a client with a call of every operation compiles strictly" $? "$dir/client/tsc"
same "every operation is called" "$(cat "$dir/client/n")" "$(jq '[.paths[][]] | length' "$dir/openapi.json")"
! wait $refuser && grep -q TS2322 "$dir/wrong/tsc"
ok "and an answer without a type does not" $? "$dir/wrong/tsc"
type=$(admin GET /api/v1/hosts/nobody | jq -r .type)
admin GET "$type" | jq -e '.code == "host.unknown" and (.hint | length > 0)' >/dev/null
ok "the type of a problem leads to its explanation" $?
admin GET "$type" -H 'Accept: text/html,*/*;q=0.8' -D "$dir/head" >"$dir/body"
grep -qi '^content-type: text/html' "$dir/head" && grep -qi "^content-security-policy: default-src 'none'" "$dir/head" &&
	grep -q '<code>.*host.unknown' "$dir/body" && ! grep -qi '<script' "$dir/body"
ok "and a browser to a page of it" $? "$dir/body"
same "and every code is in the description" "$(admin GET /api/v1/errors | jq -c '[.items[].code]')" \
	"$(jq -c '.components.schemas.problem.properties.code.enum' "$dir/openapi.json")"

# ---- metrics -----------------------------------------------------------------------------------------
admin GET /metrics >"$dir/metrics"
promtool check metrics <"$dir/metrics" >"$dir/promtool" 2>&1
ok "promtool accepts the metrics" $? "$dir/promtool"
grep -q '^slipway_hosts{state="' "$dir/metrics"
ok "and they count hosts" $? "$dir/metrics"

# ---- files for other programs, made of both --------------------------------------------------------
mkdir "$dir/glue"
python3 provisioner/server/install/glue.py "$dir/openapi.json" "$dir/metrics" "$dir/glue" >"$dir/body" 2>&1
ok "files for other programs are made" $? "$dir/body"
promtool check rules "$dir/glue/slipway_alerts.yml" >"$dir/promtool" 2>&1 && grep -q '[1-9] rules found' "$dir/promtool"
ok "promtool accepts the alerts" $? "$dir/promtool"
same "the dashboard has a panel for each metric" "$(jq '[.panels[].description] | unique | length' "$dir/glue/slipway_dashboard.json")" \
	"$(grep -c '^# TYPE ' "$dir/metrics")"
grep -v '^slipway_open_faults\|open_faults' "$dir/metrics" >"$dir/fewer"
! python3 provisioner/server/install/glue.py "$dir/openapi.json" "$dir/fewer" "$dir/glue" >"$dir/body" 2>&1 &&
	grep -q "no metric 'slipway_open_faults'" "$dir/body"
ok "an alert about a metric that there is not is refused" $?
cat >"$dir/use.py" <<'PY'
import inspect, json, sys
sys.path.insert(0, sys.argv[1] + "/glue")
from slipway_client import Problem, Slipway
client = Slipway("unix:" + sys.argv[1] + "/run/admin.sock")
document = json.load(open(sys.argv[1] + "/openapi.json"))
n = sum("operationId" in o for p in document["paths"].values() for o in p.values())
methods = [m for _, m in inspect.getmembers(Slipway, inspect.isfunction) if "query" in inspect.signature(m).parameters]
assert len(methods) - 2 == n, (len(methods), n)  # call and pages are not operations
listed = {o["operationId"]: (p, m) for p, ms in document["paths"].items() for m, o in ms.items()}
name = lambda path, method: next(i for i, at in listed.items() if at == (path, method))
import re
snake = lambda n: re.sub(r"[^0-9A-Za-z]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", n)).strip("_").lower()
hosts = getattr(client, snake(name("/api/v1/hosts", "get")))
assert {h["serial"] for h in client.pages(hosts, limit=1)} >= {"SN-1", "SN-2"}
one = getattr(client, snake(name("/api/v1/hosts/{id}", "get")))
assert one("SN-2")["serial"] == "SN-2"
edit = getattr(client, snake(name("/api/v1/hosts/{id}", "patch")))
assert edit("SN-2", body={"name": "by-client"})["name"] == "by-client"
try:
    one("nobody at all")
    raise AssertionError("a host that is not there")
except Problem as why:
    assert (why.status, why.code) == (404, "host.unknown"), vars(why)
PY
python3 "$dir/use.py" "$dir" >"$dir/body" 2>&1
ok "the generated client lists pages, edits, and raises problems" $? "$dir/body"
echo "1..$n"
exit $bad
