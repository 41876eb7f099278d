#!/bin/sh
# The virtual lab: hosts from power-on to ready, and the faults that real racks have. One TAP line
# a host of every scenario, taken from the report that slipway-lab writes.
# usage: lab_scenarios.sh [NAME or FILE.ini...]   environment: BUILD (default build), LAB_SKIPPED: lines "NAME # SKIP why"
set -u
build=${BUILD:-build}
report=$build/lab/report.json
[ $# -gt 0 ] || set -- three-hosts ready-netboots-again erase tampered-image many-faults proxy-dhcp

if [ "$(id -u)" != 0 ]; then
	echo "1..1"
	echo "ok 1 # SKIP virtual hosts need root: namespaces, bridges and taps"
	exit 0
fi

rm -f "$report"
"$build/bin/slipway-lab" run --build "$build" "$@"
status=$?
echo "# slipway-lab ended with $status"
if [ ! -s "$report" ]; then
	echo "1..1"
	echo "not ok 1 - slipway-lab writes a report"
	exit 1
fi

# A line a host, with what did not hold, and a line for what went wrong with a scenario as a whole.
jq -r '
	def broken: [.checks[] | select(.passed | not) | "; \(.name): \(.detail)"] | add // "";
	[ .scenarios[] | . as $s |
	  ($s.hosts[] |
	    { ok: (.passed and .decoy_unchanged),
	      line: "\($s.name): \(.name) (\(.arch) \(.firmware)) ends \(.state), decoy \(if .decoy_unchanged then "unchanged" else "CHANGED" end), \(.stages.total // 0) s\(broken)" }),
	  (select($s.trouble != "") | { ok: false, line: "\($s.name): \($s.trouble)" }) ] as $played |
	[ ($ARGS.positional[] | sub(".*/"; "") | sub("[.]ini$"; "")) as $name | select(any(.scenarios[]; .name == $name) | not) |
	  { ok: false, line: "\($name): did not run" } ] as $missing |
	[ $ENV.LAB_SKIPPED // "" | split("\n")[] | select(. != "") | { ok: true, line: . } ] as $skipped |
	($played + $missing + $skipped) as $rows |
	"1..\($rows | length)",
	($rows | to_entries[] | "\(if .value.ok then "ok" else "not ok" end) \(.key + 1) - \(.value.line)")
' "$report" --args "$@"
jq -e '(.failed == 0) and all(.scenarios[].hosts[]; .decoy_unchanged)' "$report" >/dev/null && [ $status = 0 ]
