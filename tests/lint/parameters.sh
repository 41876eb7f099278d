#!/bin/sh
# A function has at most six parameters; more are a struct. A callback of a library has the parameters that the library
# gives it: it is known by a return type that only callbacks have (enum MHD_Result; MHD_AccessHandlerCallback takes
# eight). usage: parameters.sh [TREE]
set -u
cd "${1:-.}" || exit 1
callbacks='enum MHD_Result'
# A definition begins in the first column and ends its parameters before a brace in the first column (clang-format's
# layout, which layout.sh holds). Commas inside the inner parentheses of a callback are its own.
found=$(git ls-files '*.c' | xargs awk -v callbacks="$callbacks" '
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
		if (commas >= 6 && name !~ /^__attribute__/ && !index(text, " static " callbacks " "))
			print FILENAME " " name
		text = ""
	}' | sort)
echo "1..1"
if [ -z "$found" ]; then
	echo "ok 1 - functions have six parameters at most"
else
	echo "not ok 1 - functions have six parameters at most"
	echo "$found" | sed 's/^/# take a struct: /'
	exit 1
fi
