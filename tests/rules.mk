# What `make check` runs. Every test program prints TAP; tests/run-tests.sh adds them up.
#
# UNIT_TESTS  made by unit_test() and fuzzer() in the rooms' rules.mk; run under ASan + UBSan in
#             `make check`, plain in `make check-fast`
# FAST_TESTS  scripts without root, each under some seconds
# FLOW_TESTS  real daemons on unix sockets, loopback or namespaces of their own; may need root
# LONG_TESTS  those of FLOW_TESTS that take a minute or more: they begin first, so that both lanes end together
# ALONE_TESTS like FLOW_TESTS, with a limit of time that holds on a machine that does nothing else
# LAB_TESTS   virtual hosts
# Rooms add to FAST_TESTS, FLOW_TESTS and LAB_TESTS with += in their own rules.mk.
UNIT_TESTS_SAN = $(patsubst $(BUILD)/obj/gcc/%,$(BUILD)/obj/gcc-san/%,$(UNIT_TESTS))

LAB_TESTS += tests/flow/lab_scenarios.sh
LONG_TESTS := tests/flow/guard_mutation.sh tests/flow/two_appliances.sh tests/flow/inventory_postgres.sh \
	tests/flow/images_large.sh tests/browser/run.sh tests/flow/images_trees.sh
ALONE_TESTS := tests/flow/hostile_starvation.sh tests/flow/server_restart.sh

$(eval $(call unit_test,tests/unit/harness/test_sandbox_root.c,,))

# each guard rail is taken out of a copy, and the unit test of that guard must miss it
GUARD_TESTS := pxe/test_boot
GUARD_TESTS += server/session/test_admission
GUARD_TESTS += server/api/test_arming
GUARD_TESTS += server/session/test_permit
GUARD_TESTS += server/api/test_erase_routes
GUARD_TESTS += server/flow/test_profile
GUARD_TESTS += server/flow/test_order_rules
GUARD_TESTS += server/flow/test_protected
GUARD_TESTS += server/api/test_second_person
GUARD_TESTS += server/api/test_in_use
GUARD_TESTS += server/api/test_profile_guards
GUARD_TESTS += agent/disk/test_guard
GUARD_TESTS += agent/disk/test_device
GUARD_TESTS += agent/disk/test_personalise
GUARD_TESTS += server/session/test_binding
GUARD_TESTS += server/session/test_receipts
GUARD_TESTS += server/session/test_strangers
GUARD_TESTS += server/flow/test_host_view
GUARD_TESTS += server/flow/test_quota
GUARD_TESTS += server/api/test_scopes
GUARD_TESTS += agent/test_latest
GUARD_TESTS += images/test_object_store
GUARD_TESTS += images/test_manifest
GUARD_TESTS += images/test_qemu_img
GUARD_TESTS += proto/test_network_rules
GUARD_TESTS += proto/test_signature
FLOW_PROGRAMS += $(GUARD_TESTS:%=$(OBJ)/tests/unit/%)
FLOW_TESTS += tests/flow/guard_mutation.sh
FLOW_TESTS += tests/flow/hostile_secrets.sh
FLOW_TESTS += tests/flow/hostile_random.sh
FLOW_TESTS += tests/flow/hostile_text.sh
FLOW_TESTS += tests/flow/hostile_network.sh
FLOW_TESTS += tests/flow/hostile_slow.sh
FLOW_TESTS += tests/flow/hostile_claims.sh
FLOW_TESTS += tests/flow/uninstall.sh
FLOW_TESTS += tests/flow/loop_never_waits.sh
.PHONY: mutate-guards
mutate-guards: $(GUARD_TESTS:%=$(OBJ)/tests/unit/%) ## take each guard rail out and see a test fail
	$(Q)sh tests/flow/guard_mutation.sh $(abspath $(BUILD))

LINT_TESTS := deps.sh
LINT_TESTS += headers.sh
LINT_TESTS += prose.sh
LINT_TESTS += layout.sh
LINT_TESTS += contracts.sh
LINT_TESTS += circles.sh
LINT_TESTS += english.sh
LINT_TESTS += first_lines.sh
LINT_TESTS += parameters.sh
LINT_TESTS += listed.sh
LINT_TESTS += scripts.sh
LINT_TESTS += house.sh
LINT_TESTS += proof.sh
LINT_TESTS += faults.sh
LINT_TESTS += test_lints.sh
LINT_TESTS += test_runner.sh
