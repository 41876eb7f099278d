#!/bin/sh
# A channel from the signer to the server, with the commands that people use: made from archives, signed by two,
# imported, asked for, replayed, renewed; and what is the latest without one. usage: image_channel.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_wire
flow_dir channel
flow_config
slipway=$build/bin/slipway
trust=$dir/state/trust
key=$trust/keys
refused() { # CODE COMMAND...
	code=$1
	shift
	! "$@" >"$dir/out" 2>&1 && grep -q "\[$code\]" "$dir/out"
}
make_image() { # VERSION: $dir/VERSION.slip, whose sequence is its version
	echo "disk $1" >"$dir/disk"
	truncate -s 4096 "$dir/disk"
	"$slipway" image build --raw --line up --version "$1" --seq "$1" --arch x86_64 --output "$dir/$1.slip" "$dir/disk" &&
		"$slipway" image sign --key "$key/image.key" "$dir/$1.slip"
}
latest() { # the version that the server gives as the latest, or its refusal
	call GET /api/v1/images/up@latest?arch=x86_64 >/dev/null
	jq -r '.version // .code' "$dir/body"
}
next() { # OUTPUT OPTION...: signed by both
	out=$1
	shift
	"$slipway" channel next --output "$out" --sign "$dir/one.key" --sign "$dir/two.key" "$@" >"$dir/out" 2>&1
}

# ---- a root that demands two signatures ------------------------------------------------------------
"$slipway" root init --lab --dir "$trust" >"$dir/out" 2>&1 && make_image 1 >>"$dir/out" 2>&1 && make_image 2 >>"$dir/out" 2>&1
ok "a lab root, and two images" $? "$dir/out"
for name in one two; do
	openssl genpkey -algorithm ed25519 -out "$dir/$name.key" 2>/dev/null
	openssl pkey -in "$dir/$name.key" -pubout -out "$dir/$name.pub"
done
flow_start
"$slipway" image import "$dir/1.slip" >"$dir/out" 2>&1
same "without a channel the highest sequence is the latest" "$(latest)" 1
next "$dir/c1" "$dir/1.slip"
refused image.channel.signatures "$slipway" channel import "$dir/c1"
ok "and a channel that nobody asked for is refused" $? "$dir/out"
flow_stop
"$slipway" root add-key --root "$trust/root.json" --output "$dir/root2.json" --channel-key "$dir/one.pub" \
	--channel-key "$dir/two.pub" --channel-threshold 2 --sign "$key/root.key" >"$dir/out" 2>&1 &&
	"$slipway" root verify --previous "$trust/root.json" "$dir/root2.json" >>"$dir/out" 2>&1
ok "the next root has two channel keys" $? "$dir/out"
"$slipway" root show "$dir/root2.json" | grep -q 'channel 2$'
ok "and says so" $?
cp "$dir/root2.json" "$trust/root.json"
flow_start
same "M-09 now nothing is the latest" "$(latest)" image.channel.missing
call GET '/api/v1/changes?since=0&limit=1000' >/dev/null
grep -q channel.missing "$dir/body"
ok "which is an event" $?

# ---- made, signed, imported ------------------------------------------------------------------------
"$slipway" channel next --output "$dir/c1" --sign "$dir/one.key" "$dir/1.slip" "$dir/2.slip" >"$dir/out" 2>&1
ok "a channel is made from archives" $? "$dir/out"
refused image.channel.signatures "$slipway" channel verify --root "$dir/root2.json" "$dir/c1"
ok "one signature is too few" $? "$dir/out"
"$slipway" channel sign --channel "$dir/c1" --sign "$dir/two.key" >"$dir/out" 2>&1 &&
	"$slipway" channel verify --root "$dir/root2.json" "$dir/c1" >>"$dir/out" 2>&1
ok "the second is added in place" $? "$dir/out"
"$slipway" channel show "$dir/c1" | grep -q '^latest     up@2 x86_64 [0-9a-f]\{64\}$'
ok "the later of two archives is the one" $?
"$slipway" channel import "$dir/c1" >"$dir/out" 2>&1
ok "the server takes it" $? "$dir/out"
same "M-09 the latest is not in the store: the one before it does not take its place" "$(latest)" image.channel.missing
"$slipway" image import "$dir/2.slip" >"$dir/out" 2>&1
same "and after the import it is" "$(latest)" 2
expires=$("$slipway" channel show --json "$dir/c1" | jq .expires)
curl -s --unix-socket "$dir/run/admin.sock" http://x/metrics | grep -q "^slipway_channel_expires_seconds $expires\$"
ok "and says until when" $?
[ "$("$slipway" channel show --json)" = "$("$slipway" channel show --json "$dir/c1")" ]
ok "the server shows what it took" $?

# ---- replayed, renewed -----------------------------------------------------------------------------
next "$dir/c2" --previous "$dir/c1" --days 30 && "$slipway" channel import "$dir/c2" >"$dir/out" 2>&1
ok "the same again under the next number" $? "$dir/out"
refused image.channel.sequence "$slipway" channel import "$dir/c1"
ok "M-09 the one before is not taken back" $? "$dir/out"
flow_kill
flow_start
refused image.channel.sequence "$slipway" channel import "$dir/c1"
ok "M-09 nor after the server was killed" $? "$dir/out"
refused image.channel.sequence "$slipway" channel verify --root "$dir/root2.json" --previous "$dir/c2" "$dir/c1"
ok "which can be seen without a server, too" $? "$dir/out"
refused image.channel "$slipway" channel next --output "$dir/c3" --previous "$dir/c2" --days 91 --sign "$dir/one.key"
ok "a channel of 91 days is not fresh" $? "$dir/out"
[ ! -e "$dir/c3" ]
ok "and nothing is written" $?
next "$dir/c4" --previous "$dir/c2" --seq 9 && cp "$dir/c4" "$dir/c5" && printf x >>"$dir/c5"
refused image.channel "$slipway" channel verify --root "$dir/root2.json" "$dir/c5"
ok "a byte more is refused" $? "$dir/out"

# ---- a store of yesterday --------------------------------------------------------------------------
digest=$("$slipway" image list --store "$dir/state/objects" --json | jq -r '.[] | select(.version == "2").digest')
object=$(find "$dir/state/objects/sha256" -name "$digest")
chmod 600 "$object"
printf x | dd of="$object" bs=1 seek=20 conv=notrunc status=none
same "a newest manifest that is damaged is named as such" "$(latest)" image.damaged
rm "$dir/state/objects/sigs/$digest"
same "M-09 a store from before it does not take its place either" "$(latest)" image.channel.missing
echo "1..$n"
exit $bad
