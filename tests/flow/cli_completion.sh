#!/bin/sh
# The completion script that the program prints knows every command of its tables, and completes
# nouns, verbs, options and NAME= words as bash asks. usage: cli_completion.sh [BUILD]
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-${BUILD:-build}}
slipway=$build/bin/slipway
n=0
bad=0
ok() { # ok TITLE STATUS
	n=$((n + 1))
	[ "$2" = 0 ] || bad=1
	[ "$2" = 0 ] && echo "ok $n - $1" || echo "not ok $n - $1"
}
dir=$(mktemp -d /tmp/slipway-completion-XXXXXX)
trap 'rm -rf "$dir"' EXIT

"$slipway" completion bash >"$dir/script"
ok "the script is printed" $?
shellcheck -s bash -S warning "$dir/script"
ok "the shell checker is content with it" $?

completed() { # completed WORD...: what bash is offered for the last word, one line
	bash -c '
		. "$0"
		COMP_WORDS=(slipway "$@") COMP_CWORD=$#
		_slipway 2>/dev/null
		echo "${COMPREPLY[*]}"' "$dir/script" "$@"
}
offers() { # offers TITLE WANTED WORD...
	title=$1 wanted=$2
	shift 2
	got=$(completed "$@")
	[ "$got" = "$wanted" ]
	status=$?
	[ $status = 0 ] || echo "# got '$got', not '$wanted'"
	ok "$title" $status
}
offers "a noun" lifecycle life
offers "nouns that begin alike" "simulate sku spare space summary" s
offers "a place option" --socket --so
offers "a verb" arm host ar
offers "an option" --watch host list --w
offers "a NAME= word" wipe_consent= host arm S1 wipe
for verb in approve arm erase; do
	offers "the screen's code of host $verb" code= host $verb S1 cod
done
offers "after a place option" "show" --socket /run/x.sock lifecycle s
offers "nouns after help" "part placement profile" help p
offers "nothing for nonsense" "" host nonsense --w
offers "hostile words complete to nothing" "" host "\$(touch $dir/ran)" "\$(touch $dir/ran)"
offers "and the unfinished one" "" host list "\`touch $dir/ran\`"
[ ! -e "$dir/ran" ]
ok "and none of them is run" $?

# What help lists, completion knows: both come from the rows.
"$slipway" help | awk '/^  [a-z]/ { print substr($0, 3, 21) }' >"$dir/rows"
missing=
while read -r noun verb; do
	case " $(completed "$noun" ${verb:+"$verb"}) " in
	*" ${verb:-$noun} "*) ;;
	*) missing="$missing $noun/$verb" ;;
	esac
done <"$dir/rows"
[ "$(wc -l <"$dir/rows")" -gt 40 ] && [ -z "$missing" ]
status=$?
[ $status = 0 ] || echo "# missing:$missing"
ok "every command of help is completed" $status

# ---- zsh ---------------------------------------------------------------------------------------------
"$slipway" completion zsh >"$dir/zsh"
ok "a script for zsh is printed" $?
if command -v zsh >/dev/null; then
	zsh -n "$dir/zsh"
	ok "zsh reads it" $?
	in_zsh() { # in_zsh WORD...: what zsh is offered, before it chooses those that fit
		zsh -fc '
			compdef() { : }
			_default() { : }
			compadd() { print -rn -- "${@[-1]} " }
			source "$0"
			words=(slipway "$@") CURRENT=$(($# + 1))
			_slipway' "$dir/zsh" "$@"
	}
	zsh_offers() { # zsh_offers WANTED WORD...
		wanted=$1
		shift
		case " $(in_zsh "$@")" in *" $wanted "*) true ;; *) false ;; esac
		ok "zsh completes $*: $wanted" $?
	}
	zsh_offers lifecycle ''
	zsh_offers --socket ''
	zsh_offers arm host ''
	zsh_offers --watch host list ''
	zsh_offers wipe_consent= host arm S1 ''
	zsh_offers --config doctor ''
	zsh_offers show --socket /run/x.sock lifecycle ''
fi
[ "$(completed doctor --c)" = --config ]
ok "options of a noun without verbs" $?

"$slipway" completion bash extra 2>"$dir/err"
[ $? = 2 ] && grep -q '^usage: slipway completion bash' "$dir/err"
ok "a superfluous word is wrong usage" $?
echo "1..$n"
exit $bad
