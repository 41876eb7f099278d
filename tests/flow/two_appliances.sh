#!/bin/sh
# The server on a private PostgreSQL (a unix socket, no network): a host's whole way on that store, then two daemons on
# one fleet, of which either is killed in the middle of requests.
# usage: two_appliances.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort | tail -1)
if [ "$(id -u)" != 0 ] || [ -z "$bin" ]; then
	echo "1..0 # SKIP needs root (to leave it for nobody) and PostgreSQL"
	exit 0
fi
flow_namespace "$@"
dir=$(mktemp -d /tmp/slipway-two-XXXXXX)
chmod 755 "$dir"
mkdir "$dir/pg" "$dir/sock"
chown nobody "$dir/pg" "$dir/sock"
as_nobody() { (cd "$dir/sock" && setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"); }
trap 'as_nobody "$bin/pg_ctl" -D "$dir/pg" -m immediate stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
ip link set lo up
as_nobody "$bin/initdb" -D "$dir/pg" -U root -A trust --locale=C -E UTF8 >"$dir/initdb.log" 2>&1 &&
	as_nobody "$bin/pg_ctl" -D "$dir/pg" -w -l "$dir/sock/log" \
		-o "-k $dir/sock -c listen_addresses= -c fsync=off" start >/dev/null
ok "PostgreSQL starts on a unix socket" $?
SLIPWAY_TEST_POSTGRES="postgresql:///postgres?host=$dir/sock&user=root"
export SLIPWAY_TEST_POSTGRES

for suite in test_flow test_two_appliances; do
	begun=$(date +%s)
	"$build/obj/gcc/tests/unit/server/$suite" >"$dir/out" 2>&1
	status=$?
	while read -r word more number title; do
		case $word in
		ok) ok "$suite on PostgreSQL: ${number#- }${title:+ $title}" 0 ;;
		not) ok "$suite on PostgreSQL: ${title#- }" 1 ;;
		1..*) ;;
		*) echo "# $word $more $number $title" ;;
		esac
	done <"$dir/out"
	ok "$suite ends well, after $(($(date +%s) - begun)) s" $status
done
echo "1..$n"
exit $bad
