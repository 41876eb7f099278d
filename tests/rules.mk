# What `make check` runs; test programs print TAP and are added up by tests/run-tests.sh.
# Rooms add to UNIT_TESTS (by unit_test and fuzzer), FLOW_TESTS (no root needed) and
# LAB_TESTS (root, namespaces or guests) in their own rules.mk.
FLOW_TESTS ?=
LAB_TESTS ?=
