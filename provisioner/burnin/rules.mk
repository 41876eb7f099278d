# provisioner/burnin: verdicts, repair orders and OCP records. Pure code: no transport, no devices.
burnin_SRC := \
	provisioner/burnin/catalogue.c \
	provisioner/burnin/component.c \
	provisioner/burnin/suspects.c \
	provisioner/burnin/dimm_label.c \
	provisioner/burnin/dimm_locator.c \
	provisioner/burnin/record.c \
	provisioner/burnin/rules.c \
	provisioner/burnin/counters.c \
	provisioner/burnin/tool_output.c \
	provisioner/burnin/smart.c \
	provisioner/burnin/kernel_log.c \
	provisioner/burnin/edac_text.c \
	provisioner/burnin/verdict.c \
	provisioner/burnin/judge.c \
	provisioner/burnin/smart_tests.c \
	provisioner/burnin/smart_judge.c \
	provisioner/burnin/nvme.c \
	provisioner/burnin/fio.c \
	provisioner/burnin/vendor_json.c
$(eval $(call library,burnin))

$(eval $(call unit_test,tests/unit/burnin/test_record.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_rules.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_counters.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_tool_output.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_smart.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_dimm.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_verdict.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_kernel_log.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_judge.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_catalogue.c,burnin base,$(BASE_PKG)))
$(eval $(call fuzzer,tool_output,burnin base,$(BASE_PKG)))
