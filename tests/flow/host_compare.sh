#!/bin/sh
# A host compared with what it should hold, from what its agent reported to a real slipwayd: a SKU is learnt from a
# good host, and a second host of that SKU lacks a module and has another drive.
# usage: host_compare.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir compare
flow_wire
flow_config
slipway=$build/bin/slipway
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" \
	-subj /CN=agent -days 1 2>/dev/null
cert=$(jq -sRr @uri "$dir/cert.pem")

agent() { # agent PATH: the body is read from stdin; as nginx hands on what an agent sends; prints the status
	curl -s -o "$dir/body" -w '%{http_code}' --unix-socket "$dir/run/http.sock" -H 'X-Slipway-Listener: tls' \
		-H "X-Slipway-Client-Cert: $cert" --data-binary @- "http://x/agent/v1/sessions$1"
}
report() { # report SERIAL MAC MODULES DRIVE-MODEL: a host opens a session and reports its facts
	jq -n --arg serial "$1" --arg mac "$2" --arg nonce "$(printf %s "$1" | sha256sum | cut -d ' ' -f 1)" '{protocol: 1,
		nonce: $nonce, boot_id: "", evidence: {system_serial: $serial, manufacturer: "Acme", product: "R1", macs: [$mac]},
		agent: {version: "0", arch: "x86_64", firmware: "uefi", kernel: "6.1"}}' | agent "" | grep -q 201 || return 1
	session=$(jq -r .session_id "$dir/body") epoch=$(jq .epoch "$dir/body")
	jq -n --arg serial "$1" --arg drive "$4" --argjson modules "$3" --argjson epoch "$epoch" '
		{system: {Manufacturer: "Acme", Model: "R1", SerialNumber: $serial, BiosVersion: "2.1"},
		 processors: [{Socket: "CPU0", Manufacturer: "AMD", Model: "EPYC", TotalCores: 32, TotalThreads: 64}],
		 memory: {TotalMiB: (32768 * $modules), modules: [range($modules) | {DeviceLocator: "DIMM_A\(. + 1)", CapacityMiB: 32768,
			Manufacturer: "Micron", PartNumber: "MTA36", SerialNumber: "\($serial)-\(.)", MemoryDeviceType: "DDR5"}]},
		 drives: [{Name: "nvme0n1", Slot: "U.2 Bay 1", SerialNumber: "D-\($serial)", Model: $drive, Manufacturer: "Samsung",
			CapacityBytes: 3840755982336, Protocol: "NVMe", MediaType: "SSD"}]} |
		{epoch: $epoch, events: [{seq: 1, ts: "2026-11-01T00:00:00Z", kind: "facts", data: .}]}' | agent "/$session/events" | grep -q 200
}

flow_start
ok "slipwayd starts" $?
printf 'serial,mac,sku,rack,unit\nGOOD-1,52:54:00:0c:00:01,web,r1,1\nBAD-1,52:54:00:0c:00:02,web,r1,2\n' >"$dir/d1.csv"
"$slipway" delivery import "$dir/d1.csv" d1 >"$dir/body"
ok "two hosts are announced" $?
report GOOD-1 52:54:00:0c:00:01 4 MZQL2
ok "the good one reports" $?
same "without a SKU's contents nothing is known" "$("$slipway" host compare GOOD-1 | head -1)" "unknown, SKU web"
"$slipway" sku learn GOOD-1 web >"$dir/body"
ok "its SKU is learnt from it" $?
same "the list knows at once" "$("$slipway" host list sku_status=match --fields serial --csv | tail -1 | tr -d '\r')" GOOD-1
same "it holds what it should" "$("$slipway" host compare GOOD-1)" "match, SKU web"
report BAD-1 52:54:00:0c:00:02 3 MZXL5
ok "the other one reports" $?
"$slipway" host compare BAD-1 >"$dir/table"
same "it differs" "$(head -1 "$dir/table")" "differs, SKU web"
grep -q 'DIMM_A4.*32768 MiB Micron MTA36' "$dir/table"
ok "the empty slot is named with what belongs there" $? "$dir/table"
grep -q 'drive.*MZQL2.*MZXL5' "$dir/table"
ok "the other drive stands beside the expected one" $? "$dir/table"
! grep -q DIMM_A1 "$dir/table"
ok "what is right is not mentioned" $?
call GET /api/v1/hosts/BAD-1/compare >/dev/null
same "programs get the same" "$(jq -c '[.status, .sku, (.differences | map(select(.slot == "DIMM_A4")) | length)]' "$dir/body")" \
	'["differs","web",1]'
same "and find it in the list" "$("$slipway" host list sku_status=differs --fields serial --csv | tail -1 | tr -d '\r')" BAD-1
"$slipway" sku learn BAD-1 web >"$dir/body"
same "when the SKU is learnt anew from the other, both change sides" \
	"$("$slipway" host list sku=web --fields serial,sku_status --sort serial --csv | tr -d '\r' | tail -2 | tr '\n' ' ')" \
	"BAD-1,match GOOD-1,differs "
call GET '/api/v1/events?kind=host.sku_status' >/dev/null
same "and each time it is an event of the host" "$(jq '.items | length' "$dir/body")" 3
echo "1..$n"
exit $bad
