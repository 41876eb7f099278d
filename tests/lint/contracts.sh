#!/bin/sh
# Results are looked at: each function in a header that can fail (struct err *) or that gives its caller something to
# free (char *, json_t *, NAME_new, NAME_copy) is MUST_CHECK (base/err.h). Borrowed answers of the JSON reader and
# the functions that write an error (struct err * first) are not meant. usage: contracts.sh [TREE]
set -u
cd "${1:-.}" || exit 1
echo "1..1"
wrong=$(git ls-files -co --exclude-standard '*.h' ':!tests/' | while read -r file; do
	[ -f "$file" ] && sed -e 's|/\*[^*]*\*/||g' "$file" | awk -v file="$file" '
		/^[ \t]*\/\*/ { comment = 1 }
		comment { if (/\*\//) comment = 0; next }
		{ sub(/\/\*.*/, "") }
		macro || /^#/ { macro = /\\$/; next }
		{ text = text " " $0 }
		function wants(s, args, name) {
			if (s ~ /MUST_CHECK/ || s ~ /^(static inline )?void [a-z]/ || s ~ /^(typedef|extern|struct [a-z_]+ *$)/)
				return 0
			gsub(/__attribute__\(\([a-z]+(\([a-z0-9, ]*\))?\)\) */, "", s)
			if (s !~ /\)$/ || s ~ /^[^(]*\([*]/)
				return 0
			args = s
			sub(/^[^(]*\(/, "", args)
			name = substr(s, 1, length(s) - length(args) - 1)
			if (name ~ /=/ || name !~ /[ *][a-z_0-9]+$/)
				return 0
			if (args ~ /(^|[^t]) *struct err [*]/ && args !~ /^struct err [*]/ && args !~ /const struct err [*]/)
				return name ~ /^(static inline )?(int|bool|ssize_t|int64_t) / || name ~ /[*][a-z_0-9]+$/
			if (name ~ /[*](json_need|json_opt)_[a-z]+$/)
				return 0
			return name ~ /^(static inline )?(char|json_t) [*][a-z]/ || name ~ /[*][a-z_0-9]+_(new|copy)$/ ||
				name ~ /void [*]x[a-z]+$/
		}
		END {
			n = split(text, piece, /[;{}]/)
			for (i = 1; i <= n; i++) {
				gsub(/[ \t]+/, " ", piece[i])
				sub(/^ /, "", piece[i])
				sub(/ $/, "", piece[i])
				if (wants(piece[i])) print file ": " piece[i]
			}
		}'
done)
if [ -z "$wrong" ]; then
	echo "ok 1 - what can fail or allocates is MUST_CHECK"
else
	echo "not ok 1 - what can fail or allocates is MUST_CHECK"
	echo "$wrong" | sed 's/^/# /'
	exit 1
fi
