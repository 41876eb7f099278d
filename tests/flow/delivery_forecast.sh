#!/bin/sh
# The pipeline of a delivery: unknown without history, then with past hosts in the event log a forecast with
# its bands, in the API and on the command line.
# usage: delivery_forecast.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
answer() { # answer TITLE STATUS JQ-CONDITION PATH
	got=$(call GET "$4")
	[ "$got" = "$2" ] && jq -e "$3" "$dir/body" >/dev/null 2>&1
	ok "$1" $?
}

flow_dir forecast
flow_wire
flow_config
flow_start
ok "slipwayd starts" $?
{
	echo 'serial,mac'
	for i in $(seq 1 14); do printf 'SN-%02d,52:54:00:0b:00:%02x\n' "$i" "$i"; done
} >"$dir/d1.csv"
"$build/bin/slipway" delivery import "$dir/d1.csv" d1 >"$dir/body"
ok "a delivery is announced" $?
answer "without history the answer is unknown" 200 '.forecast.known == false and (.forecast.why | length > 0)
	and (.forecast | has("ready_at") | not) and (has("time_to_ready_s") | not)' /api/v1/deliveries/d1/pipeline
answer "an unknown delivery" 404 .code /api/v1/deliveries/nothing/pipeline
answer "a parameter that is not known" 400 .code '/api/v1/pipeline?when=soon'

# Ten hosts that became ready and two that are imaging for 30 s, written into the store as the daemon writes them:
# imaging took 60 to 150 s.
flow_stop
python3 - "$dir/state/slipway.db" >"$dir/body" 2>&1 <<'PY'
import json, sqlite3, sys, time
db, now = sqlite3.connect(sys.argv[1]), int(time.time() * 1000000)
nums = [row[0] for row in db.execute("SELECT num FROM host ORDER BY num")]
last = db.execute("SELECT last_id FROM fleet_clock").fetchone()[0]
for i, num in enumerate(nums[:10], 1):
    detail = json.dumps({"from": "imaging", "to": "ready", "seconds": 50 + 10 * i})
    db.execute("INSERT INTO event (id, at_us, host_num, kind, actor, summary, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
               (last + i, now - 100000000 + i, num, "host.state", "agent", "imaging -> ready", detail))
def put(some, state, age_s):
    for num in some:
        db.execute("UPDATE host SET state = ?, state_since_us = ? WHERE num = ?", (state, now - age_s * 1000000, num))
put(nums[:10], "ready", 100)
put(nums[10:12], "imaging", 30)
put(nums[12:13], "failed", 5)
db.execute("UPDATE fleet_clock SET last_id = last_id + 10")
db.commit()
PY
ok "history is written" $?
flow_start
ok "slipwayd starts again" $?
answer "with history there is a forecast" 200 '.forecast.known and .forecast.hosts == 2 and .forecast.history == 10
	and .ready == 10 and .hosts == 14' /api/v1/deliveries/d1/pipeline
answer "its bands are in order and within history" 200 '.as_of as $now | .forecast | .band_90[0] <= .band_50[0]
	and .band_50[0] <= .ready_at and .ready_at <= .band_50[1] and .band_50[1] <= .band_90[1]
	and ((.band_90[1] | fromdate) - ($now | fromdate)) <= 120 and (.band_90[0] < .band_90[1])' \
	/api/v1/deliveries/d1/pipeline
answer "hosts that are not in the forecast are counted" 200 '.forecast.not_covered ==
	{"expected": 1, "stopped": 1, "no_history": 0, "beyond_history": 0}' /api/v1/pipeline
answer "stages have their quantiles" 200 '.stages[] | select(.state == "imaging") |
	.hosts == 2 and .took_s.n == 10 and .took_s.p10 == 70 and .took_s.p90 == 140' /api/v1/pipeline
"$build/bin/slipway" delivery forecast d1 >"$dir/body" 2>&1
ok "the command line shows it" $?
grep -q '^10 of 14 are ready' "$dir/body" && grep -q '90 %: 20..-..-..T.* to 20' "$dir/body"
ok "with both bands" $?
"$build/bin/slipway" delivery forecast nothing >"$dir/body" 2>&1
[ $? = 3 ]
ok "an unknown delivery ends with 3" $?

# ---- the task of somebody who plans capacity ----------------------------------------------------------
# What is there by state, which room is left, and when the rest is ready: one command each.
words=0
ask() { # ask TITLE PATTERN WORD...: the answer, and what of it must be read
	title=$1 wanted=$2
	shift 2
	"$build/bin/slipway" "$@" >"$dir/body" 2>&1 && grep -qE "$wanted" "$dir/body"
	ok "$title" $? "$dir/body"
	words=$((words + $(wc -w <"$dir/body")))
}
ask "what is there, by state" '^ready +10' summary show group_by=state
ask "which room is left" . space show by=site
ask "when the rest is ready" '^10 of 14 are ready' delivery forecast d1
echo "# capacity: 3 steps, $words words read"
[ "$words" -le 120 ]
ok "and little to read" $?
flow_stop
echo "1..$n"
exit $bad
