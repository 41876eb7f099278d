#!/bin/sh
# Includes run one way: each room includes only what tests/lint/deps.allow grants, and no room reaches
# into another room's folder with a relative path. usage: deps.sh [TREE]
set -u
cd "${1:-.}" || exit 1
allow=tests/lint/deps.allow
rooms=$(sed -n 's/^\([a-z][a-z/-]*\):.*/\1/p' "$allow")
known=$(ls include)
n=0
bad=0
echo "1..$(echo "$rooms" | wc -w)"
for room in $rooms; do
	n=$((n + 1))
	granted=$(sed -n "s|^$room:||p" "$allow")
	wrong=
	for folder in $known; do
		case " $granted " in *" $folder "*) continue ;; esac
		hits=$(grep -rlE --include='*.c' --include='*.h' "#include <$folder/" "$room" 2>/dev/null)
		[ -z "$hits" ] || wrong="$wrong$folder: $hits
"
	done
	hits=$(grep -rnE --include='*.c' --include='*.h' '#include "\.\./\.\./' "$room" 2>/dev/null)
	[ -z "$hits" ] || wrong="$wrong$hits
"
	if [ -z "$wrong" ]; then
		echo "ok $n - $room includes only what it may"
	else
		bad=1
		echo "not ok $n - $room includes only what it may"
		echo "$wrong" | sed '/^$/d;s/^/# /'
	fi
done
exit $bad
