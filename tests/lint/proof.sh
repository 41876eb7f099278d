#!/bin/sh
# images/PROOF.md and tests/PROOF.md have each row of the fault list once; its test is there and names the row (or, for a
# bug of another project, a row that its text names); its verdict is an error that exists. A row without a test says
# "none" and why. HTTP, JSON, the store and operators: faults.sh.
# usage: proof.sh [TREE]
set -u
cd "${1:-.}" || exit 1
[ -d images ] || [ -f tests/PROOF.md ] || { echo "1..0 # SKIP no images here"; exit 0; }
rows() { cat images/PROOF.md tests/PROOF.md 2>/dev/null | tr '\140' '@' | grep -E '^\| [AMSBIKNWPCT]-[0-9]+ \|'; }
column() { printf '%s' "$row" | cut -d'|' -f"$1"; }
check_row() { # ID
	row=$(rows | grep "^| $1 |")
	[ "$(printf '%s\n' "$row" | grep -c .)" = 1 ] || { echo "$1: not one row"; return; }
	case $(column 4) in *none:*) return ;; esac
	test=$(column 5 | tr -d '@ ')
	[ -f "$test" ] || { echo "$1: no test '$test'"; return; }
	names=$1
	case $1 in B-*) names=$(column 3 | grep -oE '[AHMS]-[0-9]+') ;; esac
	for name in $names; do
		grep -q -- "$name" "$test" && return
	done
	echo "$1: '$test' does not name it"
}
check() {
	for id in $(seq -f 'A-%02g' 18) $(seq -f 'M-%02g' 14) $(seq -f 'S-%02g' 16) $(seq -f 'B-%02g' 9) \
		$(seq -f 'I-%02g' 10) $(seq -f 'K-%02g' 14) $(seq -f 'N-%02g' 12) $(seq -f 'W-%02g' 8) $(seq -f 'P-%02g' 10) $(seq -f 'C-%02g' 8) $(seq -f 'T-%02g' 7); do
		check_row "$id"
	done
	rows | cut -d'|' -f4 | grep -oE '@[a-z_.]+@' | tr -d '@' | sort -u | while read -r name; do
		grep -qrF "\"$name\"" include/base/errors || echo "no error has the name '$name'"
	done
}

echo "1..1"
bad=$(check)
if [ -z "$bad" ]; then
	echo "ok 1 - each row of the fault list has a test that names it"
else
	echo "not ok 1 - each row of the fault list has a test that names it"
	printf '%s\n' "$bad" | sed 's/^/# /'
	exit 1
fi
