# What `make check` runs. Every test program prints TAP; tests/run-tests.sh adds them up.
#
# UNIT_TESTS  made by unit_test() and fuzzer() in the rooms' rules.mk; run under ASan + UBSan in
#             `make check`, plain in `make check-fast`
# FAST_TESTS  scripts without root, each under some seconds
# FLOW_TESTS  real daemons on unix sockets, loopback or namespaces of their own; may need root
# LAB_TESTS   virtual hosts
# Rooms add to the last three with += in their own rules.mk.
UNIT_TESTS_SAN = $(patsubst $(BUILD)/obj/gcc/%,$(BUILD)/obj/gcc-san/%,$(UNIT_TESTS))

LAB_TESTS += tests/flow/lab_scenarios.sh

LINT_TESTS := deps.sh
LINT_TESTS += headers.sh
LINT_TESTS += prose.sh
LINT_TESTS += layout.sh
LINT_TESTS += scripts.sh
LINT_TESTS += house.sh
LINT_TESTS += proof.sh
LINT_TESTS += test_lints.sh
LINT_TESTS += test_runner.sh
