#!/bin/sh
# clang-format decides layout: no C file differs from what it would write. usage: layout.sh [TREE]
set -u
cd "${1:-.}" || exit 1
echo "1..1"
wrong=$(git ls-files -co --exclude-standard '*.c' '*.h' | while read -r file; do
	[ -f "$file" ] || continue
	clang-format --dry-run -Werror "$file" >/dev/null 2>&1 || echo "$file"
done)
if [ -z "$wrong" ]; then
	echo "ok 1 - sources are laid out by clang-format"
else
	echo "not ok 1 - sources are laid out by clang-format (run make fmt)"
	echo "$wrong" | sed 's/^/# /'
	exit 1
fi
