#!/bin/sh
# A blank line follows the declarations at the top of a function, in every source: one habit.
# usage: first_lines.sh [TREE]          check
#        first_lines.sh --fix FILE...   write the missing lines
set -u
# Prints FILE:LINE of each first statement that has no blank line before it; with fix=1 the source, mended.
program='
function is_declaration(s) {
	if (s ~ /^\t(return|goto|else|case|break|continue|do|if|for|while|switch)[ ;(]/)
		return 0
	return s ~ /^\t(AUTO\([a-z_0-9]+\) |__attribute__\(\([a-z]+\)\) )?[A-Za-z_][A-Za-z_0-9]*( [A-Za-z_][A-Za-z_0-9]*)* ([*]+(const )?)*[A-Za-z_][A-Za-z_0-9]*(\[[^]]*\])*( =|;|,)/ ||
		s ~ /^\t(static |const )*(struct|enum|union) [a-z_0-9]*( \{|$)/ ||
		s ~ /^\t[a-z][a-z_0-9 ]* ?\([*][a-z_]+\)[[(]/ || s ~ /^\tAUTO\([a-z_]+\)$/
}
function ends(s) { sub(/[ \t]*\/\*.*\*\/[ \t]*$/, "", s); return s ~ /[;}]$/ }
FNR == 1 { state = 0 }
{
	line = $0
	if (state == 2) { # inside a declaration
		text = line
		depth += gsub(/\{/, "{", text) - gsub(/\}/, "}", text)
		if (depth <= 0 && line ~ /;/ && ends(line))
			state = 3
	} else if (state == 1 || state == 3) {
		if (line ~ /^#/) {
			state = 0
		} else if (is_declaration(line)) {
			text = line
			depth = gsub(/\{/, "{", text) - gsub(/\}/, "}", text)
			state = (depth <= 0 && line ~ /;/ && ends(line)) ? 3 : 2
		} else {
			if (state == 3 && line != "" && line != "}") {
				if (fix) print ""
				else print FILENAME ":" FNR ": " line
			}
			state = 0
		}
	}
	if (line == "{")
		state = 1
	if (fix) print line
}'
if [ "${1:-}" = --fix ]; then
	shift
	for file; do
		awk -v fix=1 "$program" "$file" >"$file.new" && cat "$file.new" >"$file"
		rm -f "$file.new"
	done
	exit
fi
cd "${1:-.}" || exit 1
wrong=$(git ls-files -co --exclude-standard '*.c' '*.h' | xargs -r awk -v fix=0 "$program" /dev/null)
echo "1..1"
if [ -z "$wrong" ]; then
	echo "ok 1 - a blank line follows a function's first declarations"
else
	echo "not ok 1 - a blank line follows a function's first declarations (first_lines.sh --fix FILE)"
	echo "$wrong" | sed 's/^/# /'
	exit 1
fi
