#!/bin/sh
# The rules of this tree that a grep can hold. usage: house.sh [TREE]
set -u
cd "${1:-.}" || exit 1
n=0
bad=0
echo "1..12"
report() { # report TITLE FINDINGS
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		bad=1
		echo "not ok $n - $1"
		echo "$2" | sed 's/^/# /'
	fi
}

report "nothing is added to the top level" "$(git ls-files -co --exclude-standard | cut -d/ -f1 | sort -u |
	grep -vxE '\..*|LICENSE|Makefile|README\.md|provisioner|pxe|images|inventory|include|tests|vm-lab')"

report "include/ holds headers only" "$(git ls-files -co --exclude-standard include |
	grep -vE '\.(h|def)$|/README\.md$')"

report "no file is named for nothing" "$(git ls-files -co --exclude-standard '*.c' '*.h' |
	grep -E '/(utils?|common|misc|helpers?)\.[ch]$')"

report "no shell is started from C" "$(git grep -nE '"(/bin/)?(ba)?sh"|"-c"' -- '*.c' ':!tests/' ':!vm-lab/' |
	grep -vE '/\* no shell: ')"

report "private signing keys stay in images/tool" "$(git grep -nE 'EVP_PKEY_sign|EVP_DigestSign' -- \
	'provisioner/agent' 'images/core' 'inventory' 'pxe' | grep -v 'session_key' |
	grep -v 'EVP_DigestSign.*TLS')"

report "children are started by base/child" "$(git grep -nE '(^|[^a-z_])(v?fork|posix_spawnp?|execvp?e?|pidfd_open)\(' -- '*.c' \
	':!tests/' ':!provisioner/base/child.c' ':!vm-lab/cage.c')"

report "the time comes from base/clock" "$(git grep -nE '(^|[^a-z_>.])(clock_gettime|gettimeofday|time)\((NULL|CLOCK_|&)' -- '*.c' '*.h' \
	':!tests/' ':!provisioner/base/clock.c')"

report "MAC addresses and UUIDs are read by base/hw_id" "$(git grep -nE "% 3 == 2|'-' : !isxdigit|%02x:%02x" -- '*.c' '*.h' \
	':!tests/' ':!provisioner/base/hw_id.c' | grep -v ':%02x\.%x')"

report "SQL stays in the inventory" "$(git grep -nE '"(SELECT|UPDATE|INSERT INTO|DELETE FROM) ' -- 'provisioner/*.c' 'images/*.c' 'pxe/*.c' \
	'vm-lab/*.c')"

report "a source of the product has at most 500 lines" "$(git ls-files '*.c' ':!tests/' | while read -r f; do
	[ ! -f "$f" ] || [ "$(wc -l <"$f")" -le 500 ] || echo "$f"
done)"

report "struct app stays on the server's roof" "$(git grep -lw 'struct app' -- 'provisioner/server/*/*' 'provisioner/agent' \
	'provisioner/cli' inventory images pxe vm-lab)"

report "unit tests wait for what they wait for (wait_for.h), they do not sleep 100 ms or more" "$(git grep -nE \
	'usleep\([1-9][0-9]{5,}\)|[^a-z_]sleep\([1-9]|tv_nsec = [1-9][0-9]{8}|[.]tv_sec = [1-9][^}]*}, NULL\)' -- 'tests/unit/*.c' 'tests/harness/*.c')"
exit $bad
