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
flow_image 33554432
flow_cmocka "a damaged object" "$build/obj/gcc/tests/unit/server/test_quarantine" "$dir" "$build/bin/slipway"
echo "1..$n"
exit $bad
