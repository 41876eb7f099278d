# provisioner/burnin: verdicts, repair orders and OCP records. Pure code: no transport, no devices.
burnin_SRC := \
	provisioner/burnin/catalogue.c \
	provisioner/burnin/catalogue_file.c \
	provisioner/burnin/program_lines.c \
	provisioner/burnin/component.c \
	provisioner/burnin/suspects.c \
	provisioner/burnin/dimm_label.c \
	provisioner/burnin/dimm_locator.c \
	provisioner/burnin/record.c \
	provisioner/burnin/repair.c \
	provisioner/burnin/run_digest.c \
	provisioner/burnin/report_page.c \
	provisioner/burnin/rules.c \
	provisioner/burnin/counters.c \
	provisioner/burnin/tool_output.c \
	provisioner/burnin/smart.c \
	provisioner/burnin/smart_ata.c \
	provisioner/burnin/smart_fields.c \
	provisioner/burnin/kernel_log.c \
	provisioner/burnin/kernel_log_disk.c \
	provisioner/burnin/kernel_log_mce.c \
	provisioner/burnin/kernel_log_reading.c \
	provisioner/burnin/edac_text.c \
	provisioner/burnin/ethtool_text.c \
	provisioner/burnin/bmc_text.c \
	provisioner/burnin/fru_text.c \
	provisioner/burnin/iperf3.c \
	provisioner/burnin/verdict.c \
	provisioner/burnin/judge.c \
	provisioner/burnin/smart_tests.c \
	provisioner/burnin/smart_judge.c \
	provisioner/burnin/self_test.c \
	provisioner/burnin/nvme.c \
	provisioner/burnin/fio.c \
	provisioner/burnin/fleet.c \
	provisioner/burnin/firmware.c \
	provisioner/burnin/hardware_clock.c \
	provisioner/burnin/nodes.c \
	provisioner/burnin/siblings.c \
	provisioner/burnin/pairs.c \
	provisioner/burnin/vendor_json.c
$(eval $(call library,burnin))

# The catalogue's files as C strings: a test is one file, and no list names it a second time.
CATALOGUE_FILES := $(sort $(wildcard provisioner/burnin/catalogue/*.json))
CATALOGUE_GEN   := $(BUILD)/gen/burnin_catalogue.inc
$(CATALOGUE_GEN): $(CATALOGUE_FILES) provisioner/burnin/catalogue provisioner/burnin/rules.mk
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)for f in $(CATALOGUE_FILES); do sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $$f && echo ,; done >$@.new
	$(Q)mv $@.new $@
$(OBJ)/provisioner/burnin/catalogue.o $(foreach a,x86_64 aarch64,$(BUILD)/$(a)/obj/provisioner/burnin/catalogue.o): $(CATALOGUE_GEN)

$(eval $(call unit_test,tests/unit/burnin/test_record.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_rules.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_counters.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_tool_output.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_smart.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_self_test.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_dimm.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_verdict.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_kernel_log.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_fru_text.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_judge_oddities.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_bmc_text.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_run_digest.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_judge.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_fleet.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_firmware.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_hardware_clock.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_nodes.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_siblings.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_pairs.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_report_page.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_judge_inputs.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_program_lines.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_catalogue.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_catalogue_file.c,burnin base,$(BASE_PKG)))
$(eval $(call unit_test,tests/unit/burnin/test_repair.c,burnin base,$(BASE_PKG)))
$(eval $(call fuzzer,tool_output,burnin base,$(BASE_PKG)))
$(eval $(call fuzzer,catalogue,burnin base,$(BASE_PKG)))
$(foreach f,tool_output catalogue,$(BUILD)/fuzz/fuzz_$(f)): | $(CATALOGUE_GEN)
