#!/bin/sh
# Which sources need each other, by the linker's own tables: a ring is a set of objects of one room that all reach
# each other. Rings are listed by name in tests/lint/circles.allow and may only shrink: a ring that is not on a line,
# and a line that is more than its ring, both fail. usage: circles.sh [TREE] (built: BUILD, default build)
set -u
cd "${1:-.}" || exit 1
objects=${BUILD:-build}/obj/gcc
allow=tests/lint/circles.allow
rooms="provisioner/base provisioner/proto provisioner/session provisioner/burnin provisioner/server provisioner/agent
	provisioner/cli images inventory pxe vm-lab"
list=$(for room in $rooms; do
	[ ! -d "$objects/$room" ] || find "$objects/$room" -name '*.o'
done | while read -r object; do # not those of sources that are gone
	source=${object#"$objects/"}
	[ ! -f "${source%.o}.c" ] || echo "$object"
done)
[ -n "$list" ] || { echo "1..0 # SKIP nothing is built"; exit 0; }

# prints one ring a line: its sources, sorted
rings() {
	echo "$list" | xargs nm -A -g 2>/dev/null | awk -v strip="$objects/" -v rooms="$rooms" '
		function room_of(file, i) {
			for (i = 1; i <= n_rooms; i++)
				if (index(file, room[i] "/") == 1) return room[i]
			return ""
		}
		# Tarjan: strongly connected components
		function visit(v, i, w, ring, n, count) {
			number[v] = low[v] = ++counter
			stack[++depth] = v
			held[v] = 1
			count = split(next_of[v], list_of, " ")
			for (i = 1; i <= count; i++) edge[v, i] = list_of[i]
			for (i = 1; i <= count; i++) {
				w = edge[v, i]
				if (!(w in number)) {
					visit(w)
					if (low[w] < low[v]) low[v] = low[w]
				} else if (held[w] && number[w] < low[v]) {
					low[v] = number[w]
				}
			}
			if (low[v] != number[v]) return
			ring = ""
			n = 0
			do {
				w = stack[depth--]
				held[w] = 0
				ring = ring " " w
				n++
			} while (w != v)
			if (n > 1) print substr(ring, 2)
		}
		BEGIN { n_rooms = split(rooms, room, /[ \n\t]+/) }
		{
			file = $1
			sub(/:.*/, "", file)
			file = substr(file, length(strip) + 1)
			sub(/\.o$/, ".c", file)
			symbol = $NF
			kind = $(NF - 1)
			here = room_of(file)
			files[file] = here
			if (kind == "U") wants[++n_wants] = file " " symbol
			else if (kind ~ /^[TDBRVWC]$/ && symbol != "main") home[here, symbol] = file
		}
		END {
			for (i = 1; i <= n_wants; i++) {
				split(wants[i], w, " ")
				to = home[files[w[1]], w[2]]
				if (to != "" && to != w[1] && !((w[1], to) in known)) {
					known[w[1], to] = 1
					next_of[w[1]] = next_of[w[1]] " " to
				}
			}
			for (f in files) if (!(f in number)) visit(f)
		}' | while read -r ring; do
		echo "$ring" | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/ $//'
		echo
	done | sort
}
found=$(rings)
[ "${2:-}" != --list ] || { echo "$found"; exit 0; }
allowed=$(sed -n 's/^[^#:]*: *//p' "$allow" 2>/dev/null | while read -r ring; do
	echo "$ring" | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/ $//'
	echo
done | sort)
new=$(printf '%s\n' "$found" | grep -vxF -e "$allowed" | sed '/^$/d')
gone=$(printf '%s\n' "$allowed" | grep -vxF -e "$found" | sed '/^$/d')
echo "1..1"
if [ -z "$new$gone" ]; then
	echo "ok 1 - sources need each other only in the rings of circles.allow"
else
	echo "not ok 1 - sources need each other only in the rings of circles.allow"
	[ -z "$new" ] || echo "$new" | sed 's/^/# a ring that no line allows: /'
	[ -z "$gone" ] || echo "$gone" | sed 's/^/# a line that is larger than its ring, shorten it: /'
	exit 1
fi
