#!/bin/sh
# What CI calls: an archive of the root file system, signed by a key of this run, then the rack.
# usage: sh check.sh ROOTFS.tar    environment: SLIPWAY, SLIPWAY_LAB (programs), LAB_ARGS (more options of slipway-lab)
set -eu
[ $# = 1 ] || { echo "usage: sh check.sh ROOTFS.tar" >&2; exit 2; }
rootfs=$(realpath "$1")
cd "$(dirname "$0")"
slipway=${SLIPWAY:-slipway}

rm -rf keys web-x86_64.slip
mkdir keys
"$slipway" root init --lab --dir keys
"$slipway" image build --line web --version 1.0 --arch x86_64 --layout layout.json --output web-x86_64.slip "$rootfs"
"$slipway" image sign --key keys/keys/image.key web-x86_64.slip
# shellcheck disable=SC2086 # a list of options
exec "${SLIPWAY_LAB:-slipway-lab}" run ${LAB_ARGS:-} ./rack.ini
