#!/bin/sh
# Every source and header starts with its licence line and a paragraph that says what it is for;
# every room has a README of at most 60 lines, the top one of at most 200. usage: prose.sh [TREE]
set -u
cd "${1:-.}" || exit 1
bad=0
echo "1..3"

wrong=$(git ls-files -co --exclude-standard '*.c' '*.h' | while read -r file; do
	[ -f "$file" ] || continue
	head -n 1 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file: no SPDX line"
	sed -n 2,3p "$file" | grep -qE '^/\*( |$)' || echo "$file: no opening paragraph"
done)
if [ -z "$wrong" ]; then
	echo "ok 1 - sources open with a licence line and a paragraph"
else
	bad=1
	echo "not ok 1 - sources open with a licence line and a paragraph"
	echo "$wrong" | sed 's/^/# /'
fi

wrong=
for room in provisioner provisioner/base provisioner/proto provisioner/burnin provisioner/server \
	provisioner/agent provisioner/cli provisioner/web pxe images inventory vm-lab tests include; do
	[ -d "$room" ] || continue
	if [ ! -f "$room/README.md" ]; then
		wrong="$wrong$room has no README.md
"
	elif [ "$(wc -l <"$room/README.md")" -gt 60 ]; then
		wrong="$wrong$room/README.md has more than 60 lines
"
	fi
done
[ ! -f README.md ] || [ "$(wc -l <README.md)" -le 200 ] || wrong="${wrong}README.md has more than 200 lines
"
if [ -z "$wrong" ]; then
	echo "ok 2 - every room has a short README"
else
	bad=1
	echo "not ok 2 - every room has a short README"
	echo "$wrong" | sed '/^$/d;s/^/# /'
fi

# An error that nothing returns is a promise that nothing keeps.
wrong=
for code in $(sed -n 's/^X(\(ERR_[A-Z0-9_]*\),.*/\1/p' include/base/errors/*.def); do
	git grep -qwE "$code" -- '*.c' '*.h' || wrong="$wrong$code is never used
"
done
if [ -z "$wrong" ]; then
	echo "ok 3 - every error code is used"
else
	bad=1
	echo "not ok 3 - every error code is used"
	echo "$wrong" | sed '/^$/d;s/^/# /'
fi
exit $bad
