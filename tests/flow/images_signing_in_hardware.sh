#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A key in a hardware token (SoftHSM plays it) signs an image: the signer command gets the bytes on standard
# input and gives the signature on standard output; the private key never leaves the token. With a
# wrong PIN nothing is signed and the archive stays as it was.
#
# usage: images_signing_in_hardware.sh [BUILD]
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
slipway=${1:-${BUILD:-$here/build}}/bin/slipway
module=/usr/lib/softhsm/libsofthsm2.so
for program in softhsm2-util pkcs11-tool openssl; do
	command -v "$program" >/dev/null || { echo "1..0 # SKIP no $program"; exit 0; }
done
[ -e "$module" ] || { echo "1..0 # SKIP no SoftHSM module"; exit 0; }
work=$(mktemp -d /tmp/slipway-hsm.XXXXXX)
trap 'rm -rf "$work"' EXIT
n=0
check() { # WHAT COMMAND...: the command must succeed
	n=$((n + 1))
	what=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		sed 's/^/# /' "$work/out"
	fi
}
refuse() { # WHAT WORD COMMAND...: the command must fail and say the word
	n=$((n + 1))
	what=$1 word=$2
	shift 2
	if "$@" >"$work/out" 2>&1 || ! grep -q "$word" "$work/out"; then
		echo "not ok $n - $what"
		sed 's/^/# /' "$work/out"
	else
		echo "ok $n - $what"
	fi
}

mkdir "$work/tokens"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$work/tokens" >"$work/softhsm.conf"
SOFTHSM2_CONF=$work/softhsm.conf
export SOFTHSM2_CONF
softhsm2-util --init-token --free --label images --pin 1234 --so-pin 5678 >/dev/null
pkcs11-tool --module "$module" --login --pin 1234 --keypairgen --key-type EC:prime256v1 --id 01 --label image >/dev/null 2>&1
pkcs11-tool --module "$module" --read-object --type pubkey --id 01 -o "$work/image.der" >/dev/null 2>&1
openssl pkey -pubin -inform DER -in "$work/image.der" -out "$work/image.pub"

# What a site would write for its token.
make_signer() { # NAME PIN
	cat >"$work/$1" <<END
#!/bin/sh
echo call >>"$work/calls"
SOFTHSM2_CONF=$work/softhsm.conf
export SOFTHSM2_CONF
openssl dgst -sha256 -binary >"$work/hash.\$\$" &&
pkcs11-tool --module $module --login --pin $2 --sign --mechanism ECDSA --signature-format openssl \\
	--id 01 --input-file "$work/hash.\$\$" --output-file "$work/sig.\$\$" >&2 && cat "$work/sig.\$\$"
END
	chmod 0700 "$work/$1"
}
make_signer sign 1234
make_signer sign-wrong-pin 9999
sed 's|^SOFTHSM2_CONF=.*|SOFTHSM2_CONF=/nonexistent|' "$work/sign" >"$work/sign-gone"
chmod 0700 "$work/sign-gone"

echo 1..12
head -c 1048576 /dev/urandom >"$work/disk"
"$slipway" image build --raw --line hsm --version 1 --arch x86_64 --output "$work/a.slip" "$work/disk" >/dev/null
openssl genpkey -algorithm ed25519 -out "$work/root.key" 2>/dev/null
openssl pkey -in "$work/root.key" -pubout -out "$work/root.pub"
check "a root trusts the token's key" "$slipway" root init --output "$work/root.json" \
	--root-key "$work/root.pub" --image-key "$work/image.pub" --line 'hsm*' --sign "$work/root.key"
refuse "unsigned, the image is refused" 'image.unsigned' "$slipway" image verify --root "$work/root.json" "$work/a.slip"
cp "$work/a.slip" "$work/before"
refuse "S-15 a wrong PIN signs nothing" 'image.signer' "$slipway" image sign --signer-cmd "$work/sign-wrong-pin" \
	--public-key "$work/image.pub" "$work/a.slip"
check "S-15 and leaves the archive as it was" cmp "$work/before" "$work/a.slip"
once() { [ "$(wc -l <"$work/calls")" = 1 ] && [ "$(find "$work" -name 'a.slip*' | wc -l)" = 1 ]; }
check "S-15 asked once, and no partial file" once
refuse "S-15 a token that is gone is a clean error" 'image.signer' "$slipway" image sign --signer-cmd "$work/sign-gone" \
	--public-key "$work/image.pub" "$work/a.slip"
refuse "a key that is not the token's is noticed" 'image.signer' "$slipway" image sign --signer-cmd "$work/sign" \
	--public-key "$work/root.pub" "$work/a.slip"
check "the token signs" "$slipway" image sign --signer-cmd "$work/sign" --public-key "$work/image.pub" "$work/a.slip"
check "and the image is good" "$slipway" image verify --root "$work/root.json" "$work/a.slip"
check "a root signed by the token, too" "$slipway" root init --output "$work/hsm-root.json" --root-key "$work/image.pub" \
	--image-key "$work/image.pub" --signer-cmd "$work/sign" --public-key "$work/image.pub"
check "which is good" "$slipway" root verify "$work/hsm-root.json"
"$slipway" root init --output "$work/half.json" --root-key "$work/root.pub" --root-key "$work/image.pub" --root-threshold 2 \
	--image-key "$work/image.pub" --sign "$work/root.key" >/dev/null
show_half() { "$slipway" root show "$work/half.json" | grep -q 'signed by  1 of the 2 root keys that it needs: NOT GOOD YET'; }
check "who is to sign a root can read it first" show_half
