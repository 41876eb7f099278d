#!/bin/sh
# clang-format decides layout: no C file differs from what it would write. usage: layout.sh [TREE]
set -u
cd "${1:-.}" || exit 1
echo "1..1"
said=$(git ls-files -co --exclude-standard '*.c' '*.h' | while read -r file; do
	[ -f "$file" ] && printf '%s\0' "$file"
done | xargs -0 -r -n 64 -P "$(nproc)" clang-format --dry-run -Werror 2>&1)
status=$?
if [ $status = 0 ]; then
	echo "ok 1 - sources are laid out by clang-format"
else
	echo "not ok 1 - sources are laid out by clang-format (run make fmt)"
	echo "$said" | sed -n 's/^\([^:]*\):[0-9].*error: .*/# \1/p' | sort -u
	[ $status = 123 ] || echo "$said" | head -n 5 | sed 's/^/# /'
	exit 1
fi
