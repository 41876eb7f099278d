# provisioner/agent: slipway-agent and slipway-first-boot. Built three ways: for this machine (tests,
# `slipway-agent --facts`), and for each architecture's ramdisk against its sysroot.
agent_SRC := \
	provisioner/agent/options.c \
	provisioner/agent/identity.c \
	provisioner/agent/server_link.c \
	provisioner/agent/facts/sysfs.c \
	provisioner/agent/facts/smbios.c \
	provisioner/agent/facts/memory_devices.c \
	provisioner/agent/facts/empty_word.c \
	provisioner/agent/facts/cpu_topology.c \
	provisioner/agent/facts/drives.c \
	provisioner/agent/facts/drive_path.c \
	provisioner/agent/facts/drive_transport.c \
	provisioner/agent/facts/drive_slot.c \
	provisioner/agent/facts/nvme.c \
	provisioner/agent/facts/raid_volume.c \
	provisioner/agent/facts/raid_drives.c \
	provisioner/agent/facts/smart_identity.c \
	provisioner/agent/facts/pci_slot.c \
	provisioner/agent/facts/spcr.c \
	provisioner/agent/facts/nics.c \
	provisioner/agent/facts/nic_owner.c \
	provisioner/agent/facts/bmc.c \
	provisioner/agent/facts/tpm_ek.c \
	provisioner/agent/facts/lldp.c \
	provisioner/agent/facts/lacp.c \
	provisioner/agent/facts/neighbours.c \
	provisioner/agent/facts/disk_signatures.c \
	provisioner/agent/facts/missing_firmware.c \
	provisioner/agent/facts/machine_facts.c \
	provisioner/agent/facts/boot_evidence.c \
	provisioner/agent/facts/former_boot.c \
	provisioner/agent/latest.c \
	provisioner/agent/kernel_feed.c \
	provisioner/agent/worker.c \
	provisioner/agent/screen.c \
	provisioner/agent/screen_layout.c \
	provisioner/agent/step_text.c \
	provisioner/agent/step_inspect.c \
	provisioner/agent/burn/load.c \
	provisioner/agent/burn/cpu.c \
	provisioner/agent/burn/disk.c \
	provisioner/agent/burn/program.c \
	provisioner/agent/burn/run.c \
	provisioner/agent/burn/health.c \
	provisioner/agent/burn/self_test.c \
	provisioner/agent/burn/parts.c \
	provisioner/agent/burn/edac.c \
	provisioner/agent/burn/counters.c \
	provisioner/agent/burn/counters_test.c \
	provisioner/agent/burn/progress.c \
	provisioner/agent/burn/result.c \
	provisioner/agent/burn/tests.c \
	provisioner/agent/burn/evidence.c \
	provisioner/agent/burn/links.c \
	provisioner/agent/burn/link_modes.c \
	provisioner/agent/burn/network.c \
	provisioner/agent/burn/hot_swap.c \
	provisioner/agent/burn/pairs.c \
	provisioner/agent/burn/partner.c \
	provisioner/agent/burn/nodes.c \
	provisioner/agent/burn/platform.c \
	provisioner/agent/burn/sas.c \
	provisioner/agent/burn/siblings.c \
	provisioner/agent/burn/bmc.c \
	provisioner/agent/step_burn_in.c \
	provisioner/agent/disk/guard.c \
	provisioner/agent/disk/work.c \
	provisioner/agent/disk/erase_choose.c \
	provisioner/agent/disk/erase_capabilities.c \
	provisioner/agent/disk/erase_drive.c \
	provisioner/agent/disk/thaw.c \
	provisioner/agent/disk/devices_ready.c \
	provisioner/agent/disk/new_root.c \
	provisioner/agent/disk/boot_apart.c \
	provisioner/agent/disk/boot_entries.c \
	provisioner/agent/disk/bios_drive.c \
	provisioner/agent/disk/kernel_console.c \
	provisioner/agent/disk/nvram.c \
	provisioner/agent/disk/nvram_list.c \
	provisioner/agent/disk/network_put.c \
	provisioner/agent/disk/network_ports.c \
	provisioner/agent/disk/network_file.c \
	provisioner/agent/disk/network_networkd.c \
	provisioner/agent/disk/network_netplan.c \
	provisioner/agent/disk/network_manager.c \
	provisioner/agent/disk/network_ifupdown.c \
	provisioner/agent/network_fallback.c \
	provisioner/agent/disk/personalise.c \
	provisioner/agent/disk/own_files.c \
	provisioner/agent/step_image.c \
	provisioner/agent/step_erase.c \
	provisioner/agent/agent_show.c \
	provisioner/agent/agent.c
