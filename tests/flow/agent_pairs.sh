#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Real agents under test load the network with each other: three hosts on one switch, each told by a server of its own whom
# to load. One has a bad cable; its partners do not, and one of them is first sent to a host that does not answer.
#
# usage: agent_pairs.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
for program in nginx python3 openssl jq tc; do
	command -v $program >/dev/null || { echo "1..0 # SKIP no $program"; exit 0; }
done
flow_dir agent-pairs
flow_wire
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)

ticket() { printf 'slipway-partner run-%s' "$1" | sha256sum | cut -d' ' -f1; }
partner() { # NAME ADDRESS FAR_END
	printf '{"name":"%s","address":"%s","ticket":"%s","speed_mbps":100,"far_end":"%s"}' "$1" "$2" "$(ticket "$1")" "$3"
}

# A card as the kernel shows it: a link of 100 Mb/s, which any machine can fill.
card() { # NAME
	mkdir -p "$dir/$1/net/eth0/device"
	on "$1" cat /sys/class/net/eth0/address >/dev/null 2>&1
	cp "$dir/$1/mac" "$dir/$1/net/eth0/address"
	echo 1 >"$dir/$1/net/eth0/type"
	echo 1 >"$dir/$1/net/eth0/carrier"
	echo up >"$dir/$1/net/eth0/operstate"
	echo 100 >"$dir/$1/net/eth0/speed"
}

# A second test keeps a host's run open while its partners still need it: a file of the operator's own.
stay() { # SECONDS
	jq -cn --arg wait "sleep $1; echo '{\"diagnosis\":{\"type\":\"PASS\"}}'" '{type: "slipway-burn-in-test/v1", id: "stay", version: "1",
		name: "stay", order: 90, tool: "sh", args: ["-c", $wait], judge: "lines", verified: true,
		seconds: {quick: 9, standard: 9, acceptance: 9}}' | tr -d '\n'
}
steps() { # NAME SECONDS
	stay "$2" >"$dir/$1/stay.json"
	jq -n --arg run "run-$1" --rawfile stay "$dir/$1/stay.json" --arg sum "$(sha256sum <"$dir/$1/stay.json" | cut -d' ' -f1)" \
		'[{kind: "burn_in", run_id: $run, tier: "quick", seed: 1, tests: [{id: "network", seconds: 6},
		{id: "stay", seconds: 9, sha256: $sum, definition: $stay}]}, {kind: "reboot", delay_s: 0}]' >"$dir/$1/steps.json"
}

# NAME NUMBER SECONDS FAR_END PARTNERS: its server and its agent
host() {
	flow_station "$1" "10.99.0.1$2"
	mkdir -p "$dir/$1/keys"
	on "$1" ip -o link show eth0 | sed 's/.*ether \([0-9a-f:]*\).*/\1/' >"$dir/$1/mac"
	card "$1"
	printf '{"far_end":"%s","partners":[%s]}' "$4" "$5" >"$dir/$1/partners.json"
	steps "$1" "$3"
	ip address add "10.99.0.2$2/24" dev sw0
	python3 "$here/tests/harness/agent_server.py" "$dir/$1" "$dir/$1/steps.json" --address "10.99.0.2$2" --port 443 \
		>"$dir/$1/server.log" 2>&1 &
}
run() { # NAME NUMBER
	echo "quiet slipway.server=https://10.99.0.2$2 slipway.pin=$(cat "$dir/$1/pin") slipway.boot=b1" >"$dir/$1/cmdline"
	on "$1" unshare --mount sh -c "mount --bind '$dir/$1/net' /sys/class/net && exec timeout 60 '$build/bin/slipway-agent' \
		--cmdline '$dir/$1/cmdline' --plan-key '$dir/$1/plan-key.pem' --key-dir '$dir/$1/keys'" >"$dir/$1/agent.log" 2>&1
	echo $? >"$dir/$1/status"
}
records() { # NAME FILTER
	jq -r 'select(.path | endswith("/events")) | select(.status == 200) | .body.events[] | select(.kind == "burnin") | .data.testStepArtifact | '"$2" "$dir/$1/log.ndjson"
}
result() { jq -r 'select(.path | endswith("/events")) | .body.events[] | select(.kind == "step_done") | .data.result // empty' "$dir/$1/log.ndjson" | head -n 1; }

# Who is asked first does not answer: that takes longer than the others' start.
ghost=$(partner ghost 10.99.0.99 '')
host bad 1 0 'sw1 Eth1/7' "$ghost,$(partner good 10.99.0.12 'sw1 Eth1/8'),$(partner other 10.99.0.13 'sw2 Eth1/9')"
host good 2 5 'sw1 Eth1/8' "$ghost,$(partner other 10.99.0.13 'sw2 Eth1/9')"
host other 3 5 'sw2 Eth1/9' "$ghost,$(partner good 10.99.0.12 'sw1 Eth1/8')"
on bad tc qdisc add dev eth0 root tbf rate 8mbit burst 32kb latency 100ms
ok "a cable that carries a twelfth of its speed" $?
for i in bad good other; do
	until [ -e "$dir/$i/port" ]; do sleep 0.1; done
done
run bad 1 &
first=$!
run good 2 &
second=$!
run other 3 &
third=$!

# Between its tests the agent does nothing: the processes of one host over two seconds, while its second test sleeps.
agents() { grep -lsa "$dir/good/cmdline" /proc/[0-9]*/cmdline | cut -d/ -f3 | while read -r p; do grep -qs '^Name:.slipway-agent' "/proc/$p/status" && echo "$p"; done; }
ticks() { for p in $(agents); do cut -d' ' -f14,15 "/proc/$p/stat"; done | tr ' ' '\n' | awk '{s += $1} END {print s + 0}'; }
until grep -q '"name": "stay"' "$dir/good/log.ndjson" || ! kill -0 $second 2>/dev/null; do sleep 0.1; done
sleep 0.5
was=$(ticks)
sleep 2
spent=$(($(ticks) - was))
kib=$(for p in $(agents); do sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$p/status"; done | sort -n | tail -n 1)
wait $first $second $third
echo "# idle: $spent ticks of $(getconf CLK_TCK) in two seconds, at most $kib KiB in one process"
[ "$spent" -le $(($(getconf CLK_TCK) / 50)) ]
ok "the agent idles under 1 % of a CPU between tests" $?
[ "${kib:-99999}" -le 24576 ]
ok "and in 24 MiB" $?

for i in bad good other; do
	[ "$(cat "$dir/$i/status")" = 10 ]
	ok "the agent of $i ends its run" $? "$dir/$i/agent.log"
done
same "the host behind the cable fails" "$(result bad)" FAIL
same "both its partners were measured" "$(records bad 'select(.measurement.name == "partner-rate") | .measurement.unit' | wc -l)" 2
same "its order names the card, and the far end first" \
	"$(records bad 'select(.extension.name == "repair-order") | .extension.content | "\(.code) \(.part) \(.serial) \(.message[0:25])"')" \
	"nic-slow-path nic $(cat "$dir/bad/mac") CHECK FAR END sw1 Eth1/7:"
for i in good other; do
	same "who can send fast passes: $i" \
		"$(result $i) $(records $i 'select(.diagnosis.verdict == "nic-pair-pass") | .diagnosis.type')" "PASS PASS"
done
for i in bad good other; do
	eval "kill \$station_$i"
done
echo "1..$n"
exit $bad
