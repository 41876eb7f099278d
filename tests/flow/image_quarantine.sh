#!/bin/sh
# A-17: an object of the store changes while a host is written from it. A real slipwayd and nginx are started, an image is
# built, signed and imported; the host is tests/unit/server/test_quarantine.c. usage: image_quarantine.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_wire
flow_dir quarantine
flow_config
flow_start
ok "the daemon runs" $?
slipway=$build/bin/slipway
head -c 33554432 /dev/urandom >"$dir/disk"
{
	"$slipway" image build --raw --line debian12 --version 1 --arch x86_64 --output "$dir/debian12.slip" "$dir/disk" &&
		"$slipway" image sign --key "$dir/state/trust/keys/image.key" "$dir/debian12.slip" &&
		"$slipway" image import "$dir/debian12.slip"
} >"$dir/out" 2>&1
ok "it has an image" $? "$dir/out"
flow_cmocka "a damaged object" "$build/obj/gcc/tests/unit/server/test_quarantine" "$dir" "$slipway"
echo "1..$n"
exit $bad
