#!/bin/sh
# Every header that crosses rooms compiles alone. usage: headers.sh [TREE]
set -u
cd "${1:-.}" || exit 1
headers=$(find include -name '*.h' | sort)
flags=$(pkg-config --cflags jansson libcurl libmicrohttpd libsystemd 2>/dev/null)
n=0
bad=0
echo "1..$(echo "$headers" | wc -w)"
for header in $headers; do
	n=$((n + 1))
	# shellcheck disable=SC2086 # flags are a list
	if printf '#include <%s>\n#include <%s>\n' "${header#include/}" "${header#include/}" |
		gcc -std=gnu17 -D_GNU_SOURCE -Iinclude $flags -Wall -Wextra -Werror -fsyntax-only -x c -; then
		echo "ok $n - $header stands alone"
	else
		bad=1
		echo "not ok $n - $header stands alone"
	fi
done
exit $bad
