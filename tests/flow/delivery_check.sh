#!/bin/sh
# slipway delivery check: what an import of a file would do, without a server; nothing is left behind.
# usage: delivery_check.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_dir check
TMPDIR=$dir/tmp
export TMPDIR
mkdir "$TMPDIR"
check() { # check TITLE EXIT-CODE JQ-CONDITION FILE-TEXT
	printf '%b' "$4" >"$dir/list.csv"
	"$build/bin/slipway" delivery check "$dir/list.csv" >"$dir/out" 2>&1
	status=$?
	[ $status = "$2" ] && jq -e "$3" "$dir/out" >/dev/null
	ok "$1 (exit code $status)" $? "$dir/out"
}
check "a good list" 0 '.accepted == 2 and .existing == 2 and ([.results[].action] | unique == ["new"])' \
	'serial,mac,rack,unit\nS1,02:00:00:00:00:01,R1,1\nS2,0200.0000.0002,R1,2\n'
check "field-27: serials that a spreadsheet shortened" 4 '.accepted == 0 and .existing == 0 and .refused == 2
		and ([.results[] | .line, .code] == [2, "input.spreadsheet", 3, "input.spreadsheet"])' \
	'serial,mac\n1.23457E+12,02:00:00:00:00:01\n1.23457E+12,02:00:00:00:00:02\n'
check "field-28: nodes with the serial of their chassis" 4 '.accepted == 1 and .existing == 1
		and [.results[] | select(.status == 400) | .errors[0].lines] == [[3], [2]]' \
	'serial,mac,rack,unit\nT-1,02:00:00:00:01:01,R1,1\nT-1,02:00:00:00:01:02,R1,1\nX,02:00:00:00:01:03,R1,2\n'
check "a file as a vendor has it" 0 '.read_as.ignored_columns == ["Colour"] and .accepted == 1' \
	'Service Tag;MAC Address;Colour\nS1;02-00-00-00-00-01;red\n'
check "field-28: a printed list with titles, totals and units in words" 4 '.read_as.heading_line == 3
		and .accepted == 2 and .existing == 2 and [.results[] | select(.status == 400) | .line] == [6]' \
	'Packing list\nOrder,4711,,\nSerial (S/N),MAC LAN1,Rack,Unit\nS1,02 00 00 00 00 01,R1,U1\nS2,02:00:00:00:00:02,R1,2-3\nTotal: 2,,,\n'
printf 'colour\nred\n' >"$dir/list.csv"
"$build/bin/slipway" delivery check "$dir/list.csv" >"$dir/out" 2>&1
[ $? = 1 ] && grep -q '\[input.csv\]' "$dir/out"
ok "a file without a known column" $? "$dir/out"
printf 'PK\003\004\024' >"$dir/list.xlsx"
"$build/bin/slipway" delivery check "$dir/list.xlsx" >"$dir/out" 2>&1
[ $? = 1 ] && grep -q "is a workbook (.xlsx, .ods).* save the sheet as 'CSV UTF-8'" "$dir/out"
ok "a workbook is refused by name, with what to do" $?
same "nothing is left" "$(ls "$TMPDIR")" ""
echo "1..$n"
exit $bad