$(eval $(call library,agent))
AGENT_PKG := jansson libcurl libcrypto libssl libzstd libarchive fdisk blkid libqrencode

slipway-agent_SRC  := provisioner/agent/main.c
slipway-agent_LIBS := agent session burnin images_core proto base
slipway-agent_PKG  := $(AGENT_PKG)
$(eval $(call program,slipway-agent))

# ---- for the ramdisks -------------------------------------------------------------------------
# The agent of a host's architecture, from the same sources, against the libraries that lie beside it
# in the ramdisk. Warnings are judged here by the cross compilers, too.
AGENT_ARCH_SRC = $(slipway-agent_SRC) $(agent_SRC) $(session_SRC) $(burnin_SRC) $(images_core_SRC) $(proto_SRC) $(base_SRC)
HARDEN_x86_64  := -fcf-protection=full
HARDEN_aarch64 := -mbranch-protection=standard
AGENT_OPT      := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -ftrivial-auto-var-init=zero
agent-warn      = $(WARN_ALL) $(WARN_GCC) $(if $(filter 1,$(DEVELOPER)),-Werror)

# Debian's shared libarchive brings libxml2 and ICU's 31 MB of tables into the ramdisk; of the static one,
# the linker takes the tar reader alone.
AGENT_ARCHIVE  := -l:libarchive.a -lacl

