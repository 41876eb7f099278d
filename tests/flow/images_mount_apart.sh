#!/bin/sh
# An image whose files are unpacked is mounted twice while it is installed. Other programs that get mounts of their
# own at that moment (containers, tests, services of systemd) must not keep the first mount alive.
# usage: images_mount_apart.sh [BUILD]
set -u
# shellcheck source=tests/harness/flow.sh
. "$(dirname "$0")/../harness/flow.sh"
flow_namespace "$@"
flow_dir mount-apart
slipway=$build/bin/slipway
if ! command -v mkfs.xfs >/dev/null; then
	echo "1..0 # SKIP needs xfsprogs"
	exit 0
fi

mkdir -p "$dir/tree/usr" "$dir/tree/etc"
head -c 3M /dev/zero >"$dir/tree/usr/x"
tar -cf "$dir/root.tar" -C "$dir/tree" .
echo '{"boot":"none","partitions":[{"role":"root","fs":"xfs","size":"400M"}]}' >"$dir/layout.json"
"$slipway" root init --lab --dir "$dir" >/dev/null &&
	"$slipway" image build --line t --version 1 --arch x86_64 --level 1 --layout "$dir/layout.json" --output "$dir/a.slip" "$dir/root.tar" >/dev/null &&
	"$slipway" image sign --key "$dir/keys/image.key" "$dir/a.slip" >/dev/null
ok "an image with an xfs root" $?
truncate -s 500M "$dir/disk"

while :; do
	unshare --mount sleep 20 &
	sleep 0.05
done &
others=$!
sleep 0.3
"$slipway" image install --root "$dir/root.json" --to "$dir/disk" "$dir/a.slip" >"$dir/body" 2>&1
ok "installs while others copy the mounts" $?
kill "$others"
echo "1..$n"
exit "$bad"
