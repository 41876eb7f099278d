#!/bin/sh
# Archives reach a real slipwayd in parts: an upload goes on after the server was killed, what is refused leaves no
# file behind, an older image needs a reason each time, and a damaged object is healed by the next import.
# usage: image_upload.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_wire
flow_dir upload
flow_config
flow_start
ok "the daemon runs" $?

slipway=$build/bin/slipway
store=$dir/state/objects
key=$dir/state/trust/keys/image.key
files() { find "$store" "$dir/state/spool" -type f ! -name lock ! -path '*/seq/*' | sort; }
make_image() { # VERSION SEQ: $dir/VERSION.slip, of 9 MiB that do not compress
	head -c 9437184 /dev/urandom >"$dir/disk"
	"$slipway" image build --raw --line up --version "$1" --seq "$2" --arch x86_64 --output "$dir/$1.slip" "$dir/disk" &&
		"$slipway" image sign --key "$key" "$dir/$1.slip"
}
refused() { # CODE COMMAND...
	code=$1
	shift
	! "$@" >"$dir/out" 2>&1 && grep -q "$code" "$dir/out"
}
part() { # ID OFFSET FILE
	call PUT "/api/v1/uploads/$1?offset=$2" --data-binary "@$3" -H 'Content-Type: application/octet-stream'
}

make_image 1 1 >"$dir/out" 2>&1 && make_image 2 2 >>"$dir/out" 2>&1
ok "two images are built and signed" $? "$dir/out"
before=$(files)

# ---- refused ---------------------------------------------------------------------------------------
cp "$dir/1.slip" "$dir/bad.slip"
printf x | dd of="$dir/bad.slip" bs=1 seek=5000000 conv=notrunc status=none
refused image.digest "$slipway" image import "$dir/bad.slip"
ok "A-17 a flipped byte is refused" $? "$dir/out"
grep -q "member 'disk.img', offset " "$dir/out"
ok "with member and offset in the same line" $? "$dir/out"
head -c 5000000 "$dir/1.slip" >"$dir/short.slip"
refused image.truncated "$slipway" image import "$dir/short.slip"
ok "A-13 half an archive is refused" $? "$dir/out"
same "and nothing of either is left" "$(files)" "$before"
printf '{"url":"file:///dev/zero"%2000s}' '' >"$dir/url"
same "H-13 a URL is not an archive" "$(call POST /api/v1/images --data-binary "@$dir/url") $(jq -r .code "$dir/body")" \
	"422 image.not_archive"
same "and no parameter takes one" "$(call POST '/api/v1/images?url=file:///dev/zero' -d x) $(jq -r .code "$dir/body")" \
	"400 input.field.unknown"

# ---- in parts --------------------------------------------------------------------------------------
head -c 3000000 "$dir/1.slip" >"$dir/part"
same "a first part" "$(part abcdefgh12 0 "$dir/part") $(jq .bytes "$dir/body")" "200 3000000"
same "the same again is not at its place" "$(part abcdefgh12 0 "$dir/part") $(jq -r .code "$dir/body")" \
	"409 image.upload.offset"
same "nor is one after a gap" "$(part abcdefgh12 4000000 "$dir/part") $(jq -r .code "$dir/body")" "409 image.upload.offset"
same "an id that is a path leads nowhere" "$(part ..%2f..%2fetc%2fx 0 "$dir/part")" 404
same "and one of other letters is refused" "$(part ABCDEFGH 0 "$dir/part")" 400
same "a part that is too large" "$(part abcdefgh12 3000000 "$dir/1.slip")" 413
flow_kill
flow_start
same "the server was killed: the part is still there" \
	"$(call GET /api/v1/uploads/abcdefgh12) $(jq .bytes "$dir/body")" "200 3000000"
tail -c +3000001 "$dir/1.slip" | head -c 5000000 >"$dir/part"
part abcdefgh12 3000000 "$dir/part" >/dev/null
tail -c +8000001 "$dir/1.slip" >"$dir/part"
part abcdefgh12 8000000 "$dir/part" >/dev/null
same "and the whole is imported" "$(call POST '/api/v1/images?upload=abcdefgh12') $(jq -r .version "$dir/body")" "201 1"
same "of which no part is left" "$(call GET /api/v1/uploads/abcdefgh12) $(jq .bytes "$dir/body")" "200 0"
same "an upload can be given up" "$(part zzzzzzzz 0 "$dir/part")$(call DELETE /api/v1/uploads/zzzzzzzz)$(
	call GET /api/v1/uploads/zzzzzzzz)$(jq .bytes "$dir/body")" "2002042000"
same "nothing waits" "$(find "$store/uploads" -type f | wc -l)" 0

