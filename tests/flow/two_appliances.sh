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

for suite in test_flow test_admission test_arming test_permit test_writing test_receipts test_second_person test_two_appliances; do
	begun=$(date +%s)
	"$build/obj/gcc/tests/unit/server/$suite" >"$dir/out" 2>&1
	status=$?
	while read -r word more number title; do
		case $word in
		ok) ok "$suite on PostgreSQL: ${number#- }${title:+ $title}" 0 ;;
		not) case $title in
			"# SKIP"*) echo "# $suite on PostgreSQL leaves out ${title#\# SKIP }" ;;
			*) ok "$suite on PostgreSQL: ${title#- }" 1 ;;
			esac ;;
		1..*) ;;
		*) echo "# $word $more $number $title" ;;
		esac
	done <"$dir/out"
	ok "$suite ends well, after $(($(date +%s) - begun)) s" $status
done
echo "1..$n"
exit $bad
