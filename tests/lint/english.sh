#!/bin/sh
# Patterns of English that a machine can find in messages, comments and pages: "X is no Y" (write "is not a Y", or
# "there is no"), "for ever", "persons", "who" without a person before it, and what nobody says of a server or a store
# (it is "heard of", it "lies in the past"). usage: english.sh [TREE]
set -u
cd "${1:-.}" || exit 1
files() { git ls-files -co --exclude-standard '*.c' '*.h' '*.def' '*.md' '*.js' '*.html' '*.scd' '*.sh' | grep -vE \
	'^tests/lint/(english|test_lints)\.sh$|schema_01[0-9]*\.c$'; }
wrong=$(
	files | xargs -r grep -nHE '(^|[^a-zA-Z])(is|are) no [a-z]' |
		grep -vE '([Tt]here|[Ww]here|[Ii]f there) (is|are) no |(is|are) no (longer|more) ' | cut -c1-160
	files | xargs -r grep -nHE '(^|[^a-z])for ever([^a-z]|$)|(^|[^a-z_])persons([^a-z_]|$)|a fault and perhaps|who forgot' | cut -c1-160
	files | xargs -r grep -nHE '(^|[^a-zA-Z])((by|to|than|from) who [a-z]|(for|of|with|as) who (has|holds|keeps|decides|decided|types|works|serves|waits|asks|asked|reads|installs|ordered|knows|can) )' | cut -c1-160
	files | xargs -r grep -nHE 'heard of( |$|[.,:;])|last words|behind our back|(^|[^a-z_])(useless|turned away|foretold|foreseen)([^a-z_]|$)|lies in the (past|future)|stands with nothing|the house([^a-z-]|$)' | cut -c1-160
)
echo "1..1"
if [ -z "$wrong" ]; then
	echo "ok 1 - none of the house's old dialect"
else
	echo "not ok 1 - none of the house's old dialect"
	echo "$wrong" | sed 's/^/# /'
	exit 1
fi
