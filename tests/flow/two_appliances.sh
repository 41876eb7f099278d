#!/bin/sh
# The server on a private PostgreSQL (a unix socket, no network): what happens to a host on that store, then two daemons on
# one fleet, of which either is killed in the middle of requests.
# usage: two_appliances.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir two
ip link set lo up
flow_postgres
ok "PostgreSQL starts on a unix socket" $?
SLIPWAY_TEST_POSTGRES=$postgres
export SLIPWAY_TEST_POSTGRES

for suite in test_flow session/test_admission api/test_arming session/test_permit test_writing session/test_receipts \
	session/test_repair session/test_unrest session/test_break_fix api/test_second_person api/test_in_use api/test_profile_guards api/test_audit test_two_appliances; do
	flow_cmocka "$suite on PostgreSQL" "$build/obj/gcc/tests/unit/server/$suite"
done
echo "1..$n"
exit $bad
