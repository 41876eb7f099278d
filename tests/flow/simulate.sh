#!/bin/sh
# slipway simulate: what would be done with a host, and which host a machine is, without a server; and each kind of disk
# and card of a rack, as the agent reports it.
# usage: simulate.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_dir simulate
TMPDIR=$dir/tmp
export TMPDIR
mkdir "$TMPDIR"
simulate() { # simulate TITLE EXIT-CODE JQ-CONDITION ARGUMENT...
	title=$1 want=$2 condition=$3
	shift 3
	"$build/bin/slipway" simulate "$@" >"$dir/out" 2>&1
	status=$?
	[ $status = "$want" ] && jq -e "$condition" "$dir/out" >/dev/null
	ok "$title (exit code $status)" $? "$dir/out"
}

cat >"$dir/facts.json" <<'END'
{"boot": {"firmware": "bios", "arch": "x86_64"}, "drives": [
 {"Name": "sda", "WWN": "0x6b08", "CapacityBytes": 499558383616, "Protocol": "RAID"},
 {"Name": "sdb", "SerialNumber": "U1", "CapacityBytes": 64000000, "Protocol": "USB"}]}
END
simulate "field-3: a volume of a RAID card" 0 '.boot.action == "agent" and .disk.name == "sda" and .ends == "ready"' \
	"$dir/facts.json"
simulate "a disk on USB by name" 0 '.disk == null and .reason.code == "guard.disk.none" and (.reason.detail | test("USB"))' \
	"$dir/facts.json" --disk serial=U1
simulate "a disk by its WWN" 0 '.disk.wwn == "0x6b08"' "$dir/facts.json" --json --disk wwn=0x6b08

for n in 1 2 3; do
	printf '{"smbios_uuid":"33221100-5544-7766-8899-00112233440%s","system_serial":"SER000%s","board_serial":"B%s",
		"chassis_serial":"","manufacturer":"Acme","product":"Node 1",
		"macs":["02:11:22:33:44:0%s","7e:d3:0a:00:00:01"],"disks":[]}' $n $n $n $n >"$dir/e$n.json"
done
simulate "field-1: three machines with one MAC in common" 0 '([.machines[].verdict] == ["new", "new", "new", "same", "same"])
	and ([.hosts[].in_review] | any | not) and [.shared[].value] == ["7e:d3:0a:00:00:01"]' \
	--evidence "$dir/e1.json" "$dir/e2.json" "$dir/e3.json" "$dir/e1.json" "$dir/e3.json"
printf '{}' >"$dir/e1.json"
"$build/bin/slipway" simulate --evidence "$dir/e1.json" >"$dir/out" 2>&1
[ $? = 1 ] && grep -q 'e1.json' "$dir/out"
ok "a file without evidence is named" $? "$dir/out"
for table in disks cards; do
	python3 "tests/flow/simulate_$table.py" "$build" "$n" >"$dir/rows" 2>"$dir/why" || bad=1
	cat "$dir/rows"
	n=$((n + $(grep -c '^\(not \)\?ok ' "$dir/rows")))
	[ ! -s "$dir/why" ]
	ok "the table of $table is read to its end" $? "$dir/why"
done
[ -z "$(ls -A "$TMPDIR")" ]
ok "nothing is left behind" $?
echo "1..$n"
exit $bad
