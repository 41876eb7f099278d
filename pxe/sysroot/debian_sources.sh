#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Print sources.list lines for a Debian suite and architecture, with the archive's address and key
# taken from this machine's own apt configuration. Other vendors' sources do not count. Fetches
# nothing.
#
# usage: debian_sources.sh SUITE ARCH [COMPONENT...]        (of the archive; default: main)
#   SUITE  bookworm, trixie (with their -updates and -security) or bookworm-backports (with bookworm)
set -eu
export LC_ALL=C
suite=$1
arch=$2
base=${suite%-backports}
shift 2
components=${*:-main}

# shellcheck disable=SC2016 # apt expands these
sources=$(apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)' \
	'Created-By: Packages' | awk -F'|' '
	$3 == "main" && $2 ~ /^(bookworm|trixie|stable)(-updates|-security|-backports)?$/ {
		kind = $2 ~ /-security$/ ? "security" : "main"
		key = $4 ~ /^\// ? $4 : "/usr/share/keyrings/debian-archive-keyring.gpg"
		if (!(kind in seen)) { seen[kind] = 1; print kind, $2, $1, key }
	}')

found=
while read -r kind _ uri key; do
	case $kind in
	main)
		found=1
		releases="$base $base-updates"
		[ "$suite" = "$base" ] || releases="$releases $suite"
		;;
	security) releases="$base-security" ;;
	*) continue ;;
	esac
	for release in $releases; do
		echo "deb [signed-by=$key arch=$arch] $uri $release $components"
	done
done <<END
$sources
END
[ -n "$found" ] || {
	echo "debian_sources: no Debian archive in this machine's apt sources" >&2
	exit 1
}
