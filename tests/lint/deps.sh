#!/bin/sh
# Includes run one way: each room, and each folder of a room that has a line of its own, includes only
# what tests/lint/deps.allow grants, and no room reaches into another room's folder with a relative
# path. usage: deps.sh [TREE]
set -u
cd "${1:-.}" || exit 1
allow=tests/lint/deps.allow
rooms=$(sed -n 's/^\([a-z][a-z/-]*\):.*/\1/p' "$allow")
known=$(ls include)
n=0
bad=0
echo "1..$(echo "$rooms" | wc -w)"

# Folders with lines of their own, as includes name them: server/flow, agent/disk, ...
inner=$(echo "$rooms" | sed -n 's|^provisioner/\([a-z]*/[a-z]*\)$|\1|p')

sources() { # ROOM: its C files, without those of inner folders that have a line of their own
	find "$1" -name '*.[ch]' | while read -r file; do
		for other in $rooms; do
			case $other in "$1"/*) case $file in "$other"/*) continue 2 ;; esac ;; esac
		done
		echo "$file"
	done
}

hits() { # PATTERN FILES
	pattern=$1
	shift
	grep -nE "$pattern" /dev/null "$@" 2>/dev/null
}

for room in $rooms; do
	n=$((n + 1))
	granted=$(sed -n "s|^$room:||p" "$allow")
	files=$(sources "$room")
	wrong=
	for folder in $known $inner; do
		case " $granted " in *" $folder "*) continue ;; esac
		[ "provisioner/$folder" != "$room" ] || continue
		# shellcheck disable=SC2086 # a list of files
		found=$(hits "#include <$folder/" $files)
		[ -z "$found" ] || wrong="$wrong$found
"
	done
	for roof in $(echo "$inner" | cut -d/ -f1 | sort -u); do
		case " $granted " in *" $roof/roof "*) continue ;; esac
		# shellcheck disable=SC2086
		found=$(hits "#include <$roof/[a-z_]*\\.h>" $files)
		[ -z "$found" ] || wrong="$wrong$found
"
	done
	# shellcheck disable=SC2086
	found=$(hits '#include "\.\./\.\./' $files)
	[ -z "$found" ] || wrong="$wrong$found
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
