# The virtual lab: a library, so that tests can link its pieces, and the program.
lab_SRC := vm-lab/words.c
lab_SRC += vm-lab/scenario.c
lab_SRC += vm-lab/scenario_values.c
lab_SRC += vm-lab/scenario_check.c
lab_SRC += vm-lab/xml.c
lab_SRC += vm-lab/disk_bus.c
lab_SRC += vm-lab/domain_xml.c
lab_SRC += vm-lab/disk.c
lab_SRC += vm-lab/console.c
lab_SRC += vm-lab/view.c
lab_SRC += vm-lab/cage.c
lab_SRC += vm-lab/cage_rootless.c
lab_SRC += vm-lab/cage_users.c
lab_SRC += vm-lab/net.c
lab_SRC += vm-lab/hypervisor.c
lab_SRC += vm-lab/site.c
lab_SRC += vm-lab/server.c
lab_SRC += vm-lab/tamper.c
lab_SRC += vm-lab/api.c
lab_SRC += vm-lab/places.c
lab_SRC += vm-lab/profile.c
lab_SRC += vm-lab/guest.c
lab_SRC += vm-lab/bench.c
lab_SRC += vm-lab/machine.c
lab_SRC += vm-lab/smbios.c
lab_SRC += vm-lab/cable.c
lab_SRC += vm-lab/deed.c
lab_SRC += vm-lab/play.c
lab_SRC += vm-lab/judge.c
lab_SRC += vm-lab/screen.c
lab_SRC += vm-lab/report.c
lab_SRC += vm-lab/group.c
$(eval $(call library,lab))
LAB_PKG := libvirt libvirt-qemu libxml-2.0 inih $(BASE_PKG)

slipway-lab_SRC  := vm-lab/lab.c
slipway-lab_LIBS := lab base
slipway-lab_PKG  := $(LAB_PKG)
$(eval $(call program,slipway-lab))

$(eval $(call unit_test,tests/unit/vm-lab/test_scenario.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_domain_xml.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_disk.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_view.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_judge.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_report.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_console.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_screen.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_deed.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_places.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_profile.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_machine.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_cage_rootless.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_smbios.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_cable.c,lab base,$(LAB_PKG)))
$(eval $(call unit_test,tests/unit/vm-lab/test_guest.c,lab base,$(LAB_PKG)))

$(eval $(call fuzzer,smbios_dump,lab base,libqrencode $(LAB_PKG)))

FLOW_TESTS += tests/flow/lab_leaves_nothing.sh
FLOW_TESTS += tests/flow/lab_installed.sh
$(eval $(call man_page,vm-lab/man/slipway-lab.1.scd))

# For disks with sectors of 4,096 bytes: an image is bound to the size of sectors.
$(BUILD)/images/4kn-x86_64.slip: $(BUILD)/images/rootfs-amd64.tar $(BUILD)/images/root.json vm-lab/images/4kn.json
	$(call say,IMAGE,$@)
	$(Q)SOURCE_DATE_EPOCH=$(IMAGE_EPOCH) $(BUILD)/bin/slipway image build --line 4kn --version 12.1 --arch x86_64 --layout vm-lab/images/4kn.json --output $@.new $< >/dev/null
	$(Q)$(BUILD)/bin/slipway image sign --key $(BUILD)/images/keys/image.key $@.new >/dev/null
	$(Q)mv $@.new $@
images: $(BUILD)/images/4kn-x86_64.slip

# For scenarios with hardware that the kernel for virtual machines has no driver for (check-all).
$(BUILD)/images/rootfs-generic-amd64.tar: $(BUILD)/images/rootfs-amd64.tar
	$(call say,ROOTFS,$@)
	$(Q)sh images/recipes/debian12/build.sh --kernel=generic $(DEBS) amd64 $@

$(BUILD)/images/generic-x86_64.slip: $(BUILD)/images/rootfs-generic-amd64.tar $(BUILD)/images/root.json
	$(call say,IMAGE,$@)
	$(Q)SOURCE_DATE_EPOCH=$(IMAGE_EPOCH) $(BUILD)/bin/slipway image build --line generic --version 12.1 --arch x86_64 --output $@.new $< >/dev/null
	$(Q)$(BUILD)/bin/slipway image sign --key $(BUILD)/images/keys/image.key $@.new >/dev/null
	$(Q)mv $@.new $@

.PHONY: lab-images
lab-images: $(BUILD)/images/generic-x86_64.slip ## an OS image with the kernel of real servers, for the lab's RAID cards and AHCI
