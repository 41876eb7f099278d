#!/bin/sh
# The manual pages: they build, groff has nothing to complain about, slipway(1) holds every command
# of the program, slipway.conf(5) every key that slipwayd knows, the other two every option.
# usage: man_pages.sh [BUILD]
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-${BUILD:-build}}
n=0
bad=0
ok() { # ok TITLE STATUS
	n=$((n + 1))
	[ "$2" = 0 ] || bad=1
	[ "$2" = 0 ] && echo "ok $n - $1" || echo "not ok $n - $1"
}
dir=$(mktemp -d /tmp/slipway-man-XXXXXX)
trap 'rm -rf "$dir"' EXIT
holds() { # holds TITLE PAGE: every line of standard input is a word of the page
	missing=$(while read -r word; do
		grep -qF -- "$word" "$2" || echo "$word"
	done)
	[ -z "$missing" ]
	status=$?
	[ $status = 0 ] || printf '# not in the page: %s\n' "$missing"
	ok "$1" $status
}

for source in provisioner/cli/man/slipway.1.scd provisioner/server/man/slipwayd.8.scd \
	provisioner/server/man/slipway.conf.5.scd vm-lab/man/slipway-lab.1.scd; do
	page=$dir/$(basename "${source%.scd}")
	"$build/bin/slipway" help --scdoc >"$dir/commands"
	sed -e "/^@COMMANDS@/{r $dir/commands" -e 'd;}' "$source" | scdoc >"$page"
	ok "$(basename "$page") builds" $?
	MANROFFSEQ='' MANWIDTH=100 man --warnings -E UTF-8 -l -Tutf8 "$page" 2>"$dir/warnings" |
		sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g' >"$page.text"
	[ -s "$page.text" ] && [ ! -s "$dir/warnings" ]
	status=$?
	sed 's/^/# /' "$dir/warnings" | head -n 5
	ok "$(basename "$page") is shown without a warning" $status
done

"$build/bin/slipway" help | awk '/^  [a-z]/ { print substr($0, 3, 21) }' | sed 's/  */ /g; s/ *$//' >"$dir/rows"
[ "$(wc -l <"$dir/rows")" -gt 40 ]
ok "there are commands to look for" $?
holds "slipway(1) has every command" "$dir/slipway.1.text" <"$dir/rows"
sed -nE 's/^\t\{"[a-z]+", "([a-z_]+)", KEY_.*/\1/p' provisioner/server/config.c >"$dir/keys"
[ "$(wc -l <"$dir/keys")" -gt 15 ]
ok "there are keys to look for" $?
holds "slipway.conf(5) has every key" "$dir/slipway.conf.5.text" <"$dir/keys"
"$build/bin/slipwayd" --help | grep -oE -- '--[a-z-]+' | sort -u >"$dir/options"
holds "slipwayd(8) has every option" "$dir/slipwayd.8.text" <"$dir/options"
"$build/bin/slipway-lab" 2>&1 | grep -oE -- '--[a-z-]+' | sort -u >"$dir/options"
holds "slipway-lab(1) has every option" "$dir/slipway-lab.1.text" <"$dir/options"
echo "1..$n"
exit $bad
