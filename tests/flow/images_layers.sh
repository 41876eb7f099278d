#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Images of containers, as tools and attackers write them, become the right tree or are refused by name: see
# images_layers.py. Needs no root.
#
# usage: images_layers.sh [BUILD [WORD]]   WORD: rows with it in their names alone
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
slipway=$(realpath "${1:-${BUILD:-$here/build}}/bin/slipway")
for program in python3 zstd; do
	command -v "$program" >/dev/null || { echo "1..0 # SKIP no $program"; exit 0; }
done
work=$(mktemp -d /tmp/slipway-layers.XXXXXX)
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 python3 "$here/tests/flow/images_layers.py" "$slipway" "$work" --only "${2-}"
