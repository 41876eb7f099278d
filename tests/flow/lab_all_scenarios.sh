#!/bin/sh
# Every scenario of the virtual lab, those that `make check` leaves out for time included. For check-all.
set -u
cd "$(dirname "$0")/../.." || exit 1
# the hosts of three-hosts go on in those that continue it: in this order
first="three-hosts ready-netboots-again erase"
rest=$(cd vm-lab/scenarios && for file in *.ini; do
	name=${file%.ini}
	case " $first " in *" $name "*) continue ;; esac
	echo "$name"
done)
# shellcheck disable=SC2086 # a list of names
exec sh tests/flow/lab_scenarios.sh $first $rest vm-lab/example/rack.ini