# The command goes on, too: the server dies while it sends, and comes back.
"$slipway" image import "$dir/2.slip" >"$dir/out" 2>&1 &
import=$!
for _ in $(seq 100); do
	[ -n "$(find "$store/uploads" -type f -size +0)" ] && break
	sleep 0.02
done
flow_kill
flow_start
wait $import
ok "slipway image import survives a server that is killed" $? "$dir/out"
call GET /api/v1/images/up@2 >/dev/null
same "the image is there" "$(jq -r .seq "$dir/body")" 2

# ---- older -----------------------------------------------------------------------------------------
refused image.rollback "$slipway" image import "$dir/1.slip"
ok "M-08 an older image is refused" $? "$dir/out"
"$slipway" image import --allow-rollback "2 does not boot" "$dir/1.slip" >"$dir/out" 2>&1
ok "M-08 unless a reason is given" $? "$dir/out"
grep -q "2 does not boot" "$store/seq/rollbacks"
ok "which is noted" $?
refused image.rollback "$slipway" image import "$dir/1.slip"
ok "M-08 the permission was for once" $? "$dir/out"
call GET '/api/v1/changes?since=0&limit=1000' >/dev/null
grep -q '"rollback_reason":"2 does not boot"' "$dir/body"
ok "M-08 and its reason is an event's" $?
root=$dir/state/trust/root.json
install() { "$slipway" image install --root "$root" --to "$dir/target" --min-seq 2 --json "$@" "$dir/1.slip"; }
refused image.rollback install
ok "M-08 nor is it written by hand" $? "$dir/out"
install --allow-rollback "2 does not boot" >"$dir/receipt" 2>"$dir/out"
same "M-08 unless for a reason, which the receipt keeps" "$(jq -c .rollback "$dir/receipt")" \
	'{"min_seq":2,"reason":"2 does not boot"}'
grep -q 'ev=image.rollback .*seq=1 min_seq=2 reason="2 does not boot"' "$dir/out"
ok "and the log" $? "$dir/out"
refused image.rollback install
ok "M-08 for once, here too" $? "$dir/out"

# ---- damaged ---------------------------------------------------------------------------------------
object=$(find "$store/sha256" -type f -size +8M | head -1)
chmod 600 "$object"
printf x | dd of="$object" bs=1 seek=77 conv=notrunc status=none
refused "1 bad" "$slipway" image fsck --quarantine --store "$store"
ok "A-17 fsck puts a damaged object away" $? "$dir/out"
[ ! -e "$object" ] && [ -e "$store/quarantine/${object##*/}" ]
ok "into quarantine" $?
"$slipway" image import --allow-rollback "heal" "$dir/1.slip" >"$dir/out" 2>&1 &&
	"$slipway" image import "$dir/2.slip" >>"$dir/out" 2>&1 && "$slipway" image fsck --store "$store" >>"$dir/out" 2>&1
ok "and an import heals the store" $? "$dir/out"
call GET '/api/v1/audit?limit=200' >/dev/null
jq -e '[.items[] | select(.path | test("uploads|images"))] | length >= 8' "$dir/body" >/dev/null
ok "the audit log has all of it" $?

# ---- how far it is, on a terminal ------------------------------------------------------------------
on_terminal() { script -qec "$*" /dev/null </dev/null 2>&1 | tr -d '\r'; }
make_image 3 3 >"$dir/out" 2>&1
build3="$slipway image build --raw --line up --version 3 --seq 3 --arch x86_64 --output $dir/again.slip $dir/disk"
on_terminal "$build3" >"$dir/out"
same "a build says how far it is" "$(grep -cE 'pack disk.img +100 %, 9 of 9 MiB' "$dir/out")" 1
$build3 >"$dir/out" 2>&1
same "and in a pipe only what was made" "$(wc -l <"$dir/out") $(grep -c '%' "$dir/out")" "1 0"
on_terminal "$slipway image import $dir/3.slip" >"$dir/out"
same "an import says how far its upload is, and what it waits for" \
	"$(grep -cE 'upload +100 %, 9 of 9 MiB' "$dir/out") $(grep -c 'the server checks every byte of it, 0 s' "$dir/out") $(grep -c '^up@3' "$dir/out")" "1 1 1"
"$slipway" image import "$dir/3.slip" >"$dir/out" 2>&1
same "and in a pipe only the image" "$(wc -l <"$dir/out") $(grep -c '%' "$dir/out")" "1 0"
on_terminal "$slipway image import --store $dir/folder --root $root $dir/3.slip" >"$dir/out"
same "an import into a folder, too" "$(grep -cE 'import +[0-9]+ %, [0-9] of 9 MiB' "$dir/out")" 1
echo "1..$n"
exit $bad
