#!/bin/sh
# A function has at most six parameters; more are a struct. The functions of parameters.allow had seven or more when
# this was written: a line may only go. usage: parameters.sh [TREE]
set -u
cd "${1:-.}" || exit 1
allowed=tests/lint/parameters.allow
# A definition begins in the first column and ends its parameters before a brace in the first column (clang-format's
# layout, which layout.sh holds). Commas inside the inner parentheses of a callback are its own.
found=$(git ls-files '*.c' | xargs awk '
	FNR == 1 { text = "" }
	/^[a-z_A-Z]/ && /\(/ { text = "" }
	/^[a-z_A-Z\t ]/ { text = text " " $0 }
	/^$/ || /;$/ || /^}/ { text = "" }
	/^\{/ && text ~ /\)[ ]*$/ {
		depth = 0; commas = 0; name = ""
		for (i = 1; i <= length(text); i++) {
			c = substr(text, i, 1)
			if (c == "(") {
				if (depth == 0 && name == "") {
					name = substr(text, 1, i - 1)
					sub(/.*[ *]/, "", name)
				}
				depth++
			} else if (c == ")") {
				depth--
			} else if (c == "," && depth == 1) {
				commas++
			}
		}
		if (commas >= 6 && name !~ /^__attribute__/)
			print FILENAME " " name
		text = ""
	}' | sort)
bad=0
more=$(printf '%s\n' "$found" | grep -vxF -f "$allowed" | grep .)
gone=$(grep -v '^#' "$allowed" | grep . | { [ -n "$found" ] && grep -vxF "$found" || cat; })
[ -z "$more$gone" ] || bad=1
echo "1..1"
if [ $bad = 0 ]; then
	echo "ok 1 - functions have six parameters at most, but for those of parameters.allow"
else
	echo "not ok 1 - functions have six parameters at most, but for those of parameters.allow"
	printf '%s\n' "$more" | sed '/^$/d; s/^/# take a struct: /'
	printf '%s\n' "$gone" | sed '/^$/d; s/^/# mended, remove its line from parameters.allow: /'
fi
exit $bad
