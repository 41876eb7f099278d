#!/bin/sh
# Every scenario of the virtual lab, those that `make check` leaves out for time included. For check-all, which says
# what this machine cannot play.
# usage: lab_all_scenarios.sh [--plan]: only print the names, and what is skipped
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}

# why NAME is not played here; nothing when it is
reason() {
	case $1 in
	emmc)
		qemu-system-x86_64 -device help 2>&1 | grep -q '^name "emmc"' ||
			echo "this QEMU has no eMMC; 9.1 is the first"
		;;
	buses-generic)
		[ -e "$build/images/generic-x86_64.slip" ] || echo "no image with drivers for it; make lab-images"
		;;
	esac
}

# the hosts of three-hosts go on in those that continue it: in this order
first="three-hosts ready-netboots-again erase"
names=$first
skipped=
for file in vm-lab/scenarios/*.ini; do
	name=$(basename "$file" .ini)
	case " $first " in *" $name "*) continue ;; esac
	why=$(reason "$name")
	if [ -n "$why" ]; then
		skipped="$skipped$name # SKIP $why
"
	else
		names="$names $name"
	fi
done
if [ "${1:-}" = --plan ]; then
	printf '%s\n%s' "$names" "$skipped"
	exit 0
fi
export LAB_SKIPPED="$skipped"
# shellcheck disable=SC2086 # a list of names
exec sh tests/flow/lab_scenarios.sh $names