# agent_arch(architecture)
define agent_arch
$(BUILD)/$(1)/obj/%.o: %.c | $(BUILD)/sysroot/$(1)/.key
	$$(call say,CC-$(1),$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(SYSROOT_CC_$(1)) $$(STD) $$(call sysroot-cflags,$(1)) $$(INC) $$(AGENT_OPT) $$(agent-warn) $$(HARDEN) $$(HARDEN_$(1)) \
		$$$$($$(call sysroot-pkg,$(1)) --cflags $$(AGENT_PKG)) -DSLIPWAY_VERSION='"$$(VERSION)"' -MMD -MP -c -o $$@ $$<

$(BUILD)/$(1)/slipway-agent: $$(AGENT_ARCH_SRC:%.c=$(BUILD)/$(1)/obj/%.o)
	$$(call say,LINK,$$@)
	$$(Q)$$(SYSROOT_CC_$(1)) $$(call sysroot-ldflags,$(1)) -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -pthread \
		-o $$@ $$^ $$(AGENT_ARCHIVE) $$$$($$(call sysroot-pkg,$(1)) --libs $$(filter-out libarchive,$$(AGENT_PKG)))
-include $$(wildcard $$(AGENT_ARCH_SRC:%.c=$(BUILD)/$(1)/obj/%.d))
endef
$(eval $(call agent_arch,x86_64))
$(eval $(call agent_arch,aarch64))

.PHONY: agents
agents: $(BUILD)/x86_64/slipway-agent $(BUILD)/aarch64/slipway-agent ## build the agent for every architecture's ramdisk

# ---- the first-boot reporter: static, so that it runs in any Linux ------------------------------
# The linker warns of libcrypto's resolver and module loader, which are linked and never called: shown when it fails. (With
# --no-warnings it would not even fail for a function that nobody defines.)
FIRST_BOOT_SRC := \
	provisioner/agent/first_boot.c \
	provisioner/agent/host_keys.c \
	provisioner/agent/network_fallback.c \
	provisioner/session/backoff.c \
	provisioner/agent/facts/drives.c \
	provisioner/agent/facts/drive_path.c \
	provisioner/agent/facts/drive_transport.c \
	provisioner/agent/facts/drive_slot.c \
	provisioner/agent/facts/nvme.c \
	provisioner/agent/facts/raid_volume.c \
	provisioner/agent/facts/sysfs.c \
	provisioner/proto/transport.c \
	provisioner/proto/record.c \
	provisioner/proto/evidence.c \
	provisioner/proto/session.c \
	provisioner/proto/ssh_host_key.c \
	provisioner/base/err.c \
	provisioner/base/alloc.c \
	provisioner/base/text.c \
	provisioner/base/str.c \
	provisioner/base/child.c \
	provisioner/base/clock.c \
	provisioner/base/digest.c \
	provisioner/base/json.c \
	provisioner/base/file.c

# first_boot_arch(architecture)
define first_boot_arch
$(BUILD)/$(1)/slipway-first-boot: $$(FIRST_BOOT_SRC:%.c=$(BUILD)/$(1)/obj/%.o)
	$$(call say,LINK,$$@)
	$$(Q)$$(SYSROOT_CC_$(1)) $$(call sysroot-ldflags,$(1)) -static -s -Wl,-z,relro,-z,now,-z,noexecstack,--gc-sections \
		-o $$@ $$^ -lssl -lcrypto -ljansson 2>$$@.log || { cat $$@.log; exit 1; }
endef
$(eval $(call first_boot_arch,x86_64))
$(eval $(call first_boot_arch,aarch64))
agents: $(BUILD)/x86_64/slipway-first-boot $(BUILD)/aarch64/slipway-first-boot

# ---- tests ------------------------------------------------------------------------------------
AGENT_TEST_LIBS := agent session burnin images_core proto base
$(eval $(call unit_test,tests/unit/agent/test_options.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_fake_machine.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/burn/test_tests.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/burn/test_hot_swap.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/burn/test_nodes.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/burn/test_platform.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/burn/test_siblings.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/burn/test_pairs.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/burn/test_partner.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/burn/test_health.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/burn/test_program.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/burn/test_evidence.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/burn/test_counters.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/burn/test_cpu.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/facts/test_smbios.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_drives.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_drive_transport.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/facts/test_raid_drives.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call fuzzer,smart_identity,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_drive_slot.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/facts/test_machine_facts.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/disk/test_guard.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/disk/test_boot_apart.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/disk/test_boot_entries.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/test_network_fallback.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/disk/test_network_put.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/disk/test_kernel_console.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_spcr.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call fuzzer,former_boot,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call fuzzer,kernel_feed,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call fuzzer,spcr,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call fuzzer,boot_entries,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_missing_firmware.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/facts/test_former_boot.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/facts/test_boot_evidence.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call fuzzer,missing_firmware,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/disk/test_bios_drive.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/disk/test_nvram.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call fuzzer,nvram,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call fuzzer,erase_capabilities,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/disk/test_personalise.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/disk/test_own_files.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/disk/test_erase_choose.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/disk/test_erase_drive.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/disk/test_thaw.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),tests/harness/fake_sys.c))
$(eval $(call unit_test,tests/unit/agent/disk/test_device.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/test_kernel_feed.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/test_latest.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/test_worker.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/test_identity.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_nics.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/test_screen.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/test_host_keys.c,$(AGENT_TEST_LIBS),$(AGENT_PKG),provisioner/agent/host_keys.c))
$(eval $(call unit_test,tests/unit/agent/test_agent_show.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/test_screen_layout.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/test_step_text.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_bmc.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_lldp.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_neighbours.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_tpm_ek.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call fuzzer,tpm_reply,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call unit_test,tests/unit/agent/facts/test_lacp.c,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call fuzzer,lacp,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call fuzzer,lldp,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
$(eval $(call fuzzer,smbios,$(AGENT_TEST_LIBS),$(AGENT_PKG)))
FLOW_TESTS += tests/flow/agent_pairs.sh
FLOW_TESTS += tests/flow/agent_session.sh

# ---- for tests/flow/network_fallback.sh ---------------------------------------------------------
# The reporter built for this machine, and the writers as a program: put_network ROOT <NETWORK.json
# agent_harness(program, source)
define agent_harness
ALL_OBJ += $$(call objs,$(2))
FLOW_PROGRAMS += $$(OBJ)/tests/harness/$(1)
$$(OBJ)/tests/harness/$(1): $$(call objs,$(2)) $$(call lib,$(AGENT_TEST_LIBS))
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$(call objs,$(2)) -Wl,--start-group $$(call lib,$(AGENT_TEST_LIBS)) -Wl,--end-group $$(call pkg-libs,$(AGENT_PKG))
endef
$(eval $(call agent_harness,first_boot,provisioner/agent/first_boot.c provisioner/agent/host_keys.c))
$(eval $(call agent_harness,put_network,tests/harness/put_network.c))
FLOW_TESTS += tests/flow/network_fallback.sh
