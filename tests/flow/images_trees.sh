#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Trees of every kind, and random ones, become images in two ways: see images_trees.py. As root: file systems are
# mounted. SLIPWAY_TREES says how many random trees (`make check-all`: 2,000);
# without it 100, as far as a minute goes.
#
# usage: images_trees.sh [BUILD]
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
slipway=${1:-${BUILD:-$here/build}}/bin/slipway
for program in python3 losetup e2fsck xfs_repair mkfs.xfs; do
	command -v "$program" >/dev/null || { echo "1..0 # SKIP no $program"; exit 0; }
done
if [ "$(id -u)" != 0 ] || ! [ -w /dev/loop-control ]; then
	echo "1..0 # SKIP needs root and loop devices"
	exit 0
fi
[ -z "${SLIPWAY_TREES-}" ] && seconds=240 || seconds=100000
work=$(mktemp -d /tmp/slipway-trees.XXXXXX)
trap 'umount "$work/mnt" 2>/dev/null || :; rm -rf "$work"' EXIT
python3 "$here/tests/flow/images_trees.py" "$slipway" "$work" --trees "${SLIPWAY_TREES:-100}" \
	--seconds "$seconds"
